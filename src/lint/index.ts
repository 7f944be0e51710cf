/** The room of lint: dumps to findings. */
export { checkOf, presetNames, ruleNamed, rules, rulesOf } from "./catalogue.ts";
export type { Check, Example, Found, LintRule, Message } from "./define.ts";
export { type LintFinding, type LintOptions, type LintResult, lint, type NotDecided } from "./lint.ts";
