import { toolOf } from "../../model/index.ts";
import { isOwnChain } from "../../owners/index.ts";
import { ruleAt } from "../analysis.ts";
import type { Check } from "../define.ts";
import { deadIn, namesOf, plural, relatedTo } from "../idle.ts";

/** A rule without which all packets would meet the same; what Docker keeps in its own chains is its own. */
export const check: Check = function* (analysis) {
  for (const table of analysis.tables) {
    const covered = [...deadIn(analysis, table)].filter(({ is, alike }) => is === "taken" && alike);
    const repeated = analysis.proof(table).repeated();
    for (const { is, chain, number, rule, by } of [...covered, ...repeated]) {
      if (isOwnChain(chain.name) || analysis.look(table, rule).isWrong) continue;
      const message = is === "taken" ? "covered" : "repeated";
      // the later copy of two is duplicate-rule's finding
      if (message === "repeated" && by.some(([later]) => later && analysis.duplicates(table, chain).has(later.number)))
        continue;
      yield {
        ...ruleAt(table, chain, number),
        message,
        data: {
          number,
          by: namesOf(by),
          does: plural(by) ? "do" : "does",
          target: analysis.look(table, rule).target ?? "",
        },
        related: relatedTo(by, "does the same"),
        confidence: "proven",
        fix: {
          safe: message === "covered",
          commands: [`${toolOf(table.family)} -t ${table.name} -D ${chain.name} ${number}`],
        },
      };
    }
  }
};
