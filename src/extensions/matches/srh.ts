import { type Condition, readAddress, writeAddress } from "../../facts/index.ts";
import { type Given, match, type OptionTable, type Value } from "../define.ts";
import { asked, inHeader, insideHeader, integer, readInteger, word } from "../values.ts";

interface Segment {
  readonly address: string;
  /** null for a mask with holes. */
  readonly length: number | null;
  /** What is asked: the address, and the mask where it has holes. */
  readonly text: string;
}
/** Printed with address and length as they were given. A mask with holes was taken for /128 before 1.8.11, and prints 4294967295 since. */
const segment: Value<Segment> = word(
  "an IPv6 address, address/length or address/mask",
  ["fd00::1", "fd00::/64", "a:b::c/ffff::"],
  (text) => {
    const [first = "", tail = "128", more] = text.split("/");
    const [address, mask] = [readAddress(first), readAddress(tail)];
    const length = typeof mask === "bigint" ? maskLength(mask) : readInteger(tail, 128);
    if (typeof address !== "bigint" || length === undefined || more !== undefined) return undefined;
    const written = writeAddress(address);
    return { address: written, length, text: `${written}/${length ?? writeAddress(mask ?? 0n)}` };
  },
  ({ address, length }, _negated, { release }) => `${address}/${length ?? (release < 10811 ? 128 : 0xffffffff)}`,
);
function maskLength(mask: bigint): number | null {
  const bits = mask.toString(2).padStart(128, "0");
  return /^1*0*$/.test(bits) ? bits.lastIndexOf("1") + 1 : null;
}
const byte = integer({ max: 255, negatable: true });
const options = {
  "--srh-next-hdr": byte,
  "--srh-hdr-len-eq": byte,
  "--srh-hdr-len-gt": byte,
  "--srh-hdr-len-lt": byte,
  "--srh-segs-left-eq": byte,
  "--srh-segs-left-gt": byte,
  "--srh-segs-left-lt": byte,
  "--srh-last-entry-eq": byte,
  "--srh-last-entry-gt": byte,
  "--srh-last-entry-lt": byte,
  "--srh-tag": integer({ max: 65535, negatable: true }),
  "--srh-psid": segment,
  "--srh-nsid": segment,
  "--srh-lsid": segment,
} as const satisfies OptionTable;
type Option = keyof typeof options;
const NAMES = Object.keys(options) as Option[];

/** `-eq`, `-gt` and `-lt` of a field share one place: the last number given counts for all of them. */
function shared(given: Given<typeof options>): Given<typeof options> {
  const field = (option: Option) => option.replace(/-(eq|gt|lt)$/, "");
  const entries = NAMES.flatMap((option) => {
    const one = given[option];
    if (!one) return [];
    const same = NAMES.flatMap((other) => (field(other) === field(option) ? (given[other] ?? []) : []));
    const last = same.reduce((latest, other) => (other.at > latest.at ? other : latest));
    return [[option, { ...one, value: last.value }]];
  });
  return Object.fromEntries(entries);
}

/** The segment routing header. net/ipv6/netfilter/ip6t_srh.c: without it no either way. */
export const srh = match({
  name: "srh",
  families: ["ipv6"],
  options,
  complete: shared,
  means: (given) =>
    inHeader(
      "ipv6-route",
      insideHeader("routing header is of type 4"),
      ...NAMES.map((option): Condition => {
        const shown = (value: number | Segment) => (typeof value === "number" ? value : value.text);
        return asked<number | Segment>(given[option], (value) =>
          insideHeader(`segment routing header ${option.slice(6)} ${shown(value)}`),
        );
      }),
    ),
});
