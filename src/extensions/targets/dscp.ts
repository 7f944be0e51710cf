import { target } from "../define.ts";
import { hex, readInteger, word } from "../values.ts";

/** extensions/dscp_helper.c: any case, and what follows the name is not looked at. */
const CLASSES: Readonly<Record<string, number>> = {
  ...Object.fromEntries([0, 1, 2, 3, 4, 5, 6, 7].map((level) => [`CS${level}`, level * 8])),
  BE: 0,
  ...Object.fromEntries(
    [1, 2, 3, 4].flatMap((level) => [1, 2, 3].map((drop) => [`AF${level}${drop}`, level * 8 + drop * 2])),
  ),
  EF: 0x2e,
};
function ofClass(given: string): number | undefined {
  const name = Object.keys(CLASSES).find((each) => given.toUpperCase().startsWith(each));
  return name === undefined ? undefined : CLASSES[name];
}

/** The upper six bits of TOS or traffic class. net/netfilter/xt_DSCP.c */
export const DSCP = target({
  name: "DSCP",
  families: ["ipv4", "ipv6"],
  options: {
    "--set-dscp": word(
      "0-63 for --set-dscp; BE, EF, CS0-CS7 or AF11-AF43 for --set-dscp-class",
      ["0", "63", "0x1a"],
      (given, _, flag) => (flag === "--set-dscp-class" ? ofClass(given) : readInteger(given, 63)),
      (value) => hex(value, 2),
      { aliases: ["--set-dscp-class"], negatable: false },
    ),
  },
  needs: [["--set-dscp"]],
  placement: { tables: ["mangle"] },
  does: (given) => [{ does: "set", field: "tos", value: (given["--set-dscp"]?.value ?? 0) << 2, mask: 0xfc }],
});
