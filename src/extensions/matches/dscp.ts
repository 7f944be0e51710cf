import { match } from "../define.ts";
import { compares, hex, readInteger, word } from "../values.ts";

/** extensions/dscp_helper.c: CSn is n * 8, AFnm n * 8 + m * 2; what follows a class is not read. */
function readClass(text: string): number | undefined {
  const [name = "", precedence, assured] = /^(?:CS([0-7])|AF([1-4][1-3])|BE|EF)/i.exec(text) ?? [];
  if (name === "") return undefined;
  if (precedence !== undefined) return Number(precedence) * 8;
  if (assured !== undefined) return Number(assured[0]) * 8 + Number(assured[1]) * 2;
  return name.toUpperCase() === "EF" ? 0x2e : 0;
}
const codepoint = word(
  "a number 0-63, or after --dscp-class one of CS0-CS7, AF11-AF43, BE, EF",
  ["0x2e", "0", "32"],
  (text, _, flag) => (flag === "--dscp-class" ? readClass(text) : readInteger(text, 63)),
  (value) => hex(value, 2),
  { aliases: ["--dscp-class"] },
);

/** The upper six bits of the TOS field. net/netfilter/xt_dscp.c */
export const dscp = match({
  name: "dscp",
  families: ["ipv4", "ipv6"],
  options: { "--dscp": codepoint },
  needs: [["--dscp"]],
  means({ "--dscp": given }) {
    if (!given) return compares("tos", given);
    const { value, negated } = given;
    return compares("tos", { value: { text: `DSCP ${hex(value, 2)}`, ranges: [[value * 4, value * 4 + 4]] }, negated });
  },
});
