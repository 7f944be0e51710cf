/** The smallest things that can have happened to a live rule-set since its dump was taken. */
import { type Chain, type Rule, type Ruleset, type Table, withRules, withTable } from "../model/index.ts";
import type { TraceEvent } from "../trace/index.ts";
import type { Failure } from "./case.ts";
import { tableOf } from "./compare.ts";
import { emptyTable } from "./instrumentation.ts";
import { FREE_MATCH, halfChanged, type Shown, TRACKING_MATCH, targetsIn, unknownRules } from "./unknown-rules.ts";

/** What happened to the live rule-set, in the words of the published schema. */
export interface Suspect {
  readonly edit: "inserted" | "deleted" | "moved" | "changed" | "policy" | "table-loaded" | "table-not-loaded";
  readonly table: string;
  readonly chain: string | null;
  readonly dumpNumber: number | null;
  readonly liveNumber: number | null;
}
export interface Candidate {
  readonly suspect: Suspect;
  /** Less is likelier: what is known wholly before what leaves something free. */
  readonly cost: number;
  readonly ruleset: Ruleset;
}

/** Chains longer than this are not searched rule by rule: their suspects would be a list too long to read. */
const LONGEST = 200;
const LONGEST_MOVES = 40;

/**
 * What an edit leaves free is what makes it less likely: nothing if it only takes away, or swaps neighbours; a target or
 * a match; both and a place; both where a rule was, when there are simpler ways to say so.
 */
const COST = { table: 0, deleted: 1, swapped: 2, policy: 2, oneHalf: 3, inserted: 4, moved: 5, changed: 6 } as const;

/** Every edit that could make this divergence go away, cheapest first. `log`: the lines of packets that do not fit, the first leads. */
export function candidates(
  ruleset: Ruleset,
  { divergence, of }: Failure,
  family: Table["family"],
  log: readonly (readonly TraceEvent[])[],
): Candidate[] {
  const { predicted, seen, before, at } = divergence;
  const last = log[0]?.[at - 1] ?? null;
  const out: Candidate[] = [];
  const tableNamed = (name: string) =>
    ruleset.tables.find((table) => tableName(table) === name && (table.family === family || table.family === "bridge"));
  const seenIn = seen && tableOf(seen);
  if (predicted && predicted.table !== seenIn?.table) {
    const table = ruleset.tables.find((each) => each.family === predicted.family && each.name === predicted.table);
    if (table)
      out.push({
        suspect: suspect("table-not-loaded", tableName(table)),
        cost: COST.table,
        ruleset: withTable(ruleset, table, null),
      });
  }
  if (seen && seenIn && !tableNamed(seenIn.table)) {
    const name = seenIn.table.replace(/^eb:/, "");
    const table = emptyTable(seen.layer === "bridge" ? "bridge" : family, name, ruleset);
    out.push({
      suspect: suspect("table-loaded", seenIn.table),
      cost: COST.table,
      ruleset: { tables: [...ruleset.tables, table] },
    });
  }
  const places = new Map<string, { table: Table; chain: Chain }>();
  const add = (tableText: string | undefined, chainName: string | undefined) => {
    const table = tableText === undefined ? undefined : tableNamed(tableText);
    const chain = chainName === undefined ? undefined : table?.chains.get(chainName);
    if (table && chain) places.set(`${tableText} ${chainName}`, { table, chain });
  };
  for (const step of [predicted, before])
    if (step) add(step.layer === "bridge" ? `eb:${step.table}` : step.table, step.chain);
  add(seenIn?.table, seenIn?.chain);
  const translated = of.opening?.events.filter((event) => event.layer === "ip" && event.table === "nat") ?? [];
  for (const event of translated) add("nat", tableOf(event).chain);
  // most rules of a bridge print nothing: the line before tells less than the hook
  if ([predicted, before, seen].some((each) => each?.layer === "bridge"))
    for (const table of ruleset.tables)
      if (table.family === "bridge") for (const name of table.chains.keys()) add(tableName(table), name);
  const begins = seenIn?.table === "nat" && predicted?.table !== "nat";
  if (begins) for (const event of of.events) if (event.layer === "ip") add(event.table, event.chain);
  for (const { table, chain } of places.values())
    out.push(
      ...editsOf(ruleset, table, chain, {
        last,
        seen,
        log,
        reply: of.opening && (of.events[0]?.values ?? null),
        match: begins ? TRACKING_MATCH : FREE_MATCH,
      }),
    );
  return out.sort((a, b) => a.cost - b.cost);
}

export const tableName = ({ family, name }: Table): string => (family === "bridge" ? `eb:${name}` : name);
const suspect = (
  edit: Suspect["edit"],
  table: string,
  chain: string | null = null,
  dumpNumber: number | null = null,
  liveNumber: number | null = null,
): Suspect => ({
  edit,
  table,
  chain,
  dumpNumber,
  liveNumber,
});

function* editsOf(ruleset: Ruleset, table: Table, chain: Chain, lines: Shown): Generator<Candidate> {
  const { rules, name } = chain;
  const at = (edit: Suspect["edit"], dumpNumber: number | null, liveNumber: number | null) =>
    suspect(edit, tableName(table), name, dumpNumber, liveNumber);
  const live = (next: readonly Rule[]) => withRules(ruleset, table, chain, next);
  if (rules.length > LONGEST) return;
  for (let i = 0; i < rules.length; i++)
    yield { suspect: at("deleted", i + 1, null), cost: COST.deleted, ruleset: live(rules.toSpliced(i, 1)) };
  yield* movesOf(rules, at, live);
  if (chain.policy !== null) {
    const policy = chain.policy === "DROP" ? "ACCEPT" : "DROP";
    const chains = new Map(table.chains).set(name, { ...chain, policy });
    yield {
      suspect: at("policy", null, null),
      cost: COST.policy,
      ruleset: withTable(ruleset, table, { ...table, chains }),
    };
  }
  const targets = targetsIn(table, chain, lines);
  for (const [i, rule] of rules.entries())
    for (const half of halfChanged(rule, targets, lines.match))
      yield { suspect: at("changed", i + 1, i + 1), cost: COST.oneHalf, ruleset: live(rules.with(i, half)) };
  for (const rule of unknownRules(table, name, lines, targets)) {
    for (let i = 0; i <= rules.length; i++)
      yield { suspect: at("inserted", null, i + 1), cost: COST.inserted, ruleset: live(rules.toSpliced(i, 0, rule)) };
    for (let i = 0; i < rules.length; i++)
      yield { suspect: at("changed", i + 1, i + 1), cost: COST.changed, ruleset: live(rules.with(i, rule)) };
  }
}

function* movesOf(
  rules: readonly Rule[],
  at: (edit: Suspect["edit"], dumpNumber: number, liveNumber: number) => Suspect,
  live: (next: readonly Rule[]) => Ruleset,
): Generator<Candidate> {
  for (let i = 0; i < rules.length; i++) {
    for (let j = 0; j < rules.length; j++) {
      const rule = rules[i];
      // neighbours swapped: once is enough
      if (!rule || i === j || j === i - 1) continue;
      if (j !== i + 1 && rules.length > LONGEST_MOVES) continue;
      const cost = j === i + 1 ? COST.swapped : COST.moved;
      yield { suspect: at("moved", i + 1, j + 1), cost, ruleset: live(rules.toSpliced(i, 1).toSpliced(j, 0, rule)) };
    }
  }
}
