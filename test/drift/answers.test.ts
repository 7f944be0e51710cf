/** What the host sends back: the kernel's own logs of rules that reject and that drop, each held against the other's dump. */
import { describe, expect, test } from "vitest";
import { Host } from "../../src/facts/index.ts";
import { type Datagram, encode, frame, TCP, UDP } from "../kernel/walk/datagram.ts";
import { withEveryLine } from "../kernel/walk/kernel-log.ts";
import { Lab, labLacks, TRACING } from "../kernel/walk/lab.ts";
import { blockOfRun, dockerLike } from "../kernel/walk/topology.ts";
import { driftOfLines, rulesetOf } from "../support/drifted.ts";

const dumpWith = (udp: string, tcp: string) => `${TRACING}*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -p udp -m udp --dport 53 -j ${udp}
-A FORWARD -p tcp -m tcp --dport 80 -j ${tcp}
COMMIT
`;
const REJECTS = dumpWith("REJECT --reject-with icmp-port-unreachable", "REJECT --reject-with tcp-reset");
const DROPS = dumpWith("DROP", "DROP");
const changed = (number: number) => [
  { edit: "changed", table: "filter", chain: "FORWARD", dumpNumber: number, liveNumber: number },
];
/** Each round is udp to 53, tcp to 80, and udp that passes every rule by, so that the log does not end with a question. */
const ROUND: readonly [protocol: number, port: number][] = [
  [UDP, 53],
  [TCP, 80],
  [UDP, 99],
];

const missing = labLacks();
describe.skipIf(missing)(`errors and resets of the kernel's${missing ? `: ${missing}` : ""}`, () => {
  test("a log that has them, one that has not, and one in which they begin or end", () =>
    withEveryLine(async () => {
      const lab = await Lab.build(dockerLike(blockOfRun()));
      try {
        await lab.begin();
        const facts = lab.facts();
        const host = new Host(facts);
        let count = 0;
        const logOf = async (dump: string): Promise<string[]> => {
          expect(lab.load({ ipv4: dump })).toBeNull();
          const lines: string[] = [];
          for (const [protocol, port] of [...ROUND, ...ROUND])
            lines.push(...(await lab.send(sent(lab, count++, protocol, port))).lines);
          return lines;
        };
        const [rejecting, dropping] = [await logOf(REJECTS), await logOf(DROPS)];
        // three packets a round enter, and two are answered
        expect(rejecting.filter((line) => line.includes("raw:OUTPUT:policy:2 "))).toHaveLength(4);
        expect(dropping.filter((line) => line.includes("raw:OUTPUT:policy:2 "))).toHaveLength(0);

        const drifts = (dump: string, lines: readonly string[], of = host) =>
          driftOfLines({ ruleset: rulesetOf(dump, of), host: of }, lines).drifts;
        expect(drifts(REJECTS, rejecting)).toEqual([]);
        expect(drifts(DROPS, dropping)).toEqual([]);
        const entry = { kind: "verdict", count: 2, confidence: "proven", since: null, until: null };
        const lacks = { expected: "raw:OUTPUT:policy:2", seen: null };
        expect(drifts(REJECTS, dropping)).toMatchObject([
          { ...entry, ...lacks, packet: 1, suspects: changed(1) },
          { ...entry, ...lacks, packet: 2, suspects: changed(2) },
        ]);
        const has = { expected: null, seen: "raw:OUTPUT:policy:2" };
        expect(drifts(DROPS, rejecting)).toMatchObject([
          { ...entry, ...has, packet: 1, suspects: changed(1) },
          { ...entry, ...has, packet: 3, suspects: changed(2) },
        ]);

        // how many errors the host sends is not known: a reset has no such limit
        const { "net.ipv4.icmp_ratelimit": _, ...sysctl } = facts.sysctl ?? {};
        const unlimited = drifts(REJECTS, dropping, new Host({ ...facts, sysctl }));
        expect(unlimited).toMatchObject([{ ...entry, ...lacks, suspects: changed(2) }]);

        // a round of rejecting is five packets
        expect(drifts(REJECTS, [...rejecting, ...dropping])).toMatchObject([
          { ...entry, since: { packet: 11 }, suspects: changed(1) },
          { ...entry, since: { packet: 12 }, suspects: changed(2) },
        ]);
        expect(drifts(DROPS, [...rejecting, ...dropping])).toMatchObject([
          { ...entry, until: { packet: 6 }, suspects: changed(1) },
          { ...entry, until: { packet: 8 }, suspects: changed(2) },
        ]);

        // of two resets one was lost: nothing says that the rule is another
        const first = rejecting.findIndex(
          (line) => line.includes("raw:OUTPUT:policy:2 ") && line.includes("PROTO=TCP"),
        );
        const lossy = rejecting.filter((_, at) => at < first || at > first + 1);
        expect(lossy.length).toBeLessThan(rejecting.length);
        expect(drifts(REJECTS, lossy)).toMatchObject([{ kind: "lost-or-drift", count: 1, suspects: changed(2) }]);
        // lines are missing right behind the one packet that lacks an answer, says /dev/kmsg
        const question = dropping.findIndex((line) => line.includes("filter:FORWARD:rule:1 "));
        const next = dropping.findIndex((line) => line.includes("filter:FORWARD:rule:2 "));
        const numbered = (skipped: number) =>
          dropping.slice(0, next + 1).map((line, at) => `4,${at + (at > question ? skipped : 0)},${at},-;${line}`);
        expect(drifts(REJECTS, numbered(0))).toMatchObject([{ ...entry, count: 1, suspects: changed(1) }]);
        expect(drifts(REJECTS, numbered(4))).toMatchObject([{ kind: "lost-or-drift", count: 1, suspects: changed(1) }]);
        // the log ends where the answer may not have been printed yet
        const end = dropping.findLastIndex((line) => line.includes("filter:FORWARD:rule:2 "));
        expect(drifts(REJECTS, dropping.slice(0, end + 1))).toMatchObject([{ count: 2 }, { count: 1 }]);
      } finally {
        lab.close();
      }
    }));
});

function sent({ topology }: Lab, count: number, protocol: number, destinationPort: number) {
  // not from a port of a bridge: br_netfilter sends resets out of it past every hook (nf_reject_ipv4.c nf_send_reset)
  const [c1, ext0] = ["c1", "ext0"].map((name) => topology.wires.find((wire) => wire.name === name));
  const datagram: Datagram = {
    family: "ipv4",
    source: String(ext0?.peers[0]?.addresses[0]),
    destination: String(c1?.peers[0]?.addresses[0]),
    ttl: 64,
    tos: 0,
    id: 100 + count,
    protocol,
    sourcePort: 4000 + count,
    destinationPort,
    ...(protocol === TCP ? { tcpFlags: 2, seq: 7, ack: 0, body: "" } : { body: "616263" }),
  };
  const hex = frame(String(ext0?.peers[0]?.mac), String(ext0?.mac), encode(datagram));
  return { by: "wire", wire: "ext0", hex } as const;
}
