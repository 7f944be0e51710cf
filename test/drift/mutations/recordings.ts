/** The edits of a recording's dump, each held against its unchanged log. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { Connections, leftBy } from "../../../src/drift/connections.ts";
import { best } from "../../../src/drift/diagnose.ts";
import { DriftFold, type DriftSummary } from "../../../src/drift/index.ts";
import type { Entered } from "../../../src/drift/predict.ts";
import { Host, packetJson } from "../../../src/facts/index.ts";
import { loadDump, type Ruleset, toRuleset } from "../../../src/model/index.ts";
import { parse } from "../../../src/syntax/index.ts";
import { PacketGrouper, readTrace, type TracedPacket, type TraceEvent } from "../../../src/trace/index.ts";
import { dumpsOf, hostOf, RECORDINGS } from "../../support/recording.ts";
import { type Edit, editsOf } from "./edits.ts";

export interface Recorded {
  readonly ruleset: Ruleset;
  readonly host: Host;
  readonly packets: readonly TracedPacket[];
}

export function recorded(name: string): Recorded {
  const host = new Host(hostOf(name));
  const dumps = dumpsOf(name)
    .filter((source) => !/ip6?tables-save\.nft/.test(source.name))
    .map((source) => loadDump(parse(source), host));
  const { events } = readTrace(readFileSync(`${RECORDINGS}${name}/dmesg.log`, "latin1"));
  const grouper = new PacketGrouper();
  const packets = [...events.flatMap((event) => grouper.add(event)), ...grouper.end()];
  return { ruleset: toRuleset(dumps), host, packets: packets.filter(({ family }) => family !== "bridge") };
}

export function drift({ ruleset, host, packets }: Recorded): DriftSummary {
  const fold = new DriftFold(ruleset, host);
  for (const packet of packets) fold.add(packet);
  return fold.summary();
}

/** Those with a log of iptables-legacy that their own dump explains whole. */
export const isUsable = (of: Recorded): boolean => of.packets.length > 0 && drift(of).drifts.length === 0;

/** What iptables-nft traces goes to its monitors: their lines have other names. */
export const NAMES = existsSync(RECORDINGS)
  ? readdirSync(RECORDINGS).filter((name) => /^[st]\d/.test(name) && !name.startsWith("t05"))
  : [];

interface Seen {
  readonly entered: Entered;
  readonly events: readonly TraceEvent[];
}

/** Every edit, and whether the log of a live rule-set like that would be another one. */
export function* edited(of: Recorded): Generator<{ edit: Edit; isVisible: boolean; summary: DriftSummary }> {
  const packets = seenOf(of);
  for (const edit of editsOf(
    of.ruleset,
    of.packets.flatMap(({ events }) => events),
  )) {
    const isVisible = packets.some((packet) => best(edit.ruleset, of.host, packet).divergence !== null);
    yield { edit, isVisible, summary: drift({ ...of, ruleset: edit.ruleset }) };
  }
}

/** The packets as the unedited dump explains them, those that are alike once. */
function seenOf({ ruleset, host, packets }: Recorded): Seen[] {
  const connections = new Connections({ ruleset, host });
  const out = new Map<string, Seen>();
  for (const packet of packets) {
    const inOrder = connections.enter(packet);
    const seen = { entered: inOrder, events: packet.events };
    const { path, divergence } = best(ruleset, host, seen);
    if (divergence || !path) continue;
    connections.keep(inOrder, leftBy(path, inOrder));
    out.set(JSON.stringify([packetJson(inOrder.packet), packet.events.map(({ text }) => text)]), seen);
  }
  return [...out.values()];
}
