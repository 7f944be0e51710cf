/**
 * Fields cut into atoms: stretches of values that no question tells apart. Every set that the questions can make is a
 * union of atoms, so that both engines work on small numbers whatever the family. A stretch without any value that can
 * be is no atom (empty ones gave false answers: performance.md A.5).
 */
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
  type ValueSet,
} from "../facts/index.ts";
import { nameWithin } from "./names.ts";

/** One small number that a packet has: which atom of a field, one bit of it, or the answer to what is not modelled. */
export interface Dimension {
  readonly key: string;
  readonly of: "values" | "bit" | "there" | "opaque";
  readonly field: Field | null;
  /** Codes are 0 to size - 1. Of values, the last says that the field is not there. */
  readonly size: number;
  /** Of a bit, which. */
  readonly bit: number;
}

/** Sorted disjoint stretches of codes of one dimension, ends exclusive. */
export type Codes = readonly (readonly [from: number, to: number])[];
/** Holds where each dimension named has one of its codes. */
export type Term = readonly (readonly [dimension: number, codes: Codes])[];

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

/** What else is asked of a field than conditions do: what targets set, what routes tell apart. */
export type Asked = readonly (readonly [Field, Ranges])[];

type Bits = Extract<Condition, { is: "bits" }>;
/** Of fields with no more values than this, bits are lists of values. */
const FEW_VALUES = 256;

export function* leavesOf(condition: Condition): Generator<Condition, void> {
  if (condition.is === "not" || condition.is === "until") yield* leavesOf(condition.of);
  else if (condition.is === "all" || condition.is === "any") for (const part of condition.of) yield* leavesOf(part);
  else yield condition;
}

/** Where one field is cut. */
class Cuts {
  readonly field: Field;
  readonly all: Range;
  readonly points: Value[] = [];
  /** Bits that are asked one by one; 0n: none is, and values are stretches. */
  mask = 0n;
  constructor(field: Field, family: Family) {
    this.field = field;
    this.all = allValues(field, family)[0] as Range;
    this.points.push(this.all[0]);
  }
  add(ranges: Ranges): void {
    for (const [low, high] of ranges) this.points.push(low, high);
  }
}

export class Atoms {
  readonly family: Family;
  readonly dimensions: Dimension[] = [];
  readonly #values = new Map<Field, Stretches>();
  readonly #bits = new Map<Field, Map<number, number>>();
  readonly #there = new Map<Field, number>();
  readonly #opaque = new Map<string, number>();

  constructor(family: Family, conditions: Iterable<Condition>, asked: Asked = []) {
    this.family = family;
    const cuts = new Map<Field, Cuts>();
    const cutsOf = (field: Field): Cuts => {
      let own = cuts.get(field);
      if (!own) cuts.set(field, (own = new Cuts(field, family)));
      return own;
    };
    for (const condition of conditions)
      for (const leaf of leavesOf(condition)) {
        if (leaf.is === "in") cutsOf(leaf.field).add(leaf.ranges);
        else if (leaf.is === "present") cutsOf(leaf.field);
        else if (leaf.is === "bits") {
          const own = cutsOf(leaf.field);
          const ranges = valuesWith(leaf, own.all);
          if (ranges) own.add(ranges);
          else own.mask |= BigInt(leaf.mask);
        }
      }
    for (const [field, ranges] of asked) cutsOf(field).add(ranges);
    for (const own of [...cuts.values()].sort((a, b) => rank(a.field) - rank(b.field))) this.#cut(own);
  }

