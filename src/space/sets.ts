/** Sets of packets over the atoms: what a condition says as sets, and sets as products that can be read. */
import {
  allValues,
  type Condition,
  evaluate,
  type Family,
  type Field,
  leavesOf,
  type Packet,
  type Ranges,
  unite,
  type ValueSet,
} from "../facts/index.ts";
import type { Atoms, Dimension, Term } from "./atoms.ts";
import { Bdd, EVERY, NONE, type Node } from "./bdd.ts";
import { type Bits, bitsOfRange, type Codes } from "./stretches.ts";

/** Where a condition may hold, and where it holds for sure: they differ where chance decides, or what is not known. */
export interface Holds {
  readonly may: Node;
  readonly must: Node;
}
const SURE: Holds = { may: EVERY, must: EVERY };
const NEVER: Holds = { may: NONE, must: NONE };
const EITHER: Holds = { may: EVERY, must: NONE };

/** A field of the packet as it came; with a version: a value that it was given since, one of several. */
export interface Origin {
  readonly field: Field;
  readonly version: string;
  /** Since then it was raised (or lowered) by these, one after the other, but never over its ends. */
  readonly steps?: readonly number[];
}

/** How a packet stands to what it was when it came: a field of it may have been given another value since. */
export interface View {
  /** The packet as a rule sees it. */
  readonly seen: Packet;
  /** Where the value of this field comes from; null: it is what `seen` says. */
  origin(field: Field): Origin | null;
  /** Bits of a field that are still what they were. */
  kept(field: Field): number;
  /** What a key that is not modelled is called now: the packet may have changed since it was asked before. */
  key(key: string): string;
}
type Leaf = Extract<Condition, { is: "in" | "present" | "bits" }>;

interface Compiled {
  readonly fields: readonly Field[];
  readonly keys: readonly string[];
  readonly touches: readonly string[];
  readonly holds: Map<string, Holds>;
}

export class Sets {
  readonly atoms: Atoms;
  readonly bdd: Bdd;
  /** The first variable of each dimension, and how many it has. */
  readonly #levels: number[] = [];
  readonly #widths: number[] = [];
  #nextLevel = 0;
  readonly #compiled = new WeakMap<Condition, Compiled>();

  constructor(atoms: Atoms, bdd = new Bdd()) {
    this.atoms = atoms;
    this.bdd = bdd;
  }

  /** All packets that there can be, of those that atoms tell apart. */
  valid(possible: readonly Condition[], view: View): Node {
    let set = EVERY;
    for (const [at, { size, of }] of this.atoms.dimensions.entries())
      if (of !== "again" && of !== "opaque") set = this.bdd.and(set, this.codes(at, [[0, size]]));
    for (const each of possible) set = this.bdd.and(set, this.holds(each, view).may);
    return set;
  }

