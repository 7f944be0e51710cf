import { bind, matchText } from "../../model/index.ts";
import { ruleAt } from "../analysis.ts";
import type { Check } from "../define.ts";
import { deadIn } from "../idle.ts";

/** A rule whose own matches no packet has together. */
export const check: Check = function* (analysis) {
  for (const table of analysis.tables)
    for (const { is, chain, number, rule } of deadIn(analysis, table)) {
      if (is !== "never") continue;
      const { matches } = bind(rule);
      const texts = analysis
        .proof(table)
        .contradiction(rule)
        .flatMap((at) => matches[at] ?? [])
        .map((match) => matchText(match, rule));
      yield {
        ...ruleAt(table, chain, number),
        message: texts.length > 1 ? "contradiction" : "impossible",
        data: { number, matches: texts.map((text) => `\`${text}\``).join(" and ") },
        confidence: "proven",
      };
    }
};
