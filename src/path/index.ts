/** The path engine: Ruleset × Host × Packet → Walk. */
export type { Path } from "./alike.ts";
export { applyAll, type Where } from "./apply.ts";
export { OUTCOMES } from "./effects.ts";
export { firstState } from "./first-state.ts";
export { vanishAt } from "./hotdrop.ts";
export { type Hook, type Layer, STARTS, type Stop } from "./journey.ts";
export { manipOf } from "./nat.ts";
export { passedOver } from "./passed-over.ts";
export { seenAt } from "./seen.ts";
export {
  type Assumption,
  type Before,
  type Carried,
  type Change,
  fork,
  type Kind,
  type Left,
  type Loss,
  type Many,
  type Outcome,
  type Reader,
  type Step,
  type Traveller,
  type Verdict,
  type Walking,
  type World,
} from "./traveller.ts";
export { type Walk, type Walked, walk, walkMany } from "./walk.ts";
