import { bind, matchText } from "../../model/index.ts";
import { ruleAt } from "../analysis.ts";
import type { Check } from "../define.ts";

/** A match that holds for every packet that the rule's other matches let through. */
export const check: Check = function* (analysis) {
  for (const table of analysis.tables) {
    const proof = analysis.proof(table);
    const never = new Set(proof.dead().flatMap(({ is, rule }) => (is === "never" ? [rule] : [])));
    for (const chain of table.chains.values())
      for (const [index, rule] of chain.rules.entries()) {
        const { matches, problems } = bind(rule);
        if (problems.length > 0 || never.has(rule)) continue;
        for (const at of proof.idleMatches(rule)) {
          const match = matches[at];
          const text = match ? matchText(match, rule) : "";
          // the rule's own part is there for others too: `-m tcp` needs its `-p tcp`
          if (!match || match.extension?.implicit === "own" || text === "") continue;
          yield {
            ...ruleAt(table, chain, index + 1),
            message: "idle",
            data: { number: index + 1, match: text },
            confidence: "proven",
          };
        }
      }
  }
};
