/**
 * Every recording of a real kernel (6.18, and 6.1 in uml61): each packet's lines are the steps of a walk that is told
 * the packet's own fields, the host's facts and the order of the conversation alone.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { best } from "../../src/drift/diagnose.ts";
import { withoutForeignWatchers } from "../../src/drift/instrumentation.ts";
import { enteredInOrder } from "../../src/drift/predict.ts";
import { Host } from "../../src/facts/index.ts";
import { loadDump, toRuleset } from "../../src/model/index.ts";
import { Source } from "../../src/source.ts";
import { parse } from "../../src/syntax/index.ts";
import { Conversations, PacketGrouper, readTrace } from "../../src/trace/index.ts";
import { hostOf, RECORDINGS } from "../support/recording.ts";

/** Packets that no walk explains: how many, and why. */
const UNEXPLAINED: Readonly<Record<string, readonly [packets: number, why: string]>> = {
  "s12e-mixed-legacy-nft": [1, "a rule of iptables-nft translates, and these tables are not in the log"],
  "s14-ipv6-brnf0": [1, "a group report of the kernel's own that only the bridge printed"],
  "t02a-zoo-plain-noct": [1, "an IP option (source route) that the host does not take"],
  "t02b-zoo-plain-ct": [12, "lengths and checksums that are wrong on purpose, nested errors, an IP option"],
  "t02c-zoo-bridge-ebtlog": [4, "VLAN tags, which no line shows; an IP option; the kernel's own group packets"],
  "t03b-tun-names-uid": [3, "devices that were made after the facts were taken"],
  "t05b-nft-docker": [1, "a rule of iptables-nft drops, and these tables are not in the log"],
  "t06c-vlan-filter_vlan_tagged0": [2, "VLAN tags, which no line shows"],
  "t07-probes-brnf1": [1, "the host's own copy of a broadcast is confirmed before INPUT"],
  "t08-edge-probes": [1, "sctp chunks"],
  "uml61/t02a-zoo-plain-noct": [1, "an IP option (source route) that the host does not take"],
  "uml61/t02b-zoo-plain-ct": [13, "lengths and checksums that are wrong on purpose, nested errors, an IP option"],
  "uml61/t02c-zoo-bridge-ebtlog": [3, "VLAN tags, which no line shows; an IP option"],
  "uml61/t03b-tun-names-uid": [3, "devices that were made after the facts were taken"],
  "uml61/t06c-vlan-filter_vlan_tagged0": [2, "VLAN tags, which no line shows"],
};
/** Watchers there print no addresses, and rules of nft's own are in no dump: their lines belong to no packet for sure. */
const NOT_HELD = /t06a-ebt-log-formats$/;

const namesIn = (folder: string): string[] =>
  existsSync(RECORDINGS + folder) ? readdirSync(RECORDINGS + folder).map((name) => folder + name) : [];
const names = [...namesIn(""), ...namesIn("uml61/")].filter(
  (name) => existsSync(`${RECORDINGS}${name}/dmesg.log`) && !NOT_HELD.test(name),
);

interface Held {
  readonly explained: number;
  readonly unexplained: number;
}
function hold(name: string): Held | null {
  const older = name.startsWith("uml61/")
    ? { kernel: "6.1.176", backend: { iptables: "legacy", ebtables: "legacy" } as const }
    : {};
  const host = new Host({ ...hostOf(name), ...older });
  const pre = `${RECORDINGS}${name}/pre/`;
  const dumps = readdirSync(pre)
    .filter((file) => /^ip6?tables-save\.legacy$|^ebtables-save\.(?:nft|legacy)$/.test(file))
    .map((file) => new Source(file, readFileSync(pre + file, "latin1")))
    .filter(({ bytes }) => bytes !== "");
  if (dumps.length === 0) return null;
  const ruleset = toRuleset(dumps.map((source) => loadDump(parse(source), host)));
  const world = { ruleset, host };
  const grouper = new PacketGrouper();
  const { events } = readTrace(readFileSync(`${RECORDINGS}${name}/dmesg.log`, "latin1"));
  const packets = [...events.flatMap((event) => grouper.add(event)), ...grouper.end()];
  const conversations = new Conversations(host.json.conntrack);
  let [explained, unexplained] = [0, 0];
  for (const packet of packets) {
    if (packet.family === "bridge") continue;
    const entered = enteredInOrder(conversations, packet, world);
    const own = withoutForeignWatchers(ruleset, packet.events, new Map());
    if (own.length === 0) continue;
    if (best(ruleset, host, { entered, events: own, packet: packet.number, count: 1 }).divergence) unexplained++;
    else explained++;
  }
  return { explained, unexplained };
}

describe.skipIf(names.length === 0)("recordings of a real kernel (../shared/recordings)", () => {
  test.each(names)("%s", (name) => {
    const held = hold(name);
    // tables of iptables-nft alone: the kernel's log has no line of theirs
    if (held === null) return expect(name).toMatch(/t05[ade]-nft/);
    expect(held.unexplained).toBe(UNEXPLAINED[name]?.[0] ?? 0);
    // its log has no trace line at all
    if (name !== "uml61/t01c-targets") expect(held.explained).toBeGreaterThan(0);
  });
});
