/** Which rules of a chain, and of the chains it calls, a packet of a set may meet. Errs to "may": it misses none. */
import { all, type Condition, evaluate, type Host, type Packet, refine } from "../facts/index.ts";
import { type Chain, type Meaning, meaningOf, type Rule, type Table } from "../model/index.ts";

/** A rule that some packet of the set may match. */
export interface Met {
  readonly rule: Rule;
  readonly chain: Chain;
  readonly number: number;
  /** The jumps that lead to its chain, outermost first. */
  readonly path: readonly Met[];
  /** What the packet was asked on the way, this rule included. */
  readonly condition: Condition;
  readonly meaning: Meaning;
  /** What of the set may get here and match. */
  readonly pieces: readonly Packet[];
  readonly ends: "accept" | "drop" | "return" | "goto" | "jump" | "unknown" | "goes on";
}

/** Beyond these, packets count as still there although earlier rules may have taken them. */
const MOST_PIECES = 16;
const MOST_EXITS = 256;
const MOST_QUESTIONS = 400_000;
/** Beyond this many rules met, chains that share chains would take for ever. */
const MOST_MET = 200_000;

/** A rule that takes packets away from what comes after it within a chain (empty path: from everything). */
interface Exit {
  readonly condition: Condition;
  readonly path: readonly Met[];
  /** How much it asks: what asks little takes much. */
  readonly asks: number;
}
interface Search {
  readonly table: Table;
  readonly host: Host;
  /** The broadest first. */
  readonly exits: Exit[];
  met: number;
  questions: number;
}

export function meet(table: Table, chain: Chain, packet: Packet, host: Host): Generator<Met, void> {
  return visit({ table, host, exits: [], met: 0, questions: 0 }, chain, [packet], [], []);
}

/** The first rule met that is wanted; no more than that is looked at. */
export function find(mets: Iterable<Met>, wanted: (met: Met) => boolean): Met | undefined {
  for (const met of mets) if (wanted(met)) return met;
  return undefined;
}

function* visit(
  search: Search,
  chain: Chain,
  packets: readonly Packet[],
  path: readonly Met[],
  asked: readonly Condition[],
): Generator<Met, void> {
  for (const [index, rule] of chain.rules.entries()) {
    if (++search.met > MOST_MET) return;
    const meaning = meaningOf(rule, search.host);
    if (packets.every((packet) => evaluate(meaning.condition, packet).is === "no")) continue;
    const pieces = remaining(search, split(meaning.condition, packets, true), path);
    if (pieces.length === 0) continue;
    const condition = all(...asked, meaning.condition);
    const ends = endOf(meaning, search.table);
    const met: Met = { rule, chain, number: index + 1, path, condition, meaning, pieces, ends };
    yield met;
    const inner =
      meaning.action.kind === "jump" || meaning.action.kind === "goto"
        ? search.table.chains.get(meaning.action.chain)
        : undefined;
    // a loop is refused by the kernel; a dump with one must not hang us
    const loops = inner && [chain, ...path.map((each) => each.chain)].includes(inner);
    if (inner && !loops) yield* visit(search, inner, pieces, [...path, met], [...asked, meaning.condition]);
    if (ends === "accept" || ends === "drop") leave(search, condition, []);
    else if (ends === "return" || ends === "goto") leave(search, condition, path);
  }
}

function endOf({ action }: Meaning, table: Table): Met["ends"] {
  if (action.kind === "none") return "goes on";
  if (action.kind !== "effects") return table.chains.has(action.chain) ? action.kind : "unknown";
  for (const effect of action.effects) {
    if (effect.does === "verdict") return ENDS[effect.verdict];
    if (effect.does === "reject") return "drop";
    if (effect.does === "translate") return "accept";
    if (effect.does === "return") return "return";
    if (effect.does === "if") return "unknown";
  }
  return "goes on";
}
const ENDS = { ACCEPT: "accept", DROP: "drop", QUEUE: "unknown", STOLEN: "drop" } as const;

function leave({ exits }: Search, condition: Condition, path: readonly Met[]): void {
  const asks = [...leaves(condition)].length;
  const at = exits.findIndex((exit) => exit.asks > asks);
  exits.splice(at < 0 ? exits.length : at, 0, { condition, path, asks });
  if (exits.length > MOST_EXITS) exits.pop();
}

/** What earlier rules have not taken away. */
function remaining(search: Search, packets: readonly Packet[], path: readonly Met[]): readonly Packet[] {
  let rest = packets;
  for (const exit of search.exits) {
    if (rest.length === 0 || search.questions > MOST_QUESTIONS) return rest;
    if (!exit.path.every((each, i) => path[i]?.rule === each.rule)) continue;
    search.questions += rest.length;
    rest = split(exit.condition, rest, false);
  }
  return rest;
}

function split(condition: Condition, packets: readonly Packet[], wanted: boolean): readonly Packet[] {
  const out: Packet[] = [];
  for (const packet of packets) {
    const { is } = evaluate(condition, packet);
    if (is !== "unknown") {
      if ((is === "yes") === wanted) out.push(packet);
      continue;
    }
    const pieces = refine(condition, { packet, facts: [] }, wanted).map((piece) => piece.packet);
    out.push(...(pieces.length + out.length > MOST_PIECES ? [packet] : pieces));
  }
  return out;
}

/** Every leaf that a condition asks for, negated ones told apart. */
export function* leaves(
  condition: Condition,
  negated = false,
): Generator<{ readonly leaf: Condition; readonly negated: boolean }, void> {
  if (condition.is === "not") yield* leaves(condition.of, !negated);
  else if (condition.is === "until") yield* leaves(condition.of, negated);
  else if (condition.is === "all" || condition.is === "any")
    for (const part of condition.of) yield* leaves(part, negated);
  else yield { leaf: condition, negated };
}
