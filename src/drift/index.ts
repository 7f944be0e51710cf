/** The room of drift: a log held against a dump, and what a log says of a dump that is not there. */
export type { Moment } from "./case.ts";
export { eventId } from "./compare.ts";
export type { Drift } from "./diagnose.ts";
export { DriftFold, type DriftSummary, type PacketOutcome } from "./drift.ts";
export { InferFold, type Inferred, type InferredChain, type InferredRule } from "./infer/infer.ts";
export { type Instrumentation, logPrefixes } from "./instrumentation.ts";

export type { Suspect } from "./suspects.ts";
export { LogWalks, walkTraced } from "./traced.ts";
