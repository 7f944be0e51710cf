import { type Given, target } from "../define.ts";
import { type Masked, word } from "../values.ts";

const UINT32 = 0xffffffff;
/** Hexadecimal with or without 0x. */
const bits = word(
  "a hexadecimal mark 0-0xffffffff",
  ["1", "0x17", "ff00"],
  (text) => (/^(?:0x)?0*[\da-f]{1,8}$/i.test(text) ? Number.parseInt(text, 16) : undefined),
  (value) => value.toString(16),
  { negatable: false },
);
const options = { "--set-mark": bits, "--and-mark": bits, "--or-mark": bits };
const written = ["--set-mark", "--and-mark", "--or-mark"];

/** All three are one formula: (mark & ~mask) ^ value (extensions/libxt_MARK.c mark_tg_parse). */
function folded(given: Given<typeof options>): Masked {
  const [and, or] = [given["--and-mark"], given["--or-mark"]];
  if (and) return { value: 0, mask: (UINT32 ^ and.value) >>> 0 };
  if (or) return { value: or.value, mask: or.value };
  return { value: given["--set-mark"]?.value ?? 0, mask: UINT32 };
}

/** MARK as arptables has it. net/netfilter/xt_mark.c mark_tg */
export const arpMARK = target({
  name: "MARK",
  families: ["arp"],
  options,
  needs: [written],
  excludes: [written],
  write(given, { release }) {
    if (Object.keys(given).length === 0) return null;
    const { value, mask } = folded(given);
    // before 1.8.11 a mark that is set had no mask: such rules change the bits that they name
    const kept = given["--set-mark"] && release < 10811 ? 0 : mask;
    if (value === 0) return ["--and-mark", ((UINT32 ^ kept) >>> 0).toString(16)];
    return [value === kept ? "--or-mark" : "--set-mark", value.toString(16)];
  },
  does(given) {
    return [{ does: "set", field: "mark", ...folded(given) }];
  },
});
