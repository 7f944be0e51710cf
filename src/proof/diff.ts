/** Packets that two rule-sets treat differently: who was accepted and is not, or goes elsewhere. */
import { allValues, ctStates, type Field, minus, type Packet, writeValues } from "../facts/index.ts";
import type { Rule } from "../model/index.ts";
import { type Path, type Verdict, type World, walk } from "../path/index.ts";
import { NONE, type Node, shareOfSet } from "../space/index.ts";
import { type Cube, cubesOf, examplesOf } from "./cubes.ts";
import { type Fate, fatesIn } from "./fates.ts";
import { asTheyCame, type End, followsRoutes, heardOf, type Proof, prove } from "./prove.ts";

/** What becomes of packets, as far as their sender and their receiver can tell. */
export interface Outcome {
  readonly verdict: Verdict;
  /** What it is rejected with, or what NAT makes of it. */
  readonly how: string;
}
export interface Responsible {
  readonly id: string;
  readonly rule: Rule | null;
}
/** Packets to which the same happened before, and the same happens now; null: nothing of the kind. */
export interface Difference {
  /** Of a connection that is there already, not of one that the packet opens. */
  readonly isExisting: boolean;
  readonly before: Outcome | null;
  readonly after: Outcome | null;
  readonly share: number;
  readonly cubes: readonly Cube[];
  readonly more: boolean;
  /** A packet of which the walks through both say so. */
  readonly witness: Packet | null;
  readonly oldRules: readonly Responsible[];
  readonly newRules: readonly Responsible[];
}
export interface Differences {
  readonly differences: readonly Difference[];
  /** Not every way was followed: what is not listed is not proven to be the same. */
  readonly truncated: boolean;
}

const MOST_CUBES = 5;
const ESTABLISHED = ctStates("ESTABLISHED");

/** Of connections that packets open, and of those that exist; the largest differences first. */
export function diff(before: World, after: World, packet: Packet): Differences {
  const opening = differ(before, after, packet, false);
  if (packet.fields.ctstate) return opening;
  const existing = differ(before, after, { ...packet, fields: { ...packet.fields, ctstate: ESTABLISHED } }, true);
  return {
    differences: [...opening.differences, ...existing.differences],
    truncated: opening.truncated || existing.truncated,
  };
}

function differ(before: World, after: World, packet: Packet, isExisting: boolean): Differences {
  const [old, now] = prove([before, after], { packet });
  if (!old || !now) return { differences: [], truncated: false };
  const { bdd } = old.sets;
  const [was, is] = [outcomes(old), outcomes(now)];
  const gone: Part[] = [];
  const come: Part[] = [];
  for (const key of new Set([...was.keys(), ...is.keys()])) {
    const [one, other] = [was.get(key), is.get(key)];
    const [lost, won] = [
      bdd.minus(one?.set ?? NONE, other?.set ?? NONE),
      bdd.minus(other?.set ?? NONE, one?.set ?? NONE),
    ];
    if (lost !== NONE) gone.push({ outcome: (one as Part).outcome, set: lost });
    if (won !== NONE) come.push({ outcome: (other as Part).outcome, set: won });
  }
  const found: { readonly before: Outcome | null; readonly after: Outcome | null; readonly set: Node }[] = [];
  for (const one of gone)
    for (const other of come) {
      const set = bdd.and(one.set, other.set);
      if (set !== NONE) found.push({ before: one.outcome, after: other.outcome, set });
    }
  // what may go either way may lose one of its ways, and win none
  const [lost, won] = [unionOf(old, gone), unionOf(now, come)];
  for (const { outcome, set } of gone) found.push({ before: outcome, after: null, set: bdd.minus(set, won) });
  for (const { outcome, set } of come) found.push({ before: null, after: outcome, set: bdd.minus(set, lost) });
  // those that one of the two leaves no way to be: a frame by a port that no bridge would choose
  const both = bdd.and(unionOf(old, [...was.values()]), unionOf(now, [...is.values()]));
  const [one, other] = [old, now].map((proof) => heardOf(proof, followsRoutes(proof)));
  const care = bdd.or(one ?? NONE, other ?? NONE);
  const differences = found
    .map((each) => ({ ...each, set: bdd.and(each.set, both) }))
    .filter(({ set }) => set !== NONE)
    .map((each) => told(old, now, { ...each, care }, isExisting))
    .sort((a, b) => b.share - a.share || (keyOf(a) < keyOf(b) ? -1 : 1));
  return { differences, truncated: old.truncated || now.truncated };
}
const keyOf = ({ before, after }: Difference): string => JSON.stringify([before, after]);

