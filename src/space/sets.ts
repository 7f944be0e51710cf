/** What conditions say as sets: where one may hold, and where it holds for sure. */
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
} from "../facts/index.ts";
import { AtomSets } from "./atom-sets.ts";
import type { Term } from "./atoms.ts";
import { EVERY, NONE, type Node } from "./bdd.ts";
import { type Bits, bitsOfRange } from "./stretches.ts";

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

/** Sets in one arena, and what conditions say as sets: each is worked out once for packets that stand alike to what they were. */
export class Sets extends AtomSets {
  readonly #compiled = new WeakMap<Condition, Compiled>();

  /** All packets that there can be, of those that atoms tell apart. */
  valid(possible: readonly Condition[], view: View): Node {
    let set = EVERY;
    for (const [at, { size, of }] of this.atoms.dimensions.entries())
      if (of !== "again" && of !== "opaque") set = this.bdd.and(set, this.codes(at, [[0, size]]));
    for (const each of possible) set = this.bdd.and(set, this.holds(each, view).may);
    return set;
  }

  /** Where a condition may hold, and where it holds for sure, of packets that stand so to what they were. */
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
    const set = this.union(this.#terms(leaf, origin));
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
      const own = this.union(this.atoms.bits(part(kept)));
      const rest = evaluate(part(~kept), view.seen).is;
      if (rest !== "no") may = this.bdd.or(may, own);
      if (rest === "yes") must = this.bdd.or(must, own);
    }
    return { may, must };
  }

  #stepped(leaf: Leaf, { field, steps = [] }: Origin): Holds {
    if (leaf.is === "bits") return EITHER;
    const set = this.union(
      leaf.is === "in"
        ? this.atoms.within(field, beforeSteps(field, this.atoms.family, leaf.ranges, steps))
        : this.atoms.present(field),
    );
    return { may: set, must: set };
  }

  #terms(leaf: Leaf, { field, version }: Origin): readonly Term[] {
    if (leaf.is === "in") return this.again(this.atoms.within(field, leaf.ranges), version);
    return this.again(leaf.is === "present" ? this.atoms.present(field) : this.atoms.bits({ ...leaf, field }), version);
  }
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
