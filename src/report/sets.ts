/** Sets of packets in words: iptables' own, with `!` for all but these. */
import {
  allValues,
  type Family,
  type Field,
  fields,
  HEADERS,
  isAbsent,
  minus,
  type Packet,
  packetJson,
  type ValueSet,
  wordedFields,
  wordOf,
  writeValues,
} from "../facts/index.ts";
import type { Cube } from "../proof/index.ts";
import { safe } from "./text.ts";

/** Fields and what they are in this product, in the order of the packet words: `!` for all but these, null: not there. */
export function cubeJson(
  { fields: own, bits, answers }: Cube,
  family: Family,
): Record<string, string | null | boolean> {
  const out: Record<string, string | null | boolean> = {};
  for (const field of [...own.keys()].sort((a, b) => rank(a) - rank(b))) {
    const words = valuesInWords(field, own.get(field) as ValueSet, own, family);
    if (words !== undefined) out[field] = words;
  }
  for (const [field, { value, mask }] of bits) out[field] = `0x${value.toString(16)}/0x${mask.toString(16)}`;
  for (const [key, is] of answers) out[key] = is;
  return out;
}
const rank = (field: Field): number =>
  (wordedFields.indexOf(field) + wordedFields.length + 1) % (wordedFields.length + 1);

export function cubeWords(cube: Cube, family: Family): string {
  const words = Object.entries(cubeJson(cube, family)).map(([name, value]) => {
    if (typeof value === "boolean") return `${value ? "" : "not "}(${name})`;
    const word = name in fields ? wordOf(name as Field) : name;
    if (value === null) return `${word} none`;
    return value.startsWith("!") ? `! ${word} ${value.slice(1)}` : `${word} ${value}`;
  });
  return words.length === 0 ? "every packet" : words.map(safe).join(" ");
}

/** Every IP packet has them: that it has is not said. */
const ALWAYS: ReadonlySet<Field> = new Set(["source", "destination", "protocol", "length", "ttl", "tos", "mark"]);

/** undefined: it says nothing that the protocol does not. */
function valuesInWords(field: Field, set: ValueSet, cube: Cube["fields"], family: Family): string | null | undefined {
  const owners = HEADERS.find(([name]) => name === field)?.[1];
  const rest = minus(allValues(field, family), set.ranges);
  if (isAbsent(set)) return owners && cube.has("protocol") ? undefined : null;
  const isThere = owners !== undefined || ALWAYS.has(field);
  if (rest.length === 0) return set.absent || isThere ? undefined : "any";
  const hasAbsent = set.absent && !isThere;
  const [these, others] = [writeValues(field, set.ranges), writeValues(field, rest)];
  // whichever is sooner read
  return others.length < these.length
    ? `!${others}${hasAbsent ? "" : isThere ? "" : ",none"}`
    : `${these}${hasAbsent ? ",none" : ""}`;
}

/** What `explain` takes, word by word: a witness as it is replayed. */
export function packetArgv(packet: Packet): string[] {
  const json = packetJson(packet);
  const words = wordedFields.flatMap((field) => {
    const text = json[field];
    return text === undefined ? [] : [fields[field].word, text ?? "none"];
  });
  return packet.family === "ipv6" && !/:/.test(`${json["source"] ?? ""}${json["destination"] ?? ""}`)
    ? ["-6", ...words]
    : words;
}

/** chainwalk's words that walk it through the dumps, `files` as they were named. */
export const replayArgv = (packet: Packet, files: readonly string[]): string[] => [
  "explain",
  ...files,
  ...packetArgv(packet),
];
