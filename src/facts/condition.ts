/** What a match asks, as data. The walk evaluates it on a packet; packet sets are to compile it to boxes: one meaning. */
import { type Bits, sharedBits, someFit, spanOf } from "./bits.ts";
import { allValues, type Field, fieldNames, fields, writeValues } from "./fields.ts";
import { known, narrow, type Packet } from "./packet.ts";
import { isAbsent, meet, minus, type Ranges, single } from "./value-set.ts";

export type Condition =
  | { readonly is: "all" | "any"; readonly of: readonly Condition[] }
  | { readonly is: "not"; readonly of: Condition }
  /** The field is there and its value in the ranges: absent is no, not stated unknown. */
  | { readonly is: "in"; readonly field: Field; readonly ranges: Ranges; readonly wants: string }
  | { readonly is: "present"; readonly field: Field }
  /** Some bits of a field, under a mask, absent: no. There is no short list of ranges for them. */
  | {
      readonly is: "bits";
      readonly field: Field;
      readonly mask: number | bigint;
      readonly value: number | bigint;
      readonly wants: string;
    }
  /** Deterministic, not modelled: one boolean a key, shared by every rule that asks it. */
  | { readonly is: "opaque"; readonly key: string; readonly settledBy: string }
  /** Holds until a target on the packet's way has touched this: then it may be either. */
  | { readonly is: "until"; readonly touched: string; readonly of: Condition }
  /** Stateful or random: may go either way for the same packet, so it never blocks a later rule. */
  | { readonly is: "chance"; readonly key: string; readonly why: string };

/** Kleene's three values. */
export type Ternary = "yes" | "no" | "unknown";
/** The answer, and the leaf that decided it. */
export interface Answer {
  readonly is: Ternary;
  readonly because: Condition | null;
  readonly negated: boolean;
}

export const always: Condition = { is: "all", of: [] };
export const never: Condition = { is: "any", of: [] };
export const all = (...of: readonly Condition[]): Condition => {
  const parts = of.filter((part) => !(part.is === "all" && part.of.length === 0));
  return parts.length === 1 && parts[0] ? parts[0] : { is: "all", of: parts };
};
export const any = (...of: readonly Condition[]): Condition => (of.length === 1 && of[0] ? of[0] : { is: "any", of });
export const not = (of: Condition): Condition => ({ is: "not", of });
export const present = (field: Field): Condition => ({ is: "present", field });
export const within = (field: Field, ranges: Ranges, wants: string): Condition => ({ is: "in", field, ranges, wants });

/** What it is made of. */
export function* leavesOf(condition: Condition): Generator<Condition, void> {
  if (condition.is === "not" || condition.is === "until") yield* leavesOf(condition.of);
  else if (condition.is === "all" || condition.is === "any") for (const part of condition.of) yield* leavesOf(part);
  else yield condition;
}

const flip = { yes: "no", no: "yes", unknown: "unknown" } as const;

/** `no` and `unknown` of an `all` blame the part that failed; an `any` that fails blames its last branch. */
export function evaluate(condition: Condition, packet: Packet): Answer {
  switch (condition.is) {
    case "not": {
      const answer = evaluate(condition.of, packet);
      return { is: flip[answer.is], because: answer.because ?? condition, negated: !answer.negated };
    }
    case "present": {
      const set = known(packet, condition.field);
      const is = isAbsent(set) ? "no" : set.absent ? "unknown" : "yes";
      return { is, because: condition, negated: false };
    }
    case "in": {
      const set = known(packet, condition.field);
      const inside = areThere(meet(set.ranges, condition.ranges), packet.bits?.[condition.field]);
      const outside = set.absent || areThere(minus(set.ranges, condition.ranges), packet.bits?.[condition.field]);
      return { is: inside ? (outside ? "unknown" : "yes") : "no", because: condition, negated: false };
    }
    case "bits":
      return { is: evaluateBits(condition, packet), because: condition, negated: false };
    case "until":
      if (packet.touched?.includes(condition.touched)) return { is: "unknown", because: condition, negated: false };
      return evaluate(condition.of, packet);
    case "opaque": {
      const taken = packet.assumed[condition.key];
      return { is: taken === undefined ? "unknown" : taken ? "yes" : "no", because: condition, negated: false };
    }
    case "chance":
      return { is: "unknown", because: condition, negated: false };
    default:
      return evaluateMany(condition, packet);
  }
}

