import { ruleAt } from "../analysis.ts";
import type { Check } from "../define.ts";
import { deadIn, namesOf, plural, relatedTo } from "../idle.ts";

/** A rule that earlier ones leave nothing to, and not all of them do what it would. */
export const check: Check = function* (analysis) {
  for (const table of analysis.tables)
    for (const { is, alike, chain, number, by } of deadIn(analysis, table)) {
      if (is !== "taken" || alike) continue;
      yield {
        ...ruleAt(table, chain, number),
        message: "shadowed",
        data: { number, by: namesOf(by), take: plural(by) ? "take" : "takes" },
        related: relatedTo(by, plural(by) ? "takes some of them" : "takes them"),
        confidence: "proven",
      };
    }
};
