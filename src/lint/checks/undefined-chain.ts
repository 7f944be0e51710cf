import { bind, isForeign, isTarget, nearTarget } from "../../model/index.ts";
import { ruleAt } from "../analysis.ts";
import type { Check } from "../define.ts";

/** `externalChains`: chains that other software makes, which files for `--noflush` may name; `ufw-*` is a prefix. */
export const check: Check = function* (analysis, options) {
  const external = options["externalChains"] as readonly string[];
  const isExternal = (name: string): boolean =>
    external.some((each) => (each.endsWith("*") ? name.startsWith(each.slice(0, -1)) : name === each));
  for (const table of analysis.tables) {
    for (const chain of table.chains.values()) {
      for (const [index, rule] of chain.rules.entries()) {
        const { target } = bind(rule);
        if (!target || table.chains.has(target.name) || isExternal(target.name)) continue;
        const isGoto = target.how === "goto";
        if (!isGoto && (isTarget(table.family, target.name) || isForeign(target.name))) continue;
        const near = nearTarget(table.family, target.name, table.chains.keys());
        yield {
          ...ruleAt(table, chain, index + 1),
          message: isGoto ? "goto" : "jump",
          data: { target: target.name, table: table.name, meant: near === undefined ? "" : ` (did you mean ${near}?)` },
          confidence: "proven",
        };
      }
    }
  }
};