function evaluateMany(condition: Extract<Condition, { is: "all" | "any" }>, packet: Packet): Answer {
  const stop = condition.is === "all" ? "no" : "yes";
  let result: Answer = { is: condition.is === "all" ? "yes" : "no", because: null, negated: false };
  for (const part of condition.of) {
    const answer = evaluate(part, packet);
    if (answer.is === stop) return answer;
    if (answer.is === "unknown" || result.is !== "unknown") result = answer;
  }
  return result;
}

const areThere = (ranges: Ranges, bits: Bits | undefined): boolean =>
  ranges.length > 0 && (!bits || someFit(ranges, bits));

type BitsCondition = Extract<Condition, { is: "bits" }>;
/** In 32 bits, which are known one by one; addresses of IPv6 and MACs are looked at whole. */
function narrowBits({ field, mask, value }: BitsCondition, packet: Packet): Bits | null {
  const end = allValues(field, packet.family)[0]?.[1];
  const isNarrow = typeof mask === "number" && typeof value === "number" && typeof end === "number" && end <= 2 ** 32;
  return isNarrow ? { mask, value } : null;
}
function evaluateBits(condition: BitsCondition, packet: Packet): Ternary {
  const set = known(packet, condition.field);
  if (isAbsent(set)) return "no";
  const taken = packet.assumed[keyOf(condition)];
  const assumed = taken === undefined ? "unknown" : taken ? "yes" : "no";
  const asked = narrowBits(condition, packet);
  if (!asked) {
    const value = single(set);
    if (value === undefined || typeof value === "string") return assumed;
    return (BigInt(value) & BigInt(condition.mask)) === BigInt(condition.value) ? "yes" : "no";
  }
  const { value: has, mask: knows } = sharedBits(set.ranges, packet.bits?.[condition.field]);
  if (((has ^ asked.value) & knows & asked.mask) !== 0) return "no";
  if ((asked.mask & ~knows) === 0) return set.absent ? "unknown" : "yes";
  return assumed;
}
function refineBits(condition: BitsCondition, packet: Packet, wanted: boolean): Packet | null {
  const { field } = condition;
  const set = known(packet, field);
  const asked = narrowBits(condition, packet);
  const old = sharedBits(set.ranges, packet.bits?.[field]);
  const open = asked ? (asked.mask & ~old.mask) >>> 0 : 0;
  // all bits but one are known to fit: it is that one that does not
  const isFlip = !wanted && open !== 0 && (open & (open - 1)) === 0 && !set.absent;
  if (!asked || (!wanted && !isFlip)) return { ...packet, assumed: { ...packet.assumed, [keyOf(condition)]: wanted } };
  const value = isFlip ? asked.value ^ open : asked.value;
  const bits = { value: (old.value | (value & asked.mask)) >>> 0, mask: (old.mask | asked.mask) >>> 0 };
  const next = narrow(packet, field, { absent: false, ranges: spanOf(bits) });
  return next && { ...next, bits: { ...packet.bits, [field]: bits } };
}

/** A value that is known now has bits that it was taken not to have. */
function contradicts(packet: Packet, field: Field): boolean {
  const value = single(packet.fields[field]);
  return (
    typeof value === "number" &&
    Object.entries(packet.assumed).some(([key, taken]) => {
      const [name, bits = ""] = key.split(" ");
      const [wanted, mask] = bits.split("/").map(Number);
      if (name !== field || mask === undefined || Number.isNaN(mask)) return false;
      return ((value & mask) >>> 0 === wanted) !== taken;
    })
  );
}

