import { always, not } from "../../facts/index.ts";
import { type Given, match } from "../define.ts";
import { ebtTexts, flag, integer, opaque, text, word } from "../values.ts";

/** The pattern's bytes, one character each. */
const LONGEST = 127;
const bytes = (given: string): string | undefined => {
  const all = Buffer.from(given).toString("latin1");
  return all.length > LONGEST ? undefined : all;
};
function fromHex(given: string): string | undefined {
  const parts = given.split("|");
  if (parts.length % 2 === 0) return undefined;
  const read = parts.map((part, at) => {
    if (at % 2 === 0) return bytes(part);
    const digits = part.replace(/ /g, "");
    return /^(?:[\da-f]{2})+$/i.test(digits) ? Buffer.from(digits, "hex").toString("latin1") : undefined;
  });
  return read.includes(undefined) || read.join("").length > LONGEST ? undefined : read.join("");
}
const same = (value: string): string => value;
const options = {
  "--string": word(`text of at most ${LONGEST} bytes`, ["foo", "GET /"], bytes, same),
  "--string-hex": word("text with bytes as |0d 0a|", ["|0d0a|", "GET|20|x"], fromHex, same),
  "--string-algo": text({ max: 15, examples: ["bm", "kmp"] }),
  "--string-from": { ...integer({ max: 65535 }), write: (value: number) => (value === 0 ? null : [String(value)]) },
  "--string-to": integer({ max: 65535 }),
  "--string-icase": flag(),
};

/** Whatever it was written as, it is printed as text where each byte can be. */
function texts(given: Given<typeof options>): string[] {
  const { "--string": plain, "--string-hex": hex, ...others } = given;
  const pattern = plain ?? hex;
  if (!pattern) return [];
  const isText = /^[\x20-\x7e]*$/.test(pattern.value);
  const shown = isText
    ? pattern.value.replace(/["\\]/g, "\\$&")
    : `|${Buffer.from(pattern.value, "latin1").toString("hex")}|`;
  const flagged = [isText ? "--string" : "--string-hex", ...(pattern.negated ? ["!"] : []), `"${shown}"`];
  return [...flagged, ...ebtTexts(options, others, { backend: "legacy", release: 0 })];
}

/** Bytes of the packet, which no description holds. net/netfilter/xt_string.c; only ebtables' own tool has it. */
export const ebtString = match({
  name: "string",
  families: ["bridge"],
  implicit: "other",
  options,
  needs: [["--string", "--string-hex"], ["--string-algo"]],
  excludes: [["--string", "--string-hex"]],
  check(given, _, { saver }) {
    if (saver.backend === "nft") return { expected: "no string match, which ebtables-nft has not" };
    const [from, to] = [given["--string-from"]?.value ?? 0, given["--string-to"]?.value ?? 65535];
    return from > to ? { option: "--string-from", expected: "an offset not behind --string-to" } : null;
  },
  complete(given) {
    if (Object.keys(given).length === 0) return given;
    return { "--string-to": { value: 65535, negated: false, at: 0 }, ...given };
  },
  write: texts,
  means(given) {
    const pattern = given["--string"] ?? given["--string-hex"];
    if (!pattern) return always;
    const key = texts({ ...given, "--string": { ...pattern, negated: false } }).join(" ");
    const wanted = opaque(key, "the packet's bytes");
    return pattern.negated ? not(wanted) : wanted;
  },
});
