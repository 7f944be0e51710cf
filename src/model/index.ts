/** The room of the model: dumps → rule-set, bound on demand, printed canonically. */
export * from "./bind.ts";
export * from "./load.ts";
export * from "./meaning.ts";
export * from "./print.ts";
export * from "./ruleset.ts";
