/** The edits of a recording's dump, each held against its unchanged log. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { compare, printedSteps } from "../../../src/drift/compare.ts";
import { Connections, leftBy } from "../../../src/drift/connections.ts";
import { best } from "../../../src/drift/fit.ts";
import type { DriftSummary } from "../../../src/drift/index.ts";
import { hasTraceRule } from "../../../src/drift/instrumentation.ts";
import { walkEntered } from "../../../src/drift/predict.ts";
import type { World } from "../../../src/path/index.ts";
import type { TracedPacket } from "../../../src/trace/index.ts";
import { driftOf, recordedWorld } from "../../support/drifted.ts";
import { RECORDINGS } from "../../support/recording.ts";
import { packetsOf } from "../../trace/recordings.ts";
import { carriedOutBy, editsOf, sample } from "./edits.ts";
import type { Held } from "./score.ts";

export interface Recorded extends World {
  readonly packets: readonly TracedPacket[];
}

export function recorded(name: string): Recorded {
  const world = recordedWorld(name, (source) => !/ip6?tables-save\.nft/.test(source.name));
  const packets = packetsOf(readFileSync(`${RECORDINGS}${name}/dmesg.log`, "latin1"));
  return { ...world, packets: packets.filter(({ family }) => family !== "bridge") };
}

const drift = (of: Recorded): DriftSummary => driftOf(of, of.packets);

/** Those with a log of iptables-legacy that their own dump explains whole; with wrong checksums, which no line tells, every edit would be visible. */
export function isUsable(of: Recorded): boolean {
  const { drifts, supposed } = drift(of);
  return of.packets.length > 0 && drifts.length === 0 && !supposed.includes("a wrong checksum");
}

/** What iptables-nft traces goes to its monitors: their lines have other names. */
export const NAMES = existsSync(RECORDINGS)
  ? readdirSync(RECORDINGS).filter((name) => /^[st]\d/.test(name) && !name.startsWith("t05"))
  : [];

/** What the rule-set may print for each packet, after what those before it have left. */
function* printable({ ruleset, host, packets }: Recorded): Generator<string> {
  const connections = new Connections({ ruleset, host });
  for (const packet of packets) {
    const inOrder = connections.enter(packet);
    const traces = hasTraceRule(ruleset, packet.family);
    const { paths } = walkEntered({ ruleset, host }, inOrder);
    const own = paths.find((path) => compare(path, packet.events, traces) === null);
    if (own) connections.keep(inOrder, leftBy(own, inOrder));
    const ways = paths.map((path) =>
      printedSteps(path, traces, packet.events)
        .map(({ id }) => id)
        .join(" "),
    );
    yield [own !== undefined, ...new Set(ways.sort())].join("\n");
  }
}

/** Whether two rule-sets are the same to every packet of the log. */
function isSameTo(one: Recorded, other: Recorded): boolean {
  const [left, right] = [printable(one), printable(other)];
  return one.packets.every(() => left.next().value === right.next().value);
}

/** Every edit, or so many of them, and whether the log of a live rule-set like that would be another one. */
export function* edited(of: Recorded, count = Number.POSITIVE_INFINITY, seed = 0): Generator<Held> {
  const lines = of.packets.flatMap(({ events }) => events);
  const possible = editsOf(of.ruleset, lines);
  for (const edit of count < possible.length ? sample(possible, count, seed) : possible) {
    const after = { ...of, ruleset: edit.ruleset };
    const summary = drift(after);
    const alike = carriedOutBy(edit, of.ruleset, summary, of.packets);
    const isAlike = alike !== null && isSameTo(of, { ...of, ruleset: alike });
    yield { edit, isVisible: !printsAll(after), isAlike, summary };
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
