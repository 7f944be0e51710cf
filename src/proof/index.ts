/** The room of proofs: Ruleset × Host × set of packets → what is reached, and what becomes of whom. */
export { type Fate, fatesIn, holding } from "./fates.ts";
export { type End, type Proof, prove, type Question } from "./prove.ts";
export type { Decision } from "./reader.ts";
