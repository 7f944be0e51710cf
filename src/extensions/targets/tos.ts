import { own } from "../../own.ts";
import { type Given, target, type Value } from "../define.ts";
import { hex, integer, type Masked, readMasked, word } from "../values.ts";

const NAMES: Readonly<Record<string, number>> = {
  "minimize-delay": 0x10,
  "maximize-throughput": 0x08,
  "maximize-reliability": 0x04,
  "minimize-cost": 0x02,
  "normal-service": 0x00,
};
/** A name stands for the six lower bits. */
const tosMask: Value<Masked> = word(
  `a value 0-255, value/mask, or one of ${Object.keys(NAMES).join(", ")}`,
  ["0x10", "0x10/0x3f", "Minimize-Delay", "16"],
  (text) => {
    const named = own(NAMES, text.toLowerCase());
    return named === undefined ? readMasked(text, 0xff) : { value: named, mask: 0x3f };
  },
  ({ value, mask }) => `${hex(value, 2)}/${hex(mask, 2)}`,
  { negatable: false },
);
const bits = integer({ max: 255, examples: ["0x10", "18", "0"] });
const options = { "--set-tos": tosMask, "--and-tos": bits, "--or-tos": bits, "--xor-tos": bits };

/** All four are one formula (extensions/libxt_TOS.c tos_tg_parse). */
function folded(given: Given<typeof options>): Masked {
  const [and, or, xor] = [given["--and-tos"], given["--or-tos"], given["--xor-tos"]];
  if (and) return { value: 0, mask: 255 - and.value };
  if (or) return { value: or.value, mask: or.value };
  if (xor) return { value: xor.value, mask: 0 };
  return given["--set-tos"]?.value ?? { value: 0, mask: 0 };
}

/** Changes the TOS byte: (tos & ~mask) ^ value. net/netfilter/xt_DSCP.c tos_tg */
export const TOS = target({
  name: "TOS",
  families: ["ipv4", "ipv6"],
  options,
  needs: [["--set-tos", "--and-tos", "--or-tos", "--xor-tos"]],
  excludes: [["--set-tos", "--and-tos", "--or-tos", "--xor-tos"]],
  placement: { tables: ["mangle"] },
  write(given) {
    if (Object.keys(given).length === 0) return null;
    const { value, mask } = folded(given);
    return ["--set-tos", `${hex(value, 2)}/${hex(mask, 2)}`];
  },
  does(given) {
    const { value, mask } = folded(given);
    // the field has 8 bits: above them nothing is kept
    return [{ does: "set", field: "tos", value, mask: (mask | 0xffffff00) >>> 0 }];
  },
});
