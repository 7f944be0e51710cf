/** The path engine: Ruleset × Host × Packet → Walk. */
export { firstState } from "./first-state.ts";
export { type Hook, type Layer, STARTS } from "./journey.ts";
export { passedOver } from "./passed-over.ts";
export type { Assumption, Change, Kind, Loss, Step, Verdict, World } from "./traveller.ts";
export { type Path, type Walk, type Walked, walk } from "./walk.ts";
