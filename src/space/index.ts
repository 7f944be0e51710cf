/** The room of packet sets: what can be told of sets of packets, whatever the rule-set. */
export * from "./atoms.ts";
export * from "./possible.ts";
