/**
 * Which rule of a long chain to ask next. A rule says no as soon as one of the conditions that it joins by `all` does:
 * those about a field's values are kept by the values, 256 rules together, as the bits of the rules that each value
 * leaves (Lakshman and Stiliadis, SIGCOMM 1998). What is not kept is asked, so the walk is the same without.
 */
import {
  allValues,
  type Condition,
  type Family,
  type Field,
  type Host,
  minus,
  type Packet,
  type Value,
  type ValueSet,
} from "../facts/index.ts";
import { meaningOf, ownCondition, type Rule } from "../model/index.ts";
import { isWhole } from "./hotdrop.ts";

/** The first rule from `from` on, 0-based, that may match the packet, or drop it; the chain's length when there is none. */
export type NextRule = (rules: readonly Rule[], from: number, packet: Packet, host: Host) => number;

/** Shorter chains are asked rule by rule. */
const SHORT = 24;
const BLOCK = 256;
const WORDS = BLOCK / 32;
/** What asks more ranges, or in more ways, and packets that leave more of a field's values apart, are not looked up. */
const MOST_RANGES = 8;
const MOST_WAYS = 6;
const MOST_ROWS = 16;

const memo = new WeakMap<Host, WeakMap<readonly Rule[], Block[]>>();

export const nextRule: NextRule = (rules, from, packet, host) => {
  // what is cut off or a fragment may be dropped by a match of any rule
  if (rules.length < SHORT || !isWhole(packet)) return from;
  let ofHost = memo.get(host);
  if (!ofHost) memo.set(host, (ofHost = new WeakMap()));
  let blocks = ofHost.get(rules);
  if (!blocks) ofHost.set(rules, (blocks = []));
  for (let first = from - (from % BLOCK); first < rules.length; first += BLOCK) {
    const block = (blocks[first / BLOCK] ??= new Block(rules.slice(first, first + BLOCK), host));
    const found = block.next(Math.max(from - first, 0), packet);
    if (found >= 0) return first + found;
  }
  return rules.length;
};

class Block {
  readonly #rules: readonly Rule[];
  readonly #host: Host;
  /** A rule is to be asked if one of these leaves it. */
  #sieves: readonly Sieve[];
  /** How often a rule may still be asked before all of them are bound. */
  #patience: number;

  constructor(rules: readonly Rule[], host: Host) {
    this.#rules = rules;
    this.#host = host;
    this.#patience = rules.length;
    this.#sieves = this.#sift((rule) => ownCondition(rule, host) ?? this.#whole(rule));
  }

  next(from: number, packet: Packet): number {
    let next = BLOCK;
    for (const sieve of this.#sieves) next = Math.min(next, sieve.next(from, packet));
    if (next === BLOCK) return -1;
    // their own parts do not tell these rules apart: what else they ask may
    if (--this.#patience === 0) this.#sieves = this.#sift((rule) => this.#whole(rule));
    return next;
  }

  #whole(rule: Rule): Condition {
    return meaningOf(rule, this.#host).condition;
  }

  #sift(asked: (rule: Rule) => Condition): Sieve[] {
    const ways = this.#rules.map((rule) => waysOf(asked(rule), rule.family));
    const most = Math.max(...ways.map(({ length }) => length));
    return Array.from({ length: most }, (_, at) => new Sieve(ways.map((each) => each[at] ?? null)));
  }
}

/** What is wanted of fields' values, all of it. */
type Way = readonly (readonly [Field, ValueSet])[];
/** One of these has to hold for the condition to hold; or, `wanted` false, for it not to. */
function waysOf(condition: Condition, family: Family, wanted = true): readonly Way[] {
  switch (condition.is) {
    case "not":
      return waysOf(condition.of, family, !wanted);
    case "present":
      return [[[condition.field, { absent: !wanted, ranges: wanted ? allValues(condition.field, family) : [] }]]];
    case "in": {
      const ranges = wanted ? condition.ranges : minus(allValues(condition.field, family), condition.ranges);
      // what is on both sides of something is nearly all there is
      const isMost = ranges.length > (wanted ? MOST_RANGES : 1);
      return isMost ? ANYTHING : [[[condition.field, { absent: !wanted, ranges }]]];
    }
    case "all":
    case "any": {
      const parts = condition.of.map((part) => waysOf(part, family, wanted));
      const ways = (condition.is === "all") === wanted ? parts.reduce(both, ANYTHING) : parts.flat();
      return ways.length > MOST_WAYS ? ANYTHING : ways;
    }
    default:
      return ANYTHING;
  }
}
const ANYTHING: readonly Way[] = [[]];
const both = (some: readonly Way[], others: readonly Way[]): readonly Way[] =>
  some.length * others.length > MOST_WAYS ? some : some.flatMap((one) => others.map((other) => [...one, ...other]));

/** The bits of the rules of one block that are still to be asked. */
const left = new Int32Array(WORDS);
/** Of these, those that one field leaves. */
const some = new Int32Array(WORDS);

/** The rules of a block, by one way of each. */
class Sieve {
  readonly #all = new Int32Array(WORDS);
  /** The one that last left nothing comes first. */
  readonly #columns: Column[];