  #cut(cuts: Cuts): void {
    const { field } = cuts;
    if (cuts.mask === 0n) {
      const stretches = new Stretches(cuts, this.dimensions.length);
      this.#values.set(field, stretches);
      this.dimensions.push({ key: field, of: "values", field, size: stretches.lows.length + 1, bit: 0 });
      return;
    }
    for (const range of pairs(cuts.points, cuts.all)) cuts.mask |= bitsAsked(range, cuts.all);
    this.#there.set(field, this.dimensions.length);
    this.dimensions.push({ key: `${field}?`, of: "there", field, size: 2, bit: 0 });
    const bits = new Map<number, number>();
    for (let bit = cuts.mask.toString(2).length - 1; bit >= 0; bit--) {
      if (((cuts.mask >> BigInt(bit)) & 1n) === 0n) continue;
      bits.set(bit, this.dimensions.length);
      this.dimensions.push({ key: `${field}.${bit}`, of: "bit", field, size: 2, bit });
    }
    this.#bits.set(field, bits);
  }

  /** Whether any question is about the field. */
  isCut(field: Field): boolean {
    return this.#values.has(field) || this.#bits.has(field);
  }

  /** The dimension of an opaque key; one is made for a key that is new. */
  opaque(key: string): number {
    let at = this.#opaque.get(key);
    if (at === undefined) {
      at = this.dimensions.length;
      this.#opaque.set(key, at);
      this.dimensions.push({ key, of: "opaque", field: null, size: 2, bit: 0 });
    }
    return at;
  }

  /** The terms that together say that the field has a value of these; a field that nothing asks about has one term or none. */
  within(field: Field, ranges: Ranges): readonly Term[] {
    const stretches = this.#values.get(field);
    if (stretches) {
      const codes = stretches.codes(ranges);
      return codes.length > 0 ? [[[stretches.dimension, codes]]] : [];
    }
    const bits = this.#bits.get(field);
    if (!bits) throw new Uncut(field, ranges);
    const there = [this.#there.get(field) as number, [[1, 2]]] as const;
    const all = allValues(field, this.family)[0] as Range;
    return ranges
      .flatMap((range) => cubesOf(range, all))
      .map(({ mask, value }) => {
        if ([...maskBits(mask)].some((bit) => !bits.has(bit))) throw new Uncut(field, ranges);
        return [there, ...bitCodes(bits, mask, value)];
      });
  }

  /** What `known` of a packet says of a field: its values, or that it is not there. */
  fits(field: Field, set: ValueSet): readonly Term[] {
    const here = this.within(field, set.ranges);
    return set.absent ? [...here, ...this.absent(field)] : here;
  }

  absent(field: Field): readonly Term[] {
    const stretches = this.#values.get(field);
    if (stretches) return [[[stretches.dimension, [[stretches.lows.length, stretches.lows.length + 1]]]]];
    const there = this.#there.get(field);
    if (there === undefined) throw new Uncut(field, []);
    return [[[there, [[0, 1]]]]];
  }

  present(field: Field): readonly Term[] {
    const stretches = this.#values.get(field);
    if (stretches) return stretches.lows.length > 0 ? [[[stretches.dimension, [[0, stretches.lows.length]]]]] : [];
    const there = this.#there.get(field);
    if (there === undefined) throw new Uncut(field, []);
    return [[[there, [[1, 2]]]]];
  }

  bits(leaf: Bits): readonly Term[] {
    const bits = this.#bits.get(leaf.field);
    const all = allValues(leaf.field, this.family)[0] as Range;
    if (!bits) return this.within(leaf.field, valuesWith(leaf, all) ?? uncut(leaf, all));
    const [mask, value] = [BigInt(leaf.mask), BigInt(leaf.value)];
    if ((value & ~mask) !== 0n) return [];
    return [[[this.#there.get(leaf.field) as number, [[1, 2]]], ...bitCodes(bits, mask, value)]];
  }

  /** The dimensions of a field, in order. */
  of(field: Field): readonly number[] {
    const stretches = this.#values.get(field);
    if (stretches) return [stretches.dimension];
    const there = this.#there.get(field);
    return there === undefined ? [] : [there, ...(this.#bits.get(field)?.values() ?? [])];
  }

  /** The values of a code of a field cut into stretches; the code after the last is none. */
  rangeOf(field: Field, code: number): Range | undefined {
    return this.#values.get(field)?.range(code);
  }

  /** A value of a field that reads well, for these codes of its dimensions; undefined: it is not there. */
  example(field: Field, codes: (dimension: number) => number): Value | undefined {
    const stretches = this.#values.get(field);
    if (stretches) return stretches.example(codes(stretches.dimension));
    const there = this.#there.get(field);
    if (there === undefined || codes(there) === 0) return undefined;
    let value = 0n;
    for (const [bit, dimension] of this.#bits.get(field) ?? []) if (codes(dimension)) value |= 1n << BigInt(bit);
    return typeof (allValues(field, this.family)[0] as Range)[0] === "bigint" ? value : Number(value);
  }
}

/** The stretches of one field, and where each begins. */
class Stretches {
  readonly dimension: number;
  readonly lows: Value[] = [];
  readonly #highs: Value[] = [];
  /** The code of the first stretch at or after a point. */
  readonly #codeAt = new Map<Value, number>();

  readonly #field: Field;
  readonly #end: Value;

  constructor({ points, all: [least, end], field }: Cuts, dimension: number) {
    this.dimension = dimension;
    this.#field = field;
    this.#end = end;
    const sorted = [...new Set(points)].filter((point) => point >= least && point < end).sort(compare);
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
    for (const [low, high] of ranges) {
      const from = this.#codeAt.get(low);
      const to = high >= this.#end ? this.lows.length : this.#codeAt.get(high);
      if (from === undefined || to === undefined) throw new Uncut(this.#field, ranges);
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

  example(code: number): Value | undefined {
    const low = this.lows[code];
    return typeof low === "string" ? nameWithin(low, String(this.#highs[code])) : low;
  }
}

const compare = (a: Value, b: Value): number => (a < b ? -1 : a > b ? 1 : 0);

/** The values that have these bits: one, where all bits are asked, or those of a field that has few; null: too many. */
function valuesWith({ mask, value }: Bits, [low, end]: Range): Ranges | null {
  const all = BigInt(end) - 1n;
  if ((BigInt(mask) & all) === all) return typeof low === "bigint" ? only(BigInt(value)).ranges : only(value).ranges;
  if (BigInt(end) > FEW_VALUES) return null;
  const values = Array.from({ length: Number(end) }, (_, at) => at);
  return exactly(...values.filter((each) => (BigInt(each) & BigInt(mask)) === BigInt(value)));
}
function uncut({ field }: Bits, all: Range): never {
  throw new Uncut(field, [all]);
}

interface Cube {
  readonly mask: bigint;
  readonly value: bigint;
}
/** A range as the fewest sets of numbers with the same upper bits. */
function cubesOf([from, to]: Range, [, end]: Range): Cube[] {
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
const bitsAsked = (range: Range, all: Range): bigint =>
  cubesOf(range, all).reduce((mask, cube) => mask | cube.mask, 0n);
/** The points as ranges from the least value on: what is cut there can be told apart by these. */
const pairs = (points: readonly Value[], [least, end]: Range): Range[] =>
  points.filter((point) => point > least && point < end).map((point) => [least, point] as const);

function* maskBits(mask: bigint): Generator<number, void> {
  for (let bit = 0; mask >> BigInt(bit) !== 0n; bit++) if ((mask >> BigInt(bit)) & 1n) yield bit;
}
function bitCodes(bits: ReadonlyMap<number, number>, mask: bigint, value: bigint): [number, Codes][] {
  return [...maskBits(mask)].map((bit): [number, Codes] => {
    const has = Number((value >> BigInt(bit)) & 1n);
    return [bits.get(bit) as number, [[has, has + 1]]];
  });
}

/** What tells most apart first: measured, performance.md A.5. */
const ORDER: readonly Field[] = ["destination", "source", "inInterface", "outInterface", "ctstate", "protocol"];
const rank = (field: Field): number => {
  const at = ORDER.indexOf(field);
  return at < 0 ? ORDER.length : at;
};
