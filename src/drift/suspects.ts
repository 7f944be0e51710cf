/** The smallest things that can have happened to a live rule-set since its dump was taken. */
import { type Chain, type Rule, type Ruleset, ruleOfText, type Table, withRules, withTable } from "../model/index.ts";
import type { TraceEvent } from "../trace/index.ts";
import { type Divergence, tableOf } from "./compare.ts";
import { emptyTable } from "./instrumentation.ts";
import { ruleOfLine } from "./reconstruct.ts";

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

/** Every edit that could make this divergence go away, cheapest first. */
export function candidates(ruleset: Ruleset, divergence: Divergence, family: Table["family"]): Candidate[] {
  const { predicted, seen, before } = divergence;
  const out: Candidate[] = [];
  const tableNamed = (name: string) =>
    ruleset.tables.find((table) => tableName(table) === name && (table.family === family || table.family === "bridge"));
  const seenIn = seen && tableOf(seen);
  if (predicted && predicted.table !== seenIn?.table) {
    const table = ruleset.tables.find((each) => each.family === predicted.family && each.name === predicted.table);
    if (table)
      out.push({
        suspect: suspect("table-not-loaded", tableName(table)),
        cost: 0,
        ruleset: withTable(ruleset, table, null),
      });
  }
  if (seen && seenIn && !tableNamed(seenIn.table)) {
    const name = seenIn.table.replace(/^eb:/, "");
    const table = emptyTable(seen.layer === "bridge" ? "bridge" : family, name, ruleset);
    out.push({
      suspect: suspect("table-loaded", seenIn.table),
      cost: 0,
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
  for (const { table, chain } of places.values()) out.push(...editsOf(ruleset, table, chain, seen));
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

function* editsOf(ruleset: Ruleset, table: Table, chain: Chain, seen: TraceEvent | null): Generator<Candidate> {
  const { rules, name } = chain;
  const at = (edit: Suspect["edit"], dumpNumber: number | null, liveNumber: number | null) =>
    suspect(edit, tableName(table), name, dumpNumber, liveNumber);
  const live = (next: readonly Rule[]) => withRules(ruleset, table, chain, next);
  if (rules.length > LONGEST) return;
  for (let i = 0; i < rules.length; i++)
    yield { suspect: at("deleted", i + 1, null), cost: 1, ruleset: live(rules.toSpliced(i, 1)) };
  if (rules.length <= LONGEST_MOVES) yield* movesOf(rules, at, live);
  if (chain.policy !== null) {
    const policy = chain.policy === "DROP" ? "ACCEPT" : "DROP";
    const chains = new Map(table.chains).set(name, { ...chain, policy });
    yield { suspect: at("policy", null, null), cost: 2, ruleset: withTable(ruleset, table, { ...table, chains }) };
  }
  for (const rule of unknownRules(table, name, seen)) {
    for (let i = 0; i <= rules.length; i++)
      yield { suspect: at("inserted", null, i + 1), cost: 3, ruleset: live(rules.toSpliced(i, 0, rule)) };
    for (let i = 0; i < rules.length; i++)
      yield { suspect: at("changed", i + 1, i + 1), cost: 4, ruleset: live(rules.with(i, rule)) };
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
      yield { suspect: at("moved", i + 1, j + 1), cost: 2, ruleset: live(rules.toSpliced(i, 1).toSpliced(j, 0, rule)) };
    }
  }
}

/**
 * A rule of which only its place is known: it matches some packets and does anything to them. Where the line says
 * `return` or `policy` it is one without a match (semantics 1.2), so it is one of three.
 */
function unknownRules(table: Table, chain: string, seen: TraceEvent | null): readonly Rule[] {
  const { family } = table;
  if (seen?.nft) return tableOf(seen).chain === chain ? ruleOfLine(seen.nft, table, chain) : [];
  const free = ruleOfText(family, chain, family === "bridge" ? "-j (unknown)" : '-m "(unknown)" -j "(unknown)"');
  const bare =
    seen?.layer === "ip" && seen.kind !== "rule"
      ? ["ACCEPT", "DROP", "RETURN"].map((name) => ruleOfText(family, chain, `-j ${name}`))
      : [];
  return [free, ...bare, ...jumpsTo(seen, table, chain)];
}

/** The line after the rule is in another chain of the table: the rule may be a jump to it. */
function jumpsTo(seen: TraceEvent | null, { family, name, chains }: Table, chain: string): readonly Rule[] {
  if (seen?.layer !== "ip" || seen.table !== name || seen.chain === chain) return [];
  const target = chains.get(seen.chain);
  if (!target || target.builtin) return [];
  return [`-j ${seen.chain}`, `-m "(unknown)" -j ${seen.chain}`].map((body) => ruleOfText(family, chain, body));
}
