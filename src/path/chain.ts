/** One table's traversal at one hook: rules in order, jumps, returns, policy. net/ipv4/netfilter/ip_tables.c ipt_do_table. */

import type { Effect } from "../extensions/index.ts";
import { evaluate, isWhole, type Packet, type Piece, refine } from "../facts/index.ts";
import { dropsOf, type Meaning, meaningOf, type Rule, type Table } from "../model/index.ts";
import { runAll, waysOf } from "./effects.ts";
import { vanish } from "./hotdrop.ts";
import type { Hook, Layer } from "./journey.ts";
import { learn, seenAt } from "./seen.ts";
import { assume, type Kind, type Left, mayGoOn, type Outcome, type Traveller, type Walking } from "./traveller.ts";
import { addStep, copy, type Frame, frame, idOf, type OpenStep, type Visit } from "./visit.ts";

export function traverse(traveller: Traveller, table: Table, layer: Layer, hook: Hook, world: Walking): Left[] {
  const base = table.chains.get(hook);
  if (!base) return [{ traveller, outcome: "accept" }];
  const left: Left[] = [];
  const open: Visit[] = [{ traveller, layer, hook, table, base, frames: [frame(base)] }];
  for (let visit = open.pop(); visit; visit = open.pop()) {
    if (left.length > 0 && world.limit.left <= 0) {
      world.limit.truncated = true;
      break;
    }
    if (!mayGoOn(visit.traveller, world)) continue;
    const outcome = visit.left ?? follow(visit, world, open);
    if (!outcome) continue;
    if (left.length > 0) world.limit.left--;
    left.push({ traveller: visit.traveller, outcome });
  }
  return left;
}

/** Reads rules until the table lets go; forks are put on `open`. */
function follow(visit: Visit, world: Walking, open: Visit[]): Outcome | null {
  for (;;) {
    const top = visit.frames.at(-1);
    const outcome =
      top && top.next < top.chain.rules.length
        ? ask(visit, top, world, open)
        : top
          ? endOfChain(visit, top, world)
          : policy(visit, null, world);
    if (outcome === "gone") return null;
    if (outcome) return outcome;
  }
}

/** A rule whose turn it is, what it means, and the packet as it sees it. */
interface Asked {
  readonly rule: Rule;
  readonly meaning: Meaning;
  readonly seen: Packet;
}

function ask(visit: Visit, top: Frame, world: Walking, open: Visit[]): Outcome | "gone" | null {
  const { traveller } = visit;
  const { rules } = top.chain;
  const seen = seenAt(traveller, visit.layer, visit.hook, visit.table.name, world.host);
  top.next = world.nextRule(rules, top.next, seen, world.host);
  const rule = rules[top.next];
  if (!rule) return null;
  const meaning = meaningOf(rule, world.host);
  const asked = { rule, meaning, seen };
  if (isWhole(seen) && !meaning.dropsWhole) return decide(visit, top, asked, world, open);
  const drops = dropsOf(rule, world.host);
  const answer = evaluate(drops, seen).is;
  if (answer === "no") return decide(visit, top, asked, world, open);
  if (answer === "yes") return vanish(visit, top, seen);
  const start = { packet: seen, facts: [] };
  for (const piece of refine(drops, start, false)) {
    const next = branch(visit, seen, piece, idOf(visit, top), "not dropped");
    const own = next.frames.at(-1);
    const outcome = own && decide(next, own, { ...asked, seen: piece.packet }, world, open);
    if (outcome !== "gone") open.push(outcome ? { ...next, left: outcome } : next);
  }
  for (const piece of refine(drops, start, true)) {
    const next = branch(visit, seen, piece, idOf(visit, top), "dropped");
    open.push({ ...next, left: vanish(next, top, piece.packet) });
  }
  return "gone";
}

function decide(
  visit: Visit,
  top: Frame,
  { rule, meaning, seen }: Asked,
  world: Walking,
  open: Visit[],
): Outcome | "gone" | null {
  const answer = evaluate(meaning.condition, seen).is;
  if (answer === "no") {
    top.next++;
    return null;
  }
  if (answer === "yes" && isKnown(meaning, visit, seen))
    return take(visit, { rule, meaning, seen }, meaning.action, world);
  // a stack: what is put on last is followed first, so the matching ways lead
  const start = { packet: seen, facts: [] };
  for (const piece of refine(meaning.condition, start, false)) {
    const next = branch(visit, seen, piece, idOf(visit, top), "no");
    const own = next.frames.at(-1);
    if (own) own.next++;
    open.push(next);
  }
  for (const piece of refine(meaning.condition, start, true)) {
    const next = branch(visit, seen, piece, idOf(visit, top), "yes");
    open.push(...takeEveryWay(next, { rule, meaning, seen: piece.packet }, idOf(visit, top), world));
  }
  return "gone";
}