interface Part {
  readonly outcome: Outcome;
  readonly set: Node;
}
const unionOf = ({ sets: { bdd } }: Proof, parts: readonly Part[]): Node =>
  parts.reduce((sum, { set }) => bdd.or(sum, set), NONE);

/** What becomes of whom. */
function outcomes(proof: Proof): Map<string, Part> {
  const out = new Map<string, Part>();
  const follows = followsRoutes(proof);
  for (const fate of fatesIn(proof, proof.all)) {
    const outcome = outcomeOf(fate);
    const key = `${outcome.verdict} ${outcome.how}`;
    out.set(key, { outcome, set: proof.sets.bdd.or(out.get(key)?.set ?? NONE, asTheyCame(proof, fate.set, follows)) });
  }
  return out;
}

const REWRITTEN = ["source", "sourcePort", "destination", "destinationPort"] as const satisfies readonly Field[];

function outcomeOf({ end, decision }: Fate): Outcome {
  const { verdict } = end;
  if (verdict === "ACCEPT") return { verdict, how: translationOf(end) };
  if (verdict === "REJECT") return { verdict, how: rejectionOf(decision?.step.rule ?? null) };
  return { verdict: seenAs(verdict), how: "" };
}
/** A packet that vanishes between two hooks is one that nobody hears of, as if a rule had dropped it. */
export const seenAs = (verdict: Verdict): Verdict => (verdict === "LOST" ? "DROP" : verdict);

function translationOf({ packet, given }: End): string {
  return REWRITTEN.flatMap((field) => {
    const set = packet.fields[field];
    if (!given.has(field) || !set) return [];
    const isOpen = minus(allValues(field, packet.family), set.ranges).length === 0;
    return [`${field} ${isOpen ? "(not known)" : writeValues(field, set.ranges)}`];
  }).join(", ");
}
const rejectionOf = (rule: Rule | null): string => /--reject-with (\S+)/.exec(rule?.text ?? "")?.[1] ?? "";

function told(
  old: Proof,
  now: Proof,
  { before, after, set, care }: { before: Outcome | null; after: Outcome | null; set: Node; care: Node },
  isExisting: boolean,
): Difference {
  return {
    isExisting,
    before,
    after,
    share: shareOfSet(old.sets, set),
    ...cubesOf(old, set, MOST_CUBES, care),
    witness: witnessOf(old, now, set, before, after),
    oldRules: before ? rulesOf(old, set, before) : [],
    newRules: after ? rulesOf(now, set, after) : [],
  };
}

function rulesOf(proof: Proof, set: Node, outcome: Outcome): Responsible[] {
  const rules = new Map<string, Rule | null>();
  for (const fate of fatesIn(proof, set)) {
    const own = outcomeOf(fate);
    if (own.verdict !== outcome.verdict || own.how !== outcome.how || fate.decidedBy === null) continue;
    rules.set(fate.decidedBy, fate.decision?.step.rule ?? null);
  }
  return [...rules].map(([id, rule]) => ({ id, rule })).sort((a, b) => (a.id < b.id ? -1 : 1));
}

function witnessOf(old: Proof, now: Proof, set: Node, before: Outcome | null, after: Outcome | null): Packet | null {
  const ends = ({ world }: Proof, packet: Packet, outcome: Outcome | null): boolean =>
    outcome === null || walk(world, packet).paths.some((path: Path) => seenAs(path.verdict) === outcome.verdict);
  for (const packet of examplesOf(old, set)) if (ends(old, packet, before) && ends(now, packet, after)) return packet;
  return null;
}
