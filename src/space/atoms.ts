/**
 * Fields cut into atoms: stretches of values that no question tells apart. Every set that the questions can make is a
 * union of atoms, so that both engines work on small numbers whatever the family. A stretch without any value that can
 * be is no atom (empty ones gave false answers: performance.md A.5).
 */
import {
  type Condition,
  type Family,
  type Field,
  leavesOf,
  type Range,
  type Ranges,
  type Value,
  type ValueSet,
} from "../facts/index.ts";
import {
  allOf,
  type Bits,
  bitCodes,
  bitsAsked,
  type Codes,
  Cuts,
  cubesOf,
  maskBits,
  pairs,
  Stretches,
  Uncut,
  uncut,
  valuesWith,
} from "./stretches.ts";

/** One small number that a packet has: which atom of a field, one bit of it, or the answer to what is not modelled. */
export interface Dimension {
  readonly key: string;
  readonly of: "values" | "bit" | "there" | "opaque" | "again";
  readonly field: Field | null;
  /** Codes are 0 to size - 1. Of values, the last says that the field is not there. */
  readonly size: number;
  /** Of a bit, which. */
  readonly bit: number;
}

/** Holds where each dimension named has one of its codes. */
export type Term = readonly (readonly [dimension: number, codes: Codes])[];

/** What else is asked of a field than conditions do: what targets set, what routes tell apart. */
export type Asked = readonly (readonly [Field, Ranges])[];

export class Atoms {
  readonly family: Family;
  readonly dimensions: Dimension[] = [];
  readonly #values = new Map<Field, Stretches>();
  readonly #bits = new Map<Field, Map<number, number>>();
  readonly #there = new Map<Field, number>();
  readonly #opaque = new Map<string, number>();
  readonly #again = new Map<string, number>();

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

  /** A dimension like this one, for another value of its field: one that it was given on the way. */
  again(dimension: number, version: string): number {
    const { key, ...like } = this.dimensions[dimension] as Dimension;
    const own = `${key} ${version}`;
    let at = this.#again.get(own);
    if (at === undefined) {
      at = this.dimensions.length;
      this.#again.set(own, at);
      this.dimensions.push({ ...like, key: own, of: "again" });
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
    const all = allOf(field, this.family);
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
    const all = allOf(leaf.field, this.family);
    if (!bits) return this.within(leaf.field, valuesWith(leaf, all) ?? uncut(leaf, all));
    const [mask, value] = [BigInt(leaf.mask), BigInt(leaf.value)];
    if ((value & ~mask) !== 0n) return [];
    return [[[this.#there.get(leaf.field) as number, [[1, 2]]], ...bitCodes(bits, mask, value)]];
  }

  /** The codes of one value, whether it was cut there or not; undefined: the field is not there. */
  holding(field: Field, value: Value | undefined): Term {
    if (value === undefined) return this.absent(field)[0] ?? [];
    const stretches = this.#values.get(field);
    const code = stretches?.codeOf(value);
    if (stretches) return code === undefined ? [] : [[stretches.dimension, [[code, code + 1]]]];
    const bits = this.#bits.get(field);
    if (!bits) return [];
    const mask = [...bits.keys()].reduce((sum, bit) => sum | (1n << BigInt(bit)), 0n);
    return [...(this.present(field)[0] ?? []), ...bitCodes(bits, mask, BigInt(value))];
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

  /** Which stretch a value of a field lies in; undefined: the field is not cut into stretches. */
  codeOf(field: Field, value: Value): number | undefined {
    return this.#values.get(field)?.codeOf(value);
  }

  /** The code of a field cut into stretches that says that it is not there. */
  absentCode(field: Field): number | undefined {
    return this.#values.get(field)?.lows.length;
  }

  /** A value of a field that reads well, for these codes of its dimensions; undefined: it is not there. */
  example(field: Field, codes: (dimension: number) => number): Value | undefined {
    const stretches = this.#values.get(field);
    if (stretches) return stretches.example(codes(stretches.dimension));
    const there = this.#there.get(field);
    if (there === undefined || codes(there) === 0) return undefined;
    let value = 0n;
    for (const [bit, dimension] of this.#bits.get(field) ?? []) if (codes(dimension)) value |= 1n << BigInt(bit);
    return typeof allOf(field, this.family)[0] === "bigint" ? value : Number(value);
  }
}

/** What tells most apart first: measured, performance.md A.5. */
const ORDER: readonly Field[] = ["destination", "source", "inInterface", "outInterface", "ctstate", "protocol"];
const rank = (field: Field): number => {
  const at = ORDER.indexOf(field);
  return at < 0 ? ORDER.length : at;
};