/** Begins with the field, so that a rewrite of the field forgets it. */
const keyOf = ({ field, mask, value }: BitsCondition): string => `${field} ${value}/${mask}`;

/** The question that an answer taken is to. */
export function askedBy(key: string): Condition {
  const [field, bits = ""] = key.split(" ");
  const [value, mask] = bits.split("/");
  if (!(fieldNames as readonly string[]).includes(field ?? "") || !mask || !/^\d+$/.test(`${value}${mask}`))
    return { is: "opaque", key, settledBy: "" };
  const read = (text: string) => (Number(text) <= 0xffffffff ? Number(text) : BigInt(text));
  return { is: "bits", field: field as Field, mask: read(mask), value: read(value ?? ""), wants: "" };
}

/** A part of a packet in which a condition is settled, and the facts that had to be taken for it. */
export interface Piece {
  readonly packet: Packet;
  readonly facts: readonly string[];
}

/** The disjoint parts of a packet in which the condition is `wanted`: exact, so no later rule contradicts it. */
export function refine(condition: Condition, piece: Piece, wanted: boolean): Piece[] {
  const { packet } = piece;
  const took = (next: Packet | null, fact: string): Piece[] =>
    next ? [{ packet: next, facts: piece.facts.includes(fact) ? piece.facts : [...piece.facts, fact] }] : [];
  switch (condition.is) {
    case "not":
      return refine(condition.of, piece, !wanted);
    case "bits":
    case "opaque": {
      const answer = evaluate(condition, packet).is;
      if (answer !== "unknown") return (answer === "yes") === wanted ? [piece] : [];
      if (condition.is === "bits") return took(refineBits(condition, packet, wanted), condition.field);
      const { key } = condition;
      return took({ ...packet, assumed: { ...packet.assumed, [key]: wanted } }, key);
    }
    case "until":
      if (packet.touched?.includes(condition.touched)) return took(packet, `${condition.touched}, changed on the way`);
      return refine(condition.of, piece, wanted);
    case "chance":
      return took(packet, condition.key);
    case "present":
    case "in": {
      const answer = evaluate(condition, packet).is;
      if (answer !== "unknown") return (answer === "yes") === wanted ? [piece] : [];
      const universe = allValues(condition.field, packet.family);
      const yes = condition.is === "in" ? condition.ranges : universe;
      const set = wanted ? { absent: false, ranges: yes } : { absent: true, ranges: minus(universe, yes) };
      const next = narrow(packet, condition.field, set);
      return took(next && contradicts(next, condition.field) ? null : next, condition.field);
    }
    default:
      return refineMany(condition, piece, wanted);
  }
}

function refineMany(condition: Extract<Condition, { is: "all" | "any" }>, piece: Piece, wanted: boolean): Piece[] {
  const every = condition.is === "all";
  let rest = [piece];
  const out: Piece[] = [];
  for (const part of condition.of) {
    if (every !== wanted) out.push(...rest.flatMap((each) => refine(part, each, wanted)));
    rest = rest.flatMap((each) => refine(part, each, every));
  }
  return every === wanted ? rest : out;
}

/** `destination port is 22, the rule wants 80,443` */
export function sentence({ because, negated }: Answer, packet: Packet): string {
  switch (because?.is) {
    case "bits":
    case "in": {
      const { says } = fields[because.field];
      const wants = `the rule wants ${negated ? "other than " : ""}${because.wants}`;
      const set = known(packet, because.field);
      if (set.absent && set.ranges.length > 0) return `${says} is not known, ${wants}`;
      if (isAbsent(set)) return `the packet has no ${says} here, ${wants}`;
      return `${says} is ${writeValues(because.field, set.ranges)}, ${wants}`;
    }
    case "present":
      return negated
        ? `the packet has a ${fields[because.field].says}`
        : `the packet has no ${fields[because.field].says} here`;
    case "opaque":
      return `${because.key} is not known; settled by ${because.settledBy}`;
    case "until":
      return `a rule before it has changed ${because.touched}`;
    case "chance":
      return because.why;
    default:
      return "it never matches";
  }
}
