/**
 * Sets of values of one field: sorted, disjoint, half-open ranges [low, high), and whether "not there" is in it.
 * Numbers, bigints (IPv6) and strings (names) are all totally ordered, so one algebra serves every field:
 * an interface prefix `eth+` is the range ["eth", "eth\uffff").
 */
export type Value = number | bigint | string;
export type Range = readonly [low: Value, high: Value];
export type Ranges = readonly Range[];

export interface ValueSet {
  readonly absent: boolean;
  readonly ranges: Ranges;
}

/** No name sorts above it. */
export const topName = "\uffff\uffff";

/** The smallest value greater than this one. */
export function after(value: Value): Value {
  if (typeof value === "string") return `${value}\0`;
  return typeof value === "bigint" ? value + 1n : value + 1;
}

export const only = (value: Value): ValueSet => ({ absent: false, ranges: [[value, after(value)]] });
export const absent: ValueSet = { absent: true, ranges: [] };
export const exactly = (...values: Value[]): Ranges => unite(values.map((value) => [value, after(value)] as const));
export const prefix = (text: string): Range => [text, `${text}\uffff`];

export const isEmpty = (set: ValueSet): boolean => !set.absent && set.ranges.length === 0;
export const isAbsent = (set: ValueSet | undefined): boolean => !!set?.absent && set.ranges.length === 0;

/** The one value of a set that has exactly one, else undefined. */
export function single(set: ValueSet | undefined): Value | undefined {
  const range = set?.ranges[0];
  if (!set || set.absent || !range || set.ranges.length !== 1) return undefined;
  return after(range[0]) === range[1] ? range[0] : undefined;
}

export const has = (ranges: Ranges, value: Value): boolean =>
  ranges.some(([low, high]) => low <= value && value < high);

/** Sorted and disjoint again. */
export function unite(ranges: Ranges): Ranges {
  const sorted = [...ranges].sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
  const out: [Value, Value][] = [];
  for (const [low, high] of sorted) {
    const last = out.at(-1);
    if (last && low <= last[1]) {
      if (high > last[1]) last[1] = high;
    } else out.push([low, high]);
  }
  return out;
}

export function meet(a: Ranges, b: Ranges): Ranges {
  const out: Range[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [x, y] = [a[i] as Range, b[j] as Range];
    const low = x[0] > y[0] ? x[0] : y[0];
    const high = x[1] < y[1] ? x[1] : y[1];
    if (low < high) out.push([low, high]);
    if (x[1] < y[1]) i++;
    else j++;
  }
  return out;
}

export function minus(a: Ranges, b: Ranges): Ranges {
  const out: Range[] = [];
  let next = 0;
  for (const [start, end] of a) {
    let low = start;
    while (next < b.length && (b[next] as Range)[1] <= low) next++;
    for (let at = next; at < b.length; at++) {
      const [from, to] = b[at] as Range;
      if (from >= end) break;
      if (from > low) out.push([low, from]);
      if (to > low) low = to;
    }
    if (low < end) out.push([low, end]);
  }
  return out;
}

/** Rows that may overlap: each keeps what no earlier one has, and what is left with nothing goes. */
export function firstTakes<Row extends { readonly ranges: Ranges }>(rows: readonly Row[]): Row[] {
  let covered: Ranges = [];
  return rows.flatMap((row) => {
    const ranges = minus(row.ranges, covered);
    covered = unite([...covered, ...row.ranges]);
    return ranges.length > 0 ? [{ ...row, ranges }] : [];
  });
}
/** Longest prefix first. */
export function byPrefix([a]: Ranges, [b]: Ranges): number {
  const [x, y] = [a, b].map((range) => (range ? BigInt(range[1]) - BigInt(range[0]) : 0n)) as [bigint, bigint];
  return x < y ? -1 : x > y ? 1 : 0;
}
