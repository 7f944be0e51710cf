import { bind, type Rule } from "../../model/index.ts";
import { counted, ruleAt, takesAll } from "../analysis.ts";
import type { Check } from "../define.ts";

const ENDS = new Set(["ACCEPT", "DROP", "REJECT", "RETURN"]);
const endOf = (rule: Rule): string | null => {
  const { target } = bind(rule);
  if (!target || !takesAll(rule)) return null;
  return target.how === "goto" ? `goto ${target.name}` : ENDS.has(target.name) ? target.name : null;
};

/** One finding on the rule that takes everything; the rules behind it are named with it. */
export const check: Check = function* (analysis) {
  for (const { table, user } of analysis.userChains()) {
    const blocker = user.rules.findIndex((rule) => endOf(rule) !== null);
    const by = user.rules[blocker];
    if (!by) continue;
    const dead = user.rules.slice(blocker + 1);
    // a second copy of the same end changes nothing: that is duplicate-rule's
    if (dead.every((rule) => endOf(rule) === endOf(by))) continue;
    yield {
      ...ruleAt(table, user, blocker + 1),
      message: endOf(by) === "RETURN" ? "return" : "end",
      data: {
        count: counted(dead.length, "rule"),
        are: dead.length === 1 ? "is" : "are",
        target: String(endOf(by)),
        number: blocker + 1,
      },
      related: dead.map((rule, i) => ({ place: rule.place, message: `rule ${blocker + 2 + i} is never evaluated` })),
      confidence: "proven",
    };
  }
};
