/** The room of the model: dumps → rule-set, bound on demand, printed canonically. */
export { askedOnce, someRule } from "./asked-once.ts";
export { type AnyGiven, type BoundMatch, type BoundRule, type BoundTarget, bind } from "./bind.ts";
export * from "./load.ts";
export * from "./meaning.ts";
export { ownCondition } from "./own-part.ts";
export * from "./print.ts";
export { dumpPieces, printDump, printRuleset } from "./print-dump.ts";
export { ruleOfText, ruleWith } from "./rule.ts";
export * from "./ruleset.ts";
export { isForeign, isTarget, nearTarget, toolOf } from "./vocabulary.ts";
