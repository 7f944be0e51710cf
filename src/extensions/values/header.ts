/** Hop counts, the type of service, IPv6 extension headers and bytes of the payload. */
import { all, always, type Condition, EXTENSION_HEADERS, type Range, within } from "../../facts/index.ts";
import { own } from "../../own.ts";
import { encode } from "../../source.ts";
import type { Value } from "../define.ts";
import { hex, integerRange, type Masked, type NumberRange, readInteger64, readMasked } from "./number.ts";
import { type Asked, asks, type More, opaque, word } from "./plain.ts";

/** Equal, less, greater: one of them. net/netfilter/xt_hl.c */
export const hopCount = (eq?: Asked<number>, lt?: Asked<number>, gt?: Asked<number>): Condition =>
  all(
    asks("ttl", eq && { value: { text: String(eq.value), ranges: [[eq.value, eq.value + 1]] }, negated: eq.negated }),
    lt ? within("ttl", lt.value > 0 ? [[0, lt.value]] : [], `less than ${lt.value}`) : always,
    gt ? within("ttl", gt.value < 255 ? [[gt.value + 1, 256]] : [], `more than ${gt.value}`) : always,
  );

type HeaderName = (typeof EXTENSION_HEADERS)[number];
/** The packet's extension headers are these alone, or (`some`) some of them are. */
export const headersAre = (names: readonly HeaderName[], some = false): Condition => {
  const wanted = names.reduce((sum, name) => sum | (1 << EXTENSION_HEADERS.indexOf(name)), 0);
  const sets = Array.from({ length: 1 << EXTENSION_HEADERS.length }, (_, set) => set);
  const ranges = sets.filter((set) => (some ? set & wanted : set) === wanted).map((set): Range => [set, set + 1]);
  return within("extensionHeaders", ranges, names.join(",") || "none");
};
/** The packet has the header, and all of these hold about it: without it the answer is no, negated or not. */
export const inHeader = (name: HeaderName, ...of: readonly Condition[]): Condition =>
  all(headersAre([name], true), ...of);
/** What stands in an extension header: no field holds it. */
export const insideHeader = (question: string): Condition => opaque(question, "the packet's extension headers");

/** Up to 16 TYPE[:LEN] of a hop-by-hop or destination options header; length 255 stands for any (include ip6t_opts.h). */
export const headerOptions = (): Value<string> =>
  word(
    "up to 16 option types 0-255, each with :length where it has one, separated by commas",
    ["5", "5:2,1:3", "0x1,0"],
    (text) => {
      const items = text.split(",").map(headerOption);
      const overfull = items.length > 16 || text.split(",")[15]?.includes(":");
      return overfull || items.includes(undefined) ? undefined : items.join(",");
    },
    (value) => value,
    { negatable: false },
  );
function headerOption(text: string): string | undefined {
  const [type, length] = [/^[^:]*/, /(?<=:).*$/].map((part) => part.exec(text)?.[0]).map(lowByte);
  if (type === undefined || (length === undefined && text.includes(":"))) return undefined;
  // PAD0 is a single byte
  if (type === 0 && length !== undefined) return undefined;
  return length === undefined || length === 255 ? String(type) : `${type}:${length}`;
}
function lowByte(text: string | undefined): number | undefined {
  const value = text === undefined ? undefined : readInteger64(text);
  return value === undefined ? undefined : Number(value & 0xffn);
}

/** A range in an extension header; before 1.8.11 a range of everything was left out even behind `!`. */
export function headerRange(): Value<NumberRange> {
  const range = integerRange({ omitsAll: true });
  return { ...range, write: (value, negated, saver) => range.write(value, negated && saver.release >= 10811, saver) };
}

/** Text as the bytes that the kernel gets, one char each. */
export const bytesOf = (text: string): string => encode(text);

/** All 8-bit values whose bits under the mask are these. */
export const maskedBytes = (value: number, mask: number): readonly (readonly [number, number])[] =>
  Array.from({ length: 256 }, (_, each) => each)
    .filter((each) => (each & mask) === value)
    .map((each) => [each, each + 1] as const);

/** Any case; a name leaves the two ECN bits out (libxtables/xtoptions.c xtopt_parse_tosmask). */
const TOS_NAMES: Readonly<Record<string, number>> = {
  "minimize-delay": 0x10,
  "maximize-throughput": 0x08,
  "maximize-reliability": 0x04,
  "minimize-cost": 0x02,
  "normal-service": 0x00,
};
/** The type of service byte by value, value/mask or name. */
export const typeOfService = (more?: More): Value<Masked> =>
  word(
    `a value 0-0xff, value/mask, or one of ${Object.keys(TOS_NAMES).join(", ")}`,
    ["0x10", "16/0x3f", "Minimize-Delay", "normal-service"],
    (text) => {
      const named = own(TOS_NAMES, text.toLowerCase());
      return named === undefined ? readMasked(text, 255) : { value: named, mask: 0x3f };
    },
    writeTos,
    more,
  );
export const writeTos = ({ value, mask }: Masked): string => `${hex(value, 2)}/${hex(mask, 2)}`;
