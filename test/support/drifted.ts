/** A recording's host and rule-set, and logs held against them. */
import { DriftFold, type DriftSummary } from "../../src/drift/index.ts";
import { Host, type HostJson } from "../../src/facts/index.ts";
import { loadDump, toRuleset } from "../../src/model/index.ts";
import type { World } from "../../src/path/index.ts";
import type { Source } from "../../src/source.ts";
import { parse } from "../../src/syntax/index.ts";
import type { TracedPacket } from "../../src/trace/index.ts";
import { packetsOf } from "../trace/recordings.ts";
import { dumpsOf, hostOf } from "./recording.ts";

export function recordedWorld(
  name: string,
  isMeant: (dump: Source) => boolean = () => true,
  facts: HostJson = {},
): World {
  const host = new Host({ ...hostOf(name), ...facts });
  const dumps = dumpsOf(name).filter(isMeant);
  return { host, ruleset: toRuleset(dumps.map((source) => loadDump(parse(source), host))) };
}

export function driftOf({ ruleset, host }: World, packets: readonly TracedPacket[]): DriftSummary {
  const fold = new DriftFold(ruleset, host);
  for (const packet of packets) fold.add(packet);
  return fold.summary();
}

export const driftOfLines = (world: World, lines: readonly string[]): DriftSummary =>
  driftOf(world, packetsOf(lines.map((line) => `${line}\n`).join("")));
