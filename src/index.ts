/** The library's face: what the command line does, for programs. */
export { DriftFold, type DriftSummary } from "./drift/index.ts";
export { Host, type HostJson, type Packet, readPacket } from "./facts/index.ts";
export { type LoadedDump, loadDump, printDump, type Ruleset, toRuleset } from "./model/index.ts";
export { type Path, type Walk, walk } from "./path/index.ts";
export { type Difference, type Differences, diff, type QueryAnswer, query, readRuleName } from "./proof/index.ts";
export { Source } from "./source.ts";
export { type Dump, parse } from "./syntax/index.ts";
export { PacketGrouper, TraceReader } from "./trace/index.ts";
