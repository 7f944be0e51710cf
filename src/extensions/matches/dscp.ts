import { within } from "../../facts/index.ts";
import { match } from "../define.ts";
import { asked, hex, integer, word } from "../values.ts";

/** extensions/dscp_helper.c: CSn is n * 8, AFnm n * 8 + m * 2; what follows a class is not read. */
function readClass(text: string): number | undefined {
  const [name = "", precedence, assured] = /^(?:CS([0-7])|AF([1-4][1-3])|BE|EF)/i.exec(text) ?? [];
  if (name === "") return undefined;
  if (precedence !== undefined) return Number(precedence) * 8;
  if (assured !== undefined) return Number(assured[0]) * 8 + Number(assured[1]) * 2;
  return name.toUpperCase() === "EF" ? 0x2e : 0;
}
const codepoint = integer({ max: 63, negatable: true, examples: ["0x2e", "0", "32"] });
const className = word("one of CS0-CS7, AF11-AF43, BE, EF", ["EF", "af41", "CS1", "BE"], readClass, () => null);

/** The upper six bits of the TOS field. net/netfilter/xt_dscp.c */
export const dscp = match({
  name: "dscp",
  families: ["ipv4", "ipv6"],
  options: { "--dscp": codepoint, "--dscp-class": className },
  needs: [["--dscp", "--dscp-class"]],
  excludes: [["--dscp", "--dscp-class"]],
  write(given) {
    const one = given["--dscp"] ?? given["--dscp-class"];
    return one ? [`${one.negated ? "! " : ""}--dscp ${hex(one.value, 2)}`] : null;
  },
  means: (given) =>
    asked(given["--dscp"] ?? given["--dscp-class"], (value) =>
      within("tos", [[value * 4, value * 4 + 4]], `DSCP ${hex(value, 2)}`),
    ),
});
