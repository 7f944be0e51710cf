/** How one field is cut: the points between which no question tells values apart, or the bits that are asked. */
import {
  allValues,
  type Condition,
  exactly,
  type Family,
  type Field,
  only,
  type Range,
  type Ranges,
  type Value,
} from "../facts/index.ts";
import { nameWithin } from "./names.ts";

/** Sorted disjoint stretches of codes of one dimension, ends exclusive. */
export type Codes = readonly (readonly [from: number, to: number])[];
/** A value is asked for that was not cut: the atoms are to be made again with it. */
export class Uncut extends Error {
  readonly field: Field;
  readonly ranges: Ranges;
  constructor(field: Field, ranges: Ranges) {
    super(`${field} is not cut there`);
    this.field = field;
    this.ranges = ranges;
  }
}

export type Bits = Extract<Condition, { is: "bits" }>;
/** Of fields with no more values than this, bits are lists of values. */
const FEW_VALUES = 256;

/** A frame's addresses may be of either family: they are one line of numbers, and its protocol tells which they are. */
const OF_FRAMES: ReadonlySet<Field> = new Set(["source", "destination"]);
export const allOf = (field: Field, family: Family): Range =>
  family === "bridge" && OF_FRAMES.has(field) ? [0n, 1n << 128n] : (allValues(field, family)[0] as Range);

/** Where one field is cut. */
export class Cuts {
  readonly field: Field;
  readonly all: Range;
  readonly points: Value[] = [];
  readonly #isOfFrames: boolean;
  /** Bits that are asked one by one; 0n: none is, and values are stretches. */
  mask = 0n;
  constructor(field: Field, family: Family) {
    this.field = field;
    this.all = allOf(field, family);
    this.#isOfFrames = family === "bridge" && OF_FRAMES.has(field);
    this.points.push(this.all[0]);
  }
  /** Of another family, as a bridge's rules may be, none is a value of the field. */
  own([low, high]: Range): Range | null {
    if (typeof low === typeof this.all[0]) return [low, high];
    return this.#isOfFrames ? [BigInt(low), BigInt(high)] : null;
  }
  add(ranges: Ranges): void {
    for (const range of ranges) this.points.push(...(this.own(range) ?? []));
  }
}

/** The stretches of one field, and where each begins. */
export class Stretches {
  readonly dimension: number;
  readonly lows: Value[] = [];
  readonly #highs: Value[] = [];
  /** The code of the first stretch at or after a point. */
  readonly #codeAt = new Map<Value, number>();

  readonly #cuts: Cuts;

  constructor(cuts: Cuts, dimension: number) {
    const [least, end] = cuts.all;
    this.dimension = dimension;
    this.#cuts = cuts;
    const sorted = [...new Set(cuts.points)].filter((point) => point >= least && point < end).sort(compare);
    // there may be many, and they are not asked for again
    cuts.points.length = 0;
    for (const [at, low] of sorted.entries()) {
      const high = sorted[at + 1] ?? end;
      this.#codeAt.set(low, this.lows.length);
      if (typeof low === "string" && nameWithin(low, String(high)) === undefined) continue;
      this.lows.push(low);
      this.#highs.push(high);
    }
    this.#codeAt.set(end, this.lows.length);
  }

  codes(ranges: Ranges): Codes {
    const out: [number, number][] = [];
    const [, end] = this.#cuts.all;
    for (const range of ranges) {
      const own = this.#cuts.own(range);
      // no packet has more than the field holds
      if (!own || own[0] >= end) continue;
      const from = this.#codeAt.get(own[0]);
      const to = own[1] >= end ? this.lows.length : this.#codeAt.get(own[1]);
      if (from === undefined || to === undefined) throw new Uncut(this.#cuts.field, ranges);
      const last = out.at(-1);
      if (last && last[1] === from) last[1] = to;
      else if (from < to) out.push([from, to]);
    }
    return out;
  }

  range(code: number): Range | undefined {
    const low = this.lows[code];
    return low === undefined ? undefined : [low, this.#highs[code] as Value];
  }

  codeOf(value: Value): number | undefined {
    let [low, high] = [0, this.lows.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.lows[middle] as Value) <= value) low = middle + 1;
      else high = middle;
    }
    return low > 0 && value < (this.#highs[low - 1] as Value) ? low - 1 : undefined;
  }

  example(code: number): Value | undefined {
    const low = this.lows[code];
    return typeof low === "string" ? nameWithin(low, String(this.#highs[code])) : low;
  }
}

const compare = (a: Value, b: Value): number => (a < b ? -1 : a > b ? 1 : 0);

/** The values that have these bits: one, where all bits are asked, or those of a field that has few; null: too many. */
export function valuesWith({ mask, value }: Bits, [low, end]: Range): Ranges | null {
  const all = BigInt(end) - 1n;
  if ((BigInt(mask) & all) === all) return typeof low === "bigint" ? only(BigInt(value)).ranges : only(value).ranges;
  // no bit is asked: any value will do
  if ((BigInt(mask) & all) === 0n) return BigInt(value) === 0n ? [[low, end]] : [];
  if (BigInt(end) > FEW_VALUES) return null;
  const values = Array.from({ length: Number(end) }, (_, at) => at);
  return exactly(...values.filter((each) => (BigInt(each) & BigInt(mask)) === BigInt(value)));
}
export function uncut({ field }: Bits, all: Range): never {
  throw new Uncut(field, [all]);
}

export interface Cube {
  readonly mask: bigint;
  readonly value: bigint;
}
/** A range as the fewest sets of numbers with the same upper bits. */
export function cubesOf([from, to]: Range, [, end]: Range): Cube[] {
  const all = BigInt(end) - 1n;
  let low = BigInt(from);
  const high = BigInt(to);
  const out: Cube[] = [];
  while (low < high) {
    let size = low === 0n ? BigInt(end) : low & -low;
    while (low + size > high) size >>= 1n;
    out.push({ mask: all & ~(size - 1n), value: low });
    low += size;
  }
  return out;
}
export const bitsAsked = (range: Range, all: Range): bigint =>
  cubesOf(range, all).reduce((mask, cube) => mask | cube.mask, 0n);
/** A range of a field of no more than 32 bits as questions about its bits. */
export const bitsOfRange = (field: Field, range: Range): Bits[] =>
  cubesOf(range, allValues(field, "ipv4")[0] as Range).map(({ mask, value }) => {
    const whole = { mask: Number(mask), value: Number(value) };
    return { is: "bits", field, ...whole, wants: "" };
  });
/** The points as ranges from the least value on: what is cut there can be told apart by these. */
export const pairs = (points: readonly Value[], [least, end]: Range): Range[] =>
  points.filter((point) => point > least && point < end).map((point) => [least, point] as const);

export function* maskBits(mask: bigint): Generator<number, void> {
  for (let bit = 0; mask >> BigInt(bit) !== 0n; bit++) if ((mask >> BigInt(bit)) & 1n) yield bit;
}
export function bitCodes(bits: ReadonlyMap<number, number>, mask: bigint, value: bigint): [number, Codes][] {
  return [...maskBits(mask)].map((bit): [number, Codes] => {
    const has = Number((value >> BigInt(bit)) & 1n);
    return [bits.get(bit) as number, [[has, has + 1]]];
  });
}