  /** The packets of a set as they came, whichever of several values they were given on the way, and whatever these fields are. */
  asTheyCame(set: Node, whatever: ReadonlySet<Field>): Node {
    const isFree = ({ of, field }: Dimension) => of === "again" || (field !== null && whatever.has(field));
    if (!this.atoms.dimensions.some(isFree)) return set;
    return this.bdd.exists(set, (level) => isFree(this.atoms.dimensions[this.#at(level)] as Dimension));
  }

  /** Packets whose field has one of these values. */
  fits(field: Field, set: ValueSet, version = ""): Node {
    return this.#union(this.#again(this.atoms.fits(field, set), version));
  }

  holds(condition: Condition, view: View): Holds {
    let own = this.#compiled.get(condition);
    if (!own) this.#compiled.set(condition, (own = about(condition)));
    let key = "";
    for (const field of own.fields) {
      const origin = view.origin(field);
      if (origin?.field === field && origin.version === "" && view.kept(field) === ALL) continue;
      key += `${field}=${origin ? `${origin.field} ${origin.version} ${origin.steps ?? ""}` : JSON.stringify(view.seen.fields[field] ?? null, bigints)}${JSON.stringify(view.seen.bits?.[field] ?? 0)}${view.kept(field)};`;
    }
    for (const name of own.keys) if (view.key(name) !== name) key += `${view.key(name)};`;
    for (const name of own.touches) if (view.seen.touched?.includes(name)) key += `~${name}`;
    let holds = own.holds.get(key);
    if (!holds) own.holds.set(key, (holds = this.#compile(condition, view)));
    return holds;
  }

  #compile(condition: Condition, view: View): Holds {
    switch (condition.is) {
      case "not": {
        const { may, must } = this.#compile(condition.of, view);
        return { may: this.bdd.not(must), must: this.bdd.not(may) };
      }
      case "all":
      case "any": {
        const parts = condition.of.map((part) => this.#compile(part, view));
        const isAll = condition.is === "all";
        const join = (a: Node, b: Node) => (isAll ? this.bdd.and(a, b) : this.bdd.or(a, b));
        return parts.reduce(
          (sum, each) => ({ may: join(sum.may, each.may), must: join(sum.must, each.must) }),
          isAll ? SURE : NEVER,
        );
      }
      case "chance":
        return EITHER;
      case "until":
        return view.seen.touched?.includes(condition.touched) ? EITHER : this.#compile(condition.of, view);
      case "opaque": {
        const set = this.codes(this.atoms.opaque(view.key(condition.key)), [[1, 2]]);
        return { may: set, must: set };
      }
      default:
        return this.#leaf(condition, view);
    }
  }

  #leaf(leaf: Leaf, view: View): Holds {
    const origin = view.origin(leaf.field);
    if (origin === null) return settled(evaluate(leaf, view.seen).is);
    if (origin.steps) return this.#stepped(leaf, origin);
    const kept = view.kept(leaf.field);
    if (origin.version === "" && kept !== ALL) return this.#partly(leaf, view, kept);
    const set = this.#union(this.#terms(leaf, origin));
    return { may: set, must: set };
  }

  /** Some bits were given since: those settle it, or the others do. */
  #partly(leaf: Leaf, view: View, kept: number): Holds {
    const answer = evaluate(leaf, view.seen).is;
    if (answer !== "unknown" || leaf.is === "present") return settled(answer);
    const asked = leaf.is === "bits" ? [leaf] : leaf.ranges.flatMap((range) => bitsOfRange(leaf.field, range));
    let [may, must]: [Node, Node] = [NONE, NONE];
    for (const { field, mask, value } of asked) {
      const part = (bits: number): Bits => {
        const own = (Number(mask) & bits) >>> 0;
        return { is: "bits", field, mask: own, value: (Number(value) & own) >>> 0, wants: "" };
      };
      const own = this.#union(this.atoms.bits(part(kept)));
      const rest = evaluate(part(~kept), view.seen).is;
      if (rest !== "no") may = this.bdd.or(may, own);
      if (rest === "yes") must = this.bdd.or(must, own);
    }
    return { may, must };
  }

  #stepped(leaf: Leaf, { field, steps = [] }: Origin): Holds {
    if (leaf.is === "bits") return EITHER;
    const set = this.#union(
      leaf.is === "in"
        ? this.atoms.within(field, beforeSteps(field, this.atoms.family, leaf.ranges, steps))
        : this.atoms.present(field),
    );
    return { may: set, must: set };
  }

  #terms(leaf: Leaf, { field, version }: Origin): readonly Term[] {
    if (leaf.is === "in") return this.#again(this.atoms.within(field, leaf.ranges), version);
    return this.#again(
      leaf.is === "present" ? this.atoms.present(field) : this.atoms.bits({ ...leaf, field }),
      version,
    );
  }
  #again(terms: readonly Term[], version: string): readonly Term[] {
    if (version === "") return terms;
    return terms.map((term) =>
      term.map(([dimension, codes]) => [this.atoms.again(dimension, version), codes] as const),
    );
  }

  #union(terms: readonly Term[]): Node {
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

/** The values that become these. */
export function beforeSteps(field: Field, family: Family, ranges: Ranges, steps: readonly number[]): Ranges {
  const end = Number(allValues(field, family)[0]?.[1]);
  return steps.reduceRight<Ranges>(
    (after, by) =>
      unite(
        after.flatMap(([low, high]) => {
          // what would be over an end is at it
          const first = Number(low) === 0 ? 0 : Math.max(0, Number(low) - by);
          const last = Number(high) === end ? end : Math.min(end, Number(high) - by);
          return first < last ? [[first, last] as const] : [];
        }),
      ),
    ranges,
  );
}

const ALL = 0xffffffff;
export const EVERY_BIT = ALL;
const bigints = (_: string, value: unknown) => (typeof value === "bigint" ? String(value) : value);
const settled = (answer: "yes" | "no" | "unknown"): Holds =>
  answer === "yes" ? SURE : answer === "no" ? NEVER : EITHER;

function about(condition: Condition): Compiled {
  const fields = new Set<Field>();
  const keys = new Set<string>();
  for (const leaf of leavesOf(condition)) {
    if ("field" in leaf) fields.add(leaf.field);
    else if (leaf.is === "opaque") keys.add(leaf.key);
  }
  return { fields: [...fields], keys: [...keys], touches: [...touchesOf(condition)], holds: new Map() };
}
function* touchesOf(condition: Condition): Generator<string, void> {
  if (condition.is === "until") yield condition.touched;
  if (condition.is === "not" || condition.is === "until") yield* touchesOf(condition.of);
  else if (condition.is === "all" || condition.is === "any") for (const part of condition.of) yield* touchesOf(part);
}
