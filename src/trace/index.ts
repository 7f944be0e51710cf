/** The room of logs: chunks to events, packets and conversations, knowing no rule-set. */
export * from "./conversations.ts";
export * from "./entry.ts";
export type { BridgeEvent, IpEvent, LogValues, NftLine, Position, TraceEvent } from "./event.ts";
export { positionOf } from "./event.ts";
export { timeOf } from "./formats/decoration.ts";
export * from "./packets.ts";
export * from "./read.ts";
export { Recent } from "./recent.ts";
export type { Tuple } from "./tuples.ts";