  /** null: a rule that has no such way. */
  constructor(ways: readonly (Way | null)[]) {
    const fields = new Map<Field, ValueSet[]>();
    for (const [rule, way] of ways.entries()) {
      if (way) toggle(this.#all, rule);
      for (const [field, set] of way ?? []) {
        const sets = fields.get(field) ?? [];
        // of two that want something of one field one is kept: a packet may leave values to each, and none to both
        sets[rule] ??= set;
        fields.set(field, sets);
      }
    }
    this.#columns = [...fields].map(([field, sets]) => new Column(field, sets, ways.length));
  }

  /** The first rule that is left; BLOCK when there is none. */
  next(from: number, packet: Packet): number {
    for (let word = 0; word < WORDS; word++) left[word] = (this.#all[word] as number) & bitsFrom(from - word * 32);
    for (let at = 0; at < this.#columns.length; at++) {
      const column = this.#columns[at] as Column;
      const set = packet.fields[column.field];
      if (!set || column.narrows(set)) continue;
      this.#columns[at] = this.#columns[0] as Column;
      this.#columns[0] = column;
      return BLOCK;
    }
    for (let word = 0; word < WORDS; word++) {
      const bits = left[word] as number;
      if (bits !== 0) return word * 32 + 31 - Math.clz32(bits & -bits);
    }
    return BLOCK;
  }
}

const bitsFrom = (bit: number): number => (bit <= 0 ? -1 : bit >= 32 ? 0 : -1 << bit);
function toggle(bits: Int32Array, at: number): void {
  bits[at >> 5] = (bits[at >> 5] as number) ^ (1 << (at & 31));
}

/** The rules of a block, by what they ask of one field. */
class Column {
  readonly field: Field;
  /** Where the values that they want begin and end, in order: those between two points are alike to all rules. */
  readonly #points: readonly Value[];
  /** The rules that are left without the field, by values below the first point, and from each point on. */
  readonly #rows: Int32Array;

  constructor(field: Field, sets: readonly (ValueSet | undefined)[], size: number) {
    this.field = field;
    const ends = new Set<Value>();
    for (const set of sets) for (const [low, high] of set?.ranges ?? []) ends.add(low).add(high);
    this.#points = [...ends].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    this.#rows = new Int32Array((this.#points.length + 2) * WORDS);
    for (let rule = 0; rule < size; rule++) {
      const set = sets[rule];
      if (!set || set.absent) toggle(this.#rows, rule);
      if (!set) toggle(this.#rows, BLOCK + rule);
      // at first what turns at a point
      for (const range of set?.ranges ?? [])
        for (const point of range) toggle(this.#rows, (countUpTo(this.#points, point) + 1) * BLOCK + rule);
    }
    for (let at = 2 * WORDS; at < this.#rows.length; at++) this.#rows[at] = this.#bits(at) ^ this.#bits(at - WORDS);
  }

  /** Takes the rules away that the values rule out; false: none is left. */
  narrows({ absent, ranges }: ValueSet): boolean {
    const points = this.#points;
    some.fill(0);
    if (absent) this.#add(0);
    let most = MOST_ROWS;
    for (const [low, high] of ranges) {
      let point = countUpTo(points, low);
      this.#add(point + 1);
      while (point < points.length && (points[point] as Value) < high) {
        if (most-- === 0) return true;
        this.#add(++point + 1);
      }
    }
    let any = 0;
    for (let word = 0; word < WORDS; word++) any |= left[word] = (left[word] as number) & (some[word] as number);
    return any !== 0;
  }

  #add(row: number): void {
    for (let word = 0; word < WORDS; word++) some[word] = (some[word] as number) | this.#bits(row * WORDS + word);
  }

  #bits(at: number): number {
    return this.#rows[at] as number;
  }
}

/** How many of the points are not above the value. */
function countUpTo(points: readonly Value[], value: Value): number {
  let [low, high] = [0, points.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((points[middle] as Value) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
