/** The room of packet sets: what can be told of sets of packets, whatever the rule-set. */
export * from "./atoms.ts";
export * from "./bdd.ts";
export { type Box, type Changed, type Sides, sidesOf, unchanged } from "./boxes.ts";
export { type Answer, type Budget, Cover } from "./cover.ts";
export * from "./possible.ts";
export * from "./products.ts";
export { BoxStore, type Does, type Program, type Step } from "./program.ts";
export { beforeSteps, EVERY_BIT, type Holds, type Origin, Sets, type View } from "./sets.ts";
export { type Codes, Uncut } from "./stretches.ts";
export type { At, Taker } from "./taken.ts";
