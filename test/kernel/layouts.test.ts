/** What diff says of neighbouring Docker layouts, on the running kernel: each witness meets the two fates. */
import { release } from "node:os";
import { describe, expect, test } from "vitest";
import { anyPacket, Host, only, type Packet, packetJson, readPrefix } from "../../src/facts/index.ts";
import { type World, walk } from "../../src/path/index.ts";
import { type Difference, diff, type Outcome, seenAs } from "../../src/proof/index.ts";
import { dumpOf, HOST, layout, type Pair, pairs } from "../proof/layouts.ts";
import { lacking, letNamespacesLog } from "../support/real-tools.ts";
import { play } from "./gallery/play.ts";
import { topologyOf } from "./gallery/topology.ts";
import { Lab } from "./walk/lab.ts";

const missing = lacking(["iptables-legacy"]);
const all = pairs();
const why = missing || (all.length === 0 ? "../shared/layouts is not there" : "");

/** Who is really there behind each device, so that the answer finds its way. */
const BEHIND: Readonly<Record<string, string>> = { eth0: "203.0.113.254", docker0: "172.17.0.2", bridge1: "192.0.2.2" };

const fate = (world: World, packet: Packet): string[] => [
  ...new Set(walk(world, packet).paths.map(({ verdict }) => seenAs(verdict))),
];

/** The witness as somebody can send it: a SYN of a neighbour's, if the walks say the same of it; null: nobody can. */
function sendable({ witness, before, after }: Difference, worlds: readonly [World, World]): Packet | null {
  if (!witness || !before || !after) return null;
  const { inInterface } = packetJson(witness);
  const source = readPrefix(BEHIND[inInterface ?? ""] ?? "")?.[0];
  if (source === undefined) return null;
  const tcp = packetJson(witness)["protocol"] === "tcp" || packetJson(witness)["protocol"] === undefined;
  const { icmpType: _, ...fields } = witness.fields;
  const packet: Packet = {
    ...witness,
    fields: {
      ...fields,
      source: only(source),
      protocol: witness.fields.protocol ?? only(6),
      ...(tcp
        ? { sourcePort: only(40000), destinationPort: witness.fields.destinationPort ?? only(443), tcpFlags: only(2) }
        : {}),
      ...(packetJson(witness)["protocol"] === "icmp" ? { icmpType: only(8 * 256) } : {}),
    },
  };
  const says = (world: World, outcome: Outcome) => fate(world, packet).join() === outcome.verdict;
  return says(worlds[0], before) && says(worlds[1], after) ? packet : null;
}

describe.skipIf(why !== "")(`on the running kernel${why ? `: ${why}` : ""}`, () => {
  const host = new Host({ ...HOST, kernel: release() });
  const worldsOf = ({ scenario, old, now }: Pair): [World, World] => [
    { host, ruleset: layout(old, scenario, host) },
    { host, ruleset: layout(now, scenario, host) },
  ];
  test("every difference that somebody can send", async () => {
    letNamespacesLog();
    const lab = await Lab.build(topologyOf(HOST));
    let sent = 0;
    try {
      for (const pair of all) {
        const worlds = worldsOf(pair);
        for (const each of diff(...worlds, anyPacket("ipv4")).differences) {
          const packet = each.isExisting ? null : sendable(each, worlds);
          if (!packet) continue;
          const seen: string[] = [];
          for (const dump of [dumpOf(pair.old, pair.scenario), dumpOf(pair.now, pair.scenario)]) {
            lab.run(EMPTY, "sh");
            expect(lab.load({ ipv4: dump })).toBeNull();
            const played = await play(lab, packet);
            seen.push(played?.verdict ?? "");
          }
          sent++;
          expect([pair, packetJson(packet), ...seen]).toEqual([
            pair,
            packetJson(packet),
            each.before?.verdict,
            each.after?.verdict,
          ]);
        }
      }
    } finally {
      lab.close();
    }
    expect(sent).toBeGreaterThan(5);
    console.log(`${sent} differences of ${all.length} pairs of layouts met on the kernel`);
  }, 120_000);
});

const EMPTY = "for table in raw nat filter; do iptables-legacy -t $table -F; done";
