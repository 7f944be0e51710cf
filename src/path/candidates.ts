/**
 * Which rule of a long chain to ask next. A rule says no as soon as one of the conditions that it joins by `all` does:
 * those about a field's values are kept by the values, 256 rules together, as the bits of the rules that each value
 * leaves (Lakshman and Stiliadis, SIGCOMM 1998). What is not kept is asked, so the walk is the same without.
 */
import {
  always,
  type Condition,
  type Field,
  type Host,
  isWhole,
  type Packet,
  type Ranges,
  type Value,
} from "../facts/index.ts";
import { meaningOf, ownCondition, type Rule } from "../model/index.ts";

/** The first rule from `from` on, 0-based, that may match the packet, or drop it; the chain's length when there is none. */
export type NextRule = (rules: readonly Rule[], from: number, packet: Packet, host: Host) => number;

/** Shorter chains are asked rule by rule. */
const SHORT = 24;
const BLOCK = 256;
const WORDS = BLOCK / 32;
/** A rule that wants more ranges, or a packet that leaves more of a field's values apart, is not looked up. */
const MOST_RANGES = 8;
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
    const next = block.next(Math.max(from - first, 0), packet);
    if (next < BLOCK) return first + next;
  }
  return rules.length;
};

/** The bits of the rules of one block that are still to be asked. */
const left = new Int32Array(WORDS);
/** Those that the values of one field leave. */
const some = new Int32Array(WORDS);

class Block {
  readonly #rules: readonly Rule[];
  readonly #host: Host;
  readonly #all = new Int32Array(WORDS);
  /** The one that last left nothing comes first. */
  #columns: Column[];
  /** How often a rule may still be asked before all of them are read whole: once each, for the first packet. */
  #patience: number;

  constructor(rules: readonly Rule[], host: Host) {
    this.#rules = rules;
    this.#host = host;
    this.#patience = rules.length;
    for (const rule of rules.keys()) toggle(this.#all, rule);
    this.#columns = this.#read((rule) => ownCondition(rule, host) ?? passedOn(rule, host));
  }

  /** The first rule that is left; BLOCK when there is none. */
  next(from: number, packet: Packet): number {
    for (let word = 0; word < WORDS; word++) left[word] = (this.#all[word] as number) & bitsFrom(from - word * 32);
    for (let at = 0; at < this.#columns.length; at++) {
      const column = this.#columns[at] as Column;
      const set = packet.fields[column.field];
      if (!set || column.narrows(set.ranges)) continue;
      this.#columns[at] = this.#columns[0] as Column;
      this.#columns[0] = column;
      return BLOCK;
    }
    const word = left.findIndex((bits) => bits !== 0);
    if (word < 0) return BLOCK;
    // their own parts do not tell these rules apart: what else they ask may
    if (this.#patience-- === 0) this.#columns = this.#read((rule) => passedOn(rule, this.#host));
    const bits = left[word] as number;
    return word * 32 + 31 - Math.clz32(bits & -bits);
  }

  #read(conditionOf: (rule: Rule) => Condition): Column[] {
    const fields = new Map<Field, Ranges[]>();
    for (const [at, rule] of this.#rules.entries()) {
      for (const { field, ranges } of necessary(conditionOf(rule))) {
        if (ranges.length > MOST_RANGES) continue;
        const wanted = fields.get(field) ?? [];
        // of two about one field one is kept: a packet may leave values to each, and none to both
        wanted[at] ??= ranges;
        fields.set(field, wanted);
      }
    }
    return [...fields].map(([field, wanted]) => new Column(field, wanted, this.#rules.length));
  }
}

/** What a packet has to pass for the rule to matter: where a match may drop it, those behind that match do not count. */
function passedOn(rule: Rule, host: Host): Condition {
  const { condition, dropsWhole } = meaningOf(rule, host);
  return dropsWhole ? (ownCondition(rule, host) ?? always) : condition;
}

type In = Extract<Condition, { is: "in" }>;
/** What has to hold of fields' values for the condition to hold. */
const necessary = (condition: Condition): readonly In[] =>
  condition.is === "in" ? [condition] : condition.is === "all" ? condition.of.flatMap(necessary) : [];

/** Bits from this one on. */
const bitsFrom = (bit: number): number => (bit <= 0 ? -1 : bit >= 32 ? 0 : -1 << bit);
function toggle(bits: Int32Array, at: number): void {
  bits[at >> 5] = (bits[at >> 5] as number) ^ (1 << (at & 31));
}

/** The rules of a block, by what they want of one field. */
class Column {
  readonly field: Field;
  /** By rule, until it is first asked for: most packets are ruled out by another field. */
  #wanted: readonly (Ranges | undefined)[] | null;
  readonly #size: number;
  /** Where the values that they want begin and end, in order: those between two points are alike to all rules. */
  #points: readonly Value[] = [];
  /** The rules that are left by values below the first point, which none wants, and from each point on. */
  #rows = new Int32Array(0);

  constructor(field: Field, wanted: readonly (Ranges | undefined)[], size: number) {
    this.field = field;
    this.#wanted = wanted;
    this.#size = size;
  }

  #fill(wanted: readonly (Ranges | undefined)[]): void {
    const ends = new Set<Value>();
    for (const ranges of wanted) for (const [low, high] of ranges ?? []) ends.add(low).add(high);
    this.#points = [...ends].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    this.#rows = new Int32Array((this.#points.length + 1) * WORDS);
    for (let rule = 0; rule < this.#size; rule++) {
      const ranges = wanted[rule];
      if (!ranges) toggle(this.#rows, rule);
      // at first what turns at a point
      for (const range of ranges ?? [])
        for (const point of range) toggle(this.#rows, countUpTo(this.#points, point) * BLOCK + rule);
    }
    for (let at = WORDS; at < this.#rows.length; at++) this.#rows[at] = this.#bits(at) ^ this.#bits(at - WORDS);
    this.#wanted = null;
  }

  /** Takes the rules away that the values rule out; false: none is left. */
  narrows(values: Ranges): boolean {
    if (this.#wanted) this.#fill(this.#wanted);
    const points = this.#points;
    for (let word = 0; word < WORDS; word++) some[word] = 0;
    // without the field nothing that wants it matches
    if (values.length === 0) this.#add(0);
    let most = MOST_ROWS;
    for (const [low, high] of values) {
      let point = countUpTo(points, low);
      this.#add(point);
      while (point < points.length && (points[point] as Value) < high) {
        if (most-- === 0) return true;
        this.#add(++point);
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
