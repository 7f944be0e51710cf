import { type Given, target } from "../define.ts";
import { integer, type Masked, typeOfService, writeTos } from "../values.ts";

const bits = integer({ max: 255, examples: ["0x10", "18", "0"] });
const options = {
  "--set-tos": typeOfService({ negatable: false }),
  "--and-tos": bits,
  "--or-tos": bits,
  "--xor-tos": bits,
};

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
    return ["--set-tos", writeTos(folded(given))];
  },
  does(given) {
    const { value, mask } = folded(given);
    return [{ does: "set", field: "tos", value, mask }];
  },
});
