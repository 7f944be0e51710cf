/** The room of packet sets: what can be told of sets of packets, whatever the rule-set. */
export * from "./atoms.ts";
export * from "./bdd.ts";
export * from "./possible.ts";
export * from "./products.ts";
export * from "./sets.ts";
export { type Codes, Uncut } from "./stretches.ts";
