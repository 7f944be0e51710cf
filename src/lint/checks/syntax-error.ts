import { bind } from "../../model/index.ts";
import { ruleAt } from "../analysis.ts";
import type { Check } from "../define.ts";

/** What the reader and the binder could not take: lines that are no statement, options that are no option. */
export const check: Check = function* (analysis) {
  for (const dump of analysis.dumps) yield* dump.problems;
  for (const table of analysis.tables) {
    for (const chain of table.chains.values()) {
      for (const [index, rule] of chain.rules.entries()) {
        if (!analysis.look(table, rule).isWrong) continue;
        // the word is the place; the rule says where that is
        for (const problem of bind(rule).problems) yield { ...ruleAt(table, chain, index + 1), ...problem };
      }
    }
  }
};
