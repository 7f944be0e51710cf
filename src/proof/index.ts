/** The room of proofs: Ruleset × Host × set of packets → what is reached, what becomes of whom, and which rules are idle. */
export { OverBudget } from "../space/index.ts";
export type { Cube } from "./cubes.ts";
export { type Difference, type Differences, diff, type Outcome, type Responsible, seenAs } from "./diff.ts";
export { type Fate, fatesIn, holding } from "./fates.ts";
export { type End, type Proof, prove, type Question } from "./prove.ts";
export {
  type Asked,
  type Carrier,
  type QueryAnswer,
  query,
  type RuleName,
  readRuleName,
  tablesNamed,
} from "./query.ts";
export type { Decision } from "./reader.ts";
export { type Idle, type NotDecided, type Path, type Standing, TableProof } from "./shadowed.ts";
export { type Reach, reachIn, type Unreached } from "./unreached.ts";