function branch(visit: Visit, seen: Packet, piece: Piece, id: string, taken: string): Visit {
  const next = copy(visit);
  learn(next.traveller, seen, piece);
  for (const fact of piece.facts) assume(next.traveller, fact, id, taken);
  return next;
}

/** Whether it is settled what the target does: nothing is left open, and a chain is there. */
const isKnown = ({ action }: Meaning, visit: Visit, seen: Packet): boolean => {
  if (action.kind === "none") return true;
  if (action.kind !== "effects") return visit.table.chains.has(action.chain);
  return action.effects.every(({ does }) => does !== "if") || waysOf(action.effects, seen)[0]?.packet === seen;
};

/** A target that nobody here knows may do any of these: each is a path, the target the fact that is missing. */
const ANYTHING: readonly Effect[] = [
  { does: "verdict", verdict: "DROP" },
  { does: "verdict", verdict: "ACCEPT" },
  { does: "return" },
  { does: "continue" },
];
function takeEveryWay(visit: Visit, asked: Asked, id: string, world: Walking): Visit[] {
  const { action } = asked.meaning;
  if (isKnown(asked.meaning, visit, asked.seen)) return [{ ...visit, left: take(visit, asked, action, world) }];
  if (action.kind === "effects")
    return waysOf(action.effects, asked.seen).map(({ packet, taken }) => {
      const next = copy(visit);
      learn(next.traveller, asked.seen, { packet, facts: [] });
      for (const [fact, answer] of taken) assume(next.traveller, fact, id, answer);
      return { ...next, left: take(next, { ...asked, seen: packet }, action, world) };
    });
  const name = "chain" in action ? action.chain : "";
  return ANYTHING.map((effect) => {
    const next = copy(visit);
    assume(next.traveller, `target ${name}`, id, effect.does === "verdict" ? effect.verdict : effect.does);
    return { ...next, left: take(next, asked, { kind: "effects", name, effects: [effect] }, world) };
  });
}

/** A rule that matches: its line is printed, then its target runs. */
function take(visit: Visit, { rule, meaning, seen }: Asked, action: Meaning["action"], world: Walking): Outcome | null {
  const top = visit.frames.at(-1);
  if (!top) return null;
  const number = top.next + 1;
  const kind: Kind = meaning.bare && visit.layer === "ip" ? (top.chain === visit.base ? "policy" : "return") : "rule";
  const jump = action.kind === "jump" || action.kind === "goto" ? visit.table.chains.get(action.chain) : undefined;
  const sets =
    action.kind === "effects" && action.effects.some(({ does }) => does === "trace") && !visit.traveller.traced;
  const step = addStep(visit, top, world, { kind, number, rule, seen, meaning, printed: !sets });
  top.next++;
  top.from = top.next;
  if (action.kind === "none") {
    step.action = "continue";
    return null;
  }
  if (jump) {
    step.action = action.kind;
    if (top.depth >= visit.table.chains.size) return loops(visit, step);
    if (action.kind === "goto") visit.frames.pop();
    visit.frames.push(frame(jump, top.depth + 1));
    return null;
  }
  if (action.kind !== "effects") return "undecided";
  step.action = action.name;
  return runAll(action.effects, visit, step, world);
}

/** More chains deep than the table has: a loop, with which the kernel loads no table (ip_tables.c mark_source_chains). */
function loops({ traveller }: Visit, { id }: OpenStep): Outcome {
  assume(traveller, "chain loop", id, "not followed: the kernel refuses such a table");
  return "undecided";
}

/** The implicit end: user chains return, the base chain's policy decides, ebtables user chains have a policy (semantics 3). */
function endOfChain(visit: Visit, top: Frame, world: Walking): Outcome | null {
  if (top.chain === visit.base) return policy(visit, top, world);
  const seen = seenAt(visit.traveller, visit.layer, visit.hook, visit.table.name, world.host);
  const decides = visit.layer === "bridge" && top.chain.policy !== null && top.chain.policy !== "RETURN";
  const kind = decides ? "policy" : "return";
  const step = addStep(visit, top, world, {
    kind,
    number: top.chain.rules.length + 1,
    rule: null,
    seen,
    meaning: null,
    printed: visit.layer === "ip",
  });
  visit.frames.pop();
  step.action = decides ? String(top.chain.policy) : "return";
  if (!decides) return null;
  return top.chain.policy === "DROP" ? "drop" : "accept";
}

function policy(visit: Visit, top: Frame | null, world: Walking): Outcome {
  const seen = seenAt(visit.traveller, visit.layer, visit.hook, visit.table.name, world.host);
  const end = top ?? {
    ...frame(visit.base),
    next: visit.base.rules.length,
    from: visit.base.rules.length,
  };
  const step = addStep(visit, end, world, {
    kind: "policy",
    number: visit.base.rules.length + 1,
    rule: null,
    seen,
    meaning: null,
    printed: visit.layer === "ip",
  });
  step.action = visit.base.policy ?? "ACCEPT";
  return visit.base.policy === "DROP" ? "drop" : "accept";
}
