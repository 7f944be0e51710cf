/** The edits of a recording's dump, each held against its unchanged log. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { Connections, leftBy } from "../../../src/drift/connections.ts";
import { best } from "../../../src/drift/diagnose.ts";
import type { DriftSummary } from "../../../src/drift/index.ts";
import type { World } from "../../../src/path/index.ts";
import type { TracedPacket } from "../../../src/trace/index.ts";
import { driftOf, recordedWorld } from "../../support/drifted.ts";
import { RECORDINGS } from "../../support/recording.ts";
import { packetsOf } from "../../trace/recordings.ts";
import { type Edit, editsOf } from "./edits.ts";

export interface Recorded extends World {
  readonly packets: readonly TracedPacket[];
}

export function recorded(name: string): Recorded {
  const world = recordedWorld(name, (source) => !/ip6?tables-save\.nft/.test(source.name));
  const packets = packetsOf(readFileSync(`${RECORDINGS}${name}/dmesg.log`, "latin1"));
  return { ...world, packets: packets.filter(({ family }) => family !== "bridge") };
}

const drift = (of: Recorded): DriftSummary => driftOf(of, of.packets);

/** Those with a log of iptables-legacy that their own dump explains whole. */
export const isUsable = (of: Recorded): boolean => of.packets.length > 0 && drift(of).drifts.length === 0;

/** What iptables-nft traces goes to its monitors: their lines have other names. */
export const NAMES = existsSync(RECORDINGS)
  ? readdirSync(RECORDINGS).filter((name) => /^[st]\d/.test(name) && !name.startsWith("t05"))
  : [];

/** Every edit, and whether the log of a live rule-set like that would be another one. */
export function* edited(of: Recorded): Generator<{ edit: Edit; isVisible: boolean; summary: DriftSummary }> {
  const lines = of.packets.flatMap(({ events }) => events);
  for (const edit of editsOf(of.ruleset, lines)) {
    const after = { ...of, ruleset: edit.ruleset };
    yield { edit, isVisible: !printsAll(after), summary: drift(after) };
  }
}

/** Whether the rule-set may have printed this log: each packet has such a way, after what those before it have left. */
function printsAll({ ruleset, host, packets }: Recorded): boolean {
  const connections = new Connections({ ruleset, host });
  return packets.every((packet) => {
    const inOrder = connections.enter(packet);
    const { path, divergence } = best(ruleset, host, { entered: inOrder, events: packet.events });
    if (divergence || !path) return false;
    connections.keep(inOrder, leftBy(path, inOrder));
    return true;
  });
}
