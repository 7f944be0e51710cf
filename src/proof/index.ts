/** The room of proofs: Ruleset × Host × set of packets → what is reached, and what becomes of whom. */
export { OverBudget } from "../space/index.ts";
export type { Cube } from "./cubes.ts";
export { type Difference, type Differences, diff, type Outcome, type Responsible } from "./diff.ts";
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
/** The room of proofs: what holds of every packet, or a packet that shows that it does not. */
export { type Idle, type NotDecided, type Path, type Standing, TableProof } from "./shadowed.ts";
export { type Reach, reachIn, type Unreached } from "./unreached.ts";
