/** Sets of packets in one arena: unions of atoms, and back to stretches of codes. */
import type { Field, ValueSet } from "../facts/index.ts";
import type { Atoms, Dimension, Term } from "./atoms.ts";
import { Bdd, EVERY, NONE, type Node } from "./bdd.ts";
import type { Codes } from "./stretches.ts";

export class AtomSets {
  readonly atoms: Atoms;
  readonly bdd: Bdd;
  /** The first variable of each dimension, and how many it has. */
  readonly #levels: number[] = [];
  readonly #widths: number[] = [];
  #nextLevel = 0;

  constructor(atoms: Atoms, bdd = new Bdd()) {
    this.atoms = atoms;
    this.bdd = bdd;
  }

  /** The packets of a set as they came, whichever of several values they were given on the way, and whatever these fields are. */
  asTheyCame(set: Node, whatever: ReadonlySet<Field>): Node {
    const isFree = ({ of, field }: Dimension) => of === "again" || (field !== null && whatever.has(field));
    if (!this.atoms.dimensions.some(isFree)) return set;
    return this.bdd.exists(set, (level) => isFree(this.atoms.dimensions[this.#at(level)] as Dimension));
  }

  /** Packets whose field has one of these values. */
  fits(field: Field, set: ValueSet, version = ""): Node {
    return this.union(this.again(this.atoms.fits(field, set), version));
  }

  /** The same of another value of the fields, one that was given on the way. */
  again(terms: readonly Term[], version: string): readonly Term[] {
    if (version === "") return terms;
    return terms.map((term) =>
      term.map(([dimension, codes]) => [this.atoms.again(dimension, version), codes] as const),
    );
  }

  union(terms: readonly Term[]): Node {
    return terms.reduce((set, term) => this.bdd.or(set, this.term(term)), NONE);
  }
  term(term: Term): Node {
    return term.reduce((set, [dimension, codes]) => this.bdd.and(set, this.codes(dimension, codes)), EVERY);
  }

  /** The set of packets with one of these codes in a dimension. */
  codes(dimension: number, codes: Codes): Node {
    const [level, width] = this.place(dimension);
    return this.#within(level, 0, 2 ** width, codes);
  }
  #within(level: number, low: number, high: number, codes: Codes): Node {
    if (codes.some(([from, to]) => from <= low && high <= to)) return EVERY;
    const inside = codes.filter(([from, to]) => from < high && low < to);
    if (inside.length === 0) return NONE;
    const middle = (low + high) / 2;
    const [zero, one] = [this.#within(level + 1, low, middle, inside), this.#within(level + 1, middle, high, inside)];
    return this.bdd.make(level, zero, one);
  }

  /** The dimension that a set, neither none nor every, depends on first. */
  dimensionOf(node: Node): number {
    return this.#at(this.bdd.level(node));
  }
  #at(level: number): number {
    let [low, high] = [0, this.#levels.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#levels[middle] as number) <= level) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** The set by the codes of a dimension on which it depends first: what is asked of the rest, and the codes for it. */
  split(node: Node, dimension: number): Part[] {
    const [first, width] = this.place(dimension);
    const parts = new Map<Node, [number, number][]>();
    const visit = (at: Node, level: number, low: number, high: number): void => {
      if (level === first + width) {
        const codes = parts.get(at) ?? [];
        if (codes.length === 0) parts.set(at, codes);
        const last = codes.at(-1);
        if (last?.[1] === low) last[1] = high;
        else codes.push([low, high]);
        return;
      }
      const middle = (low + high) / 2;
      if (this.bdd.level(at) > level && this.bdd.level(at) >= first + width) return visit(at, first + width, low, high);
      const isHere = this.bdd.level(at) === level;
      visit(isHere ? this.bdd.low(at) : at, level + 1, low, middle);
      visit(isHere ? this.bdd.high(at) : at, level + 1, middle, high);
    };
    visit(node, first, 0, 2 ** width);
    return [...parts].map(([child, codes]) => ({ child, codes }));
  }

  /** Its first variable, and how many there are. */
  place(dimension: number): readonly [level: number, width: number] {
    for (let at = this.#levels.length; at <= dimension; at++) {
      const width = Math.ceil(Math.log2(Math.max(2, this.atoms.dimensions[at]?.size ?? 2)));
      this.#levels.push(this.#nextLevel);
      this.#widths.push(width);
      this.#nextLevel += width;
    }
    return [this.#levels[dimension] as number, this.#widths[dimension] as number];
  }
}

interface Part {
  readonly child: Node;
  readonly codes: Codes;
}
