/** The room of drift: a log held against a dump. */
export type { Drift } from "./diagnose.ts";
export { DriftFold, type DriftSummary } from "./drift.ts";
export type { Instrumentation } from "./instrumentation.ts";

export type { Suspect } from "./suspects.ts";
export { walkTraced } from "./traced.ts";
