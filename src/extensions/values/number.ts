/** Numbers as the tools read them: decimal, 0x hexadecimal or 0 octal (libxtables xtables_strtoul, base 0). */

import { always, type Condition, never, within } from "../../facts/index.ts";
import { own } from "../../own.ts";
import type { Value } from "../define.ts";
import { type More, type Written, word } from "./plain.ts";

const NOTATION = /^(?:0x[0-9a-f]+|0[0-7]*|[1-9]\d*)$/i;

/** undefined where the text is no such number. */
export function readInteger(text: string, max: number, min = 0): number | undefined {
  if (!NOTATION.test(text)) return undefined;
  const value = /^0[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number(text);
  return value >= min && value <= max ? value : undefined;
}
/** The same for 64 bits. */
export function readInteger64(text: string): bigint | undefined {
  if (!NOTATION.test(text)) return undefined;
  const value = BigInt(/^0[0-7]+$/.test(text) ? `0o${text}` : text);
  return value < 1n << 64n ? value : undefined;
}
export const hex = (value: number | bigint, width = 0): string => `0x${value.toString(16).padStart(width, "0")}`;

export interface NumberMore extends More {
  readonly max?: number;
  readonly min?: number;
  /** How it is printed; decimal when left out. */
  readonly print?: (value: number) => string;
  /** Names for some values. */
  readonly named?: Readonly<Record<string, number>>;
}
const UINT32 = 0xffffffff;

/** A whole number; not negatable unless `more` says so. */
export function integer(more: NumberMore = {}): Value<number> {
  const { max = UINT32, min = 0, print = String, named = {}, ...rest } = more;
  const list = Object.keys(named);
  return word(
    `a number ${min}-${max}${list.length > 0 ? ` or one of ${list.join(", ")}` : ""}`,
    [String(min), String(Math.min(max, min + 7)), String(max)],
    (text) => readInteger(text, max, min) ?? own(named, text),
    print,
    { negatable: false, ...rest },
  );
}

export interface NumberRange {
  readonly low: number;
  readonly high: number;
}
export interface RangeMore extends NumberMore {
  /** Between the two ends; `:` when left out. */
  readonly between?: string;
  /** A range of everything is not printed. */
  readonly omitsAll?: boolean;
}
/** `7`, `1:5`, `:5`, `5:`. Negatable unless `more` says otherwise. */
export function integerRange(more: RangeMore = {}): Value<NumberRange> {
  const { max = UINT32, min = 0, print = String, between = ":", omitsAll = false, named = {}, ...rest } = more;
  const end = (text: string, open: number) => (text === "" ? open : (readInteger(text, max, min) ?? own(named, text)));
  return word(
    `a number ${min}-${max}, or first${between}last`,
    [String(min + 3), `${min + 1}${between}${min + 5}`, `${between}${min + 4}`, `${min + 4}${between}`],
    (text) => {
      const parts = text.split(between);
      const [first = "", last = first] = parts;
      if (parts.length > 2 || text === "") return undefined;
      const [low, high] = [end(first, min), end(last, max)];
      return low === undefined || high === undefined || low > high ? undefined : { low, high };
    },
    ({ low, high }, negated) => {
      if (omitsAll && !negated && low === min && high === max) return null;
      return low === high ? print(low) : `${print(low)}${between}${print(high)}`;
    },
    rest,
  );
}
/** A range as the set of its values, with the text that asks for it. */
export const rangeSet = ({ low, high }: NumberRange): Written => ({
  text: low === high ? String(low) : `${low}:${high}`,
  ranges: [[low, high + 1]],
});

export interface Masked {
  readonly value: number;
  readonly mask: number;
}
export const showMasked = ({ value, mask }: Masked): string => `${hex(value)}${mask === UINT32 ? "" : `/${hex(mask)}`}`;
export function readMasked(text: string, max = UINT32): Masked | undefined {
  const [first = "", second, more] = text.split("/");
  const value = readInteger(first, max);
  const mask = second === undefined ? max : readInteger(second, max);
  return more !== undefined || value === undefined || mask === undefined ? undefined : { value, mask };
}
/** (mark & mask) == value: bits outside the mask are never there. net/netfilter/xt_mark.c, xt_connmark.c */
export const markIs =
  (field: "mark" | "ctmark") =>
  (wanted: Masked): Condition => {
    const { value, mask } = wanted;
    if ((value & ~mask) >>> 0 !== 0) return never;
    // a mask of high bits is a range
    const size = 2 ** 32 - mask;
    const isPrefix = mask !== 0 && Number.isInteger(Math.log2(size));
    if (isPrefix) return within(field, [[value, value + size]], showMasked(wanted));
    return mask === 0 ? always : { is: "bits", field, mask, value, wants: showMasked(wanted) };
  };
/** `0x1/0xff`; printed in hex, the mask only when it is not full, or `always`. Negatable unless `more` says otherwise. */
export function masked(more: More & { always?: boolean } = {}): Value<Masked> {
  const { always = false, ...rest } = more;
  return word(
    "a value 0-0xffffffff, or value/mask",
    ["1", "0x10/0xff", "0x80000000"],
    (text) => readMasked(text),
    (value) => (always ? `${hex(value.value)}/${hex(value.mask)}` : showMasked(value)),
    rest,
  );
}
