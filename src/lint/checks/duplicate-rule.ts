import { bind, type Chain, type Rule, ruleBody, type Table, toolOf } from "../../model/index.ts";
import type { Analysis } from "../analysis.ts";
import { ruleAt } from "../analysis.ts";
import type { Check, Found } from "../define.ts";
import { FINAL } from "../duplicates.ts";

/** Matches that remember or draw lots: a second copy counts, or draws, again. */
const STATEFUL = new Set([
  "connlimit",
  "hashlimit",
  "limit",
  "nth",
  "quota",
  "random",
  "rateest",
  "recent",
  "statistic",
]);

export const check: Check = function* (analysis) {
  for (const table of analysis.tables) {
    for (const chain of table.chains.values()) {
      if (chain.rules.length > 1) yield* duplicates(analysis, table, chain);
    }
  }
};

function* duplicates(analysis: Analysis, table: Table, chain: Chain): Generator<Found, void> {
  for (const [number, first] of analysis.duplicates(table, chain)) {
    const [rule, other] = [chain.rules[number - 1], chain.rules[first - 1]];
    if (!rule || !other) continue;
    const message = bind(rule).matches.some(({ name }) => STATEFUL.has(name))
      ? "stateful"
      : actsOnce(rule, table)
        ? "duplicate"
        : "repeated";
    const commands = [`${toolOf(table.family)} -t ${table.name} -D ${chain.name} ${number}`];
    yield {
      ...ruleAt(table, chain, number),
      message,
      data: { number, first, rule: ruleBody(rule), target: bind(rule).target?.name ?? "" },
      related: [{ place: other.place, message: `rule ${first}, the first of the two` }],
      confidence: "proven",
      ...(message === "duplicate" ? { fix: { safe: true, commands } } : {}),
    };
  }
}

function actsOnce(rule: Rule, table: Table): boolean {
  const { target } = bind(rule);
  return !target || FINAL.has(target.name) || table.chains.has(target.name);
}
