import { bind, type Chain } from "../../model/index.ts";
import { ruleAt } from "../analysis.ts";
import type { Check } from "../define.ts";

/** A jump to a chain in which nothing happens. `meant`: chains that their owners fill when they need to. */
export const check: Check = function* (analysis, options) {
  const meant = (options["meant"] as readonly string[]).map((pattern) => new RegExp(pattern));
  for (const table of analysis.tables)
    for (const chain of table.chains.values())
      for (const [index, rule] of chain.rules.entries()) {
        const { target, isGoto } = analysis.look(table, rule);
        const next = target === null || isGoto ? undefined : table.chains.get(target);
        if (!next || !onlyReturns(next) || meant.some((pattern) => pattern.test(next.name))) continue;
        yield {
          ...ruleAt(table, chain, index + 1),
          message: next.rules.length === 0 ? "empty" : "returns",
          data: { number: index + 1, chain: next.name },
          confidence: "proven",
        };
      }
};

const onlyReturns = ({ policy, rules }: Chain): boolean =>
  (policy === null || policy === "RETURN") && rules.every((rule) => bind(rule).target?.name === "RETURN");
