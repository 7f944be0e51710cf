/**
 * Conditions as boxes over the atoms: where one can hold, and where it surely does. The two differ where the packet does
 * not settle the answer (chance, what a target before has changed), or where there would be too many boxes.
 */
import type { Condition, Field } from "../facts/index.ts";
import type { Atoms, Term } from "./atoms.ts";
import type { Codes } from "./stretches.ts";

/** `dimension, from, to` again and again, by dimension, ends exclusive; a dimension left out is not asked. */
export type Box = readonly number[];

/** What targets may have changed before a question is asked: the answer may be either. */
export interface Changed {
  readonly fields: ReadonlySet<Field>;
  /** Of `until`. */
  readonly touched: ReadonlySet<string>;
  /** Anything at all: what is not modelled may depend on it. */
  readonly any: boolean;
  /** Nobody knows what: it may be anything. */
  readonly all: boolean;
}
export const unchanged: Changed = { fields: new Set(), touched: new Set(), any: false, all: false };

export interface Sides {
  /** Outside of these it does not hold. */
  readonly may: readonly Box[];
  /** Inside of these it holds; the same array as `may` where every packet settles it. */
  readonly must: readonly Box[];
  /** There were too many boxes: `may` is wider and `must` narrower than it could be. */
  readonly cut: boolean;
}

/** A condition that takes more boxes than this is bounded. */
export const MOST_BOXES = 1024;

export function sidesOf(condition: Condition, atoms: Atoms, changed: Changed = unchanged, wanted = true): Sides {
  const may = new Compiler(atoms, changed, "may");
  const wide = may.boxes(condition, wanted);
  if (!may.cut && !may.open) return { may: wide, must: wide, cut: false };
  const must = new Compiler(atoms, changed, "must");
  return { may: wide, must: must.boxes(condition, wanted), cut: may.cut || must.cut };
}

const EVERYTHING: readonly Box[] = [[]];
const NOTHING: readonly Box[] = [];

class Compiler {
  readonly #atoms: Atoms;
  readonly #changed: Changed;
  readonly #side: "may" | "must";
  /** Too many boxes were bounded or left out. */
  cut = false;
  /** Something was asked that the packet does not settle. */
  open = false;

  constructor(atoms: Atoms, changed: Changed, side: "may" | "must") {
    this.#atoms = atoms;
    this.#changed = changed;
    this.#side = side;
  }

  /** Where the answer is `wanted`. */
  boxes(condition: Condition, wanted: boolean): readonly Box[] {
    const { fields, touched, any, all } = this.#changed;
    switch (condition.is) {
      case "not":
        return this.boxes(condition.of, !wanted);
      case "all":
      case "any": {
        const parts = condition.of.map((part) => this.boxes(part, wanted));
        return (condition.is === "all") === wanted ? this.#meet(parts) : this.#join(parts);
      }
      case "chance":
        return this.#unsettled();
      case "until":
        return all || touched.has(condition.touched) ? this.#unsettled() : this.boxes(condition.of, wanted);
      case "opaque": {
        if (any) return this.#unsettled();
        const code = wanted ? 1 : 0;
        return [[this.#atoms.opaque(condition.key), code, code + 1]];
      }
      default: {
        if (all || fields.has(condition.field)) return this.#unsettled();
        const terms = termsOf(condition, this.#atoms);
        if (wanted) return this.#join(terms.map((term) => this.#product(term)));
        return this.#meet(
          terms.map((term) => this.#join(term.map(([at, codes]) => spans(at, this.#outside(at, codes))))),
        );
      }
    }
  }

  #unsettled(): readonly Box[] {
    this.open = true;
    return this.#side === "may" ? EVERYTHING : NOTHING;
  }

  #outside(dimension: number, codes: Codes): Codes {
    const out: [number, number][] = [];
    let from = 0;
    for (const [low, high] of codes) {
      if (low > from) out.push([from, low]);
      from = high;
    }
    const size = this.#atoms.dimensions[dimension]?.size ?? 0;
    if (from < size) out.push([from, size]);
    return out;
  }

  #product(term: Term): readonly Box[] {
    const [only] = term;
    if (only && term.length === 1) return spans(only[0], only[1]);
    return this.#meet(term.map(([at, codes]) => spans(at, codes)));
  }

  #join(parts: readonly (readonly Box[])[]): readonly Box[] {
    if (parts.length === 1 && parts[0]) return parts[0];
    const all = parts.flat();
    if (all.some((box) => box.length === 0)) return EVERYTHING;
    return all.length > MOST_BOXES ? this.#bounded(all) : all;
  }

  #meet(parts: readonly (readonly Box[])[]): readonly Box[] {
    let out = EVERYTHING;
    // the fewest first, so that what is bounded is bounded late
    for (let part of [...parts].sort((a, b) => a.length - b.length)) {
      if (part === EVERYTHING) continue;
      if (out === EVERYTHING) {
        out = part;
        continue;
      }
      if (out.length * part.length > MOST_BOXES) part = this.#bounded(part, Math.floor(MOST_BOXES / out.length));
      out = pairsOf(out, part);
    }
    return out;
  }

  #bounded(boxes: readonly Box[], most = MOST_BOXES): readonly Box[] {
    this.cut = true;
    return this.#side === "may" ? [hullOf(boxes)] : boxes.slice(0, most);
  }
}

function termsOf(leaf: Condition, atoms: Atoms): readonly Term[] {
  if (leaf.is === "in") return atoms.within(leaf.field, leaf.ranges);
  if (leaf.is === "bits") return atoms.bits(leaf);
  return leaf.is === "present" ? atoms.present(leaf.field) : [];
}

const spans = (dimension: number, codes: Codes): readonly Box[] => codes.map(([from, to]) => [dimension, from, to]);

function pairsOf(some: readonly Box[], others: readonly Box[]): readonly Box[] {
  const out: Box[] = [];
  for (const box of some)
    for (const other of others) {
      const shared = meetOf(box, other);
      if (shared) out.push(shared);
    }
  return out;
}

/** What lies in both; null: nothing. */
function meetOf(a: Box, b: Box): Box | null {
  const out: number[] = [];
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    const [x, y] = [a[i] ?? Number.POSITIVE_INFINITY, b[j] ?? Number.POSITIVE_INFINITY];
    const [box, at] = x <= y ? [a, i] : [b, j];
    let [from, to] = [box[at + 1] as number, box[at + 2] as number];
    if (x === y) {
      from = Math.max(from, b[j + 1] as number);
      to = Math.min(to, b[j + 2] as number);
      if (from >= to) return null;
    }
    out.push(Math.min(x, y), from, to);
    if (x <= y) i += 3;
    if (y <= x) j += 3;
  }
  return out;
}

/** The least box that holds them all. */
function hullOf(boxes: readonly Box[]): Box {
  const spanned = new Map<number, [from: number, to: number, times: number]>();
  for (const box of boxes)
    for (let at = 0; at < box.length; at += 3) {
      const [dimension, from, to] = [box[at] as number, box[at + 1] as number, box[at + 2] as number];
      const span = spanned.get(dimension) ?? [from, to, 0];
      spanned.set(dimension, [Math.min(span[0], from), Math.max(span[1], to), span[2] + 1]);
    }
  return [...spanned]
    .filter(([, [, , times]]) => times === boxes.length)
    .sort(([a], [b]) => a - b)
    .flatMap(([dimension, [from, to]]) => [dimension, from, to]);
}
