import type { Family } from "../../facts/index.ts";
import { bind, type Rule } from "../../model/index.ts";
import { isDockersOwn } from "../../owners/index.ts";
import type { Decision } from "../../proof/index.ts";
import { type Analysis, ruleAt } from "../analysis.ts";
import type { Check } from "../define.ts";

/** A rule that packets never get to as it asks, for reasons outside of its own chain: earlier tables, or the way itself. */
export const check: Check = function* (analysis) {
  for (const family of ["ipv4", "ipv6"] as const) {
    const wanted = new Set(rulesOfUsers(analysis, family));
    // what Docker alone has written is as Docker wants it: that needs no proof
    if (wanted.size === 0) continue;
    const told = new Set(idleIn(analysis, family));
    for (const { table, chain, number, rule, takers: look } of analysis.reach(family).unreached) {
      if (told.has(rule) || !wanted.has(rule) || bind(rule).problems.length > 0) continue;
      const takers = look();
      yield {
        ...ruleAt(table, chain, number),
        message: takers.length > 0 ? "taken" : "never",
        data: { number, by: takers.map(nameOf).join(", ") },
        related: takers.flatMap((taker) =>
          taker.step.rule ? [{ place: taker.step.rule.place, message: `${nameOf(taker)} takes some of them` }] : [],
        ),
        confidence: "proven",
      };
    }
  }
};

function* rulesOfUsers(analysis: Analysis, family: Family): Generator<Rule, void> {
  const docker = analysis.docker(family);
  for (const table of analysis.tables) {
    if (table.family !== family) continue;
    for (const chain of table.chains.values())
      for (const rule of chain.rules)
        if (chain.name === docker?.userChain || !docker || !isDockersOwn(table, chain, rule, docker)) yield rule;
  }
}

const nameOf = ({ step }: Decision): string => `${step.table} ${step.chain} rule ${step.number}`;

/** What is idle in its own chain is told by others. */
function* idleIn(analysis: Analysis, family: string): Generator<Rule, void> {
  for (const table of analysis.tables) {
    if (table.family !== family) continue;
    for (const { rule } of analysis.proof(table).dead()) yield rule;
    for (const chain of table.chains.values())
      for (const number of analysis.duplicates(table, chain).keys()) yield chain.rules[number - 1] as Rule;
  }
}
