/**
 * Rules without target, one a match and option, in chains of a real kernel: which of them a packet's log lines show is
 * what the kernel answered (../shared/recordings t07 and t08; lab/t07-probes.sh, lab/t08-edge-probes.sh).
 */
import { describe, expect, test } from "vitest";
import {
  absent,
  evaluate,
  type Field,
  Host,
  only,
  type Packet,
  type ValueSet,
  withFields,
} from "../../src/facts/index.ts";
import { dropsOf, meaningOf, ruleOfText } from "../../src/model/index.ts";
import type { Hook } from "../../src/path/index.ts";
import { seenAt } from "../../src/path/seen.ts";
import type { Traveller } from "../../src/path/traveller.ts";
import { entryPacket, type IpEvent, type TracedPacket } from "../../src/trace/index.ts";
import { hostOf } from "../support/recording.ts";
import { bytes, has, packetsOf } from "../trace/recordings.ts";

/** Asks for the connection, for facts of the host, or for chance: what lines of one packet do not settle. */
const NOT_OF_HEADERS =
  /-m (?:conntrack|state|connmark|connbytes|helper|addrtype|owner|set|socket|rpfilter|devgroup|policy|realm|time|cpu|statistic|limit|quota)\b/;
/** IPv4 lines lack the lowest bit of TOS and the payload, and number protocols without printing ports (semantics 1.4). */
const NOT_PRINTED = /-m (?:u32|string|sctp) |--ecn-ip-ect|--tos/;

/** Of all (packet, chain, probe): `decided` at least; `unknown`: exactly, of the matches on headers. */
const COUNTS = {
  "t07-probes-brnf0": { decided: 1416, unknown: 0 },
  "t07-probes-brnf1": { decided: 1740, unknown: 0 },
  "t08-edge-probes": { decided: 977, unknown: 100 },
};

interface Chain {
  readonly table: string;
  readonly name: Hook;
  readonly probes: ReadonlyMap<number, string>;
}
function chainsOf(folder: string): Chain[] {
  const chains = new Map<string, Map<number, string>>();
  for (const line of bytes(`${folder}/probe-index.txt`).split("\n")) {
    const [, chain = "", number = "", probe = ""] = /^(\S+) (\d+) (.*)$/.exec(line) ?? [];
    if (chain === "") continue;
    const probes = chains.get(chain) ?? new Map<number, string>();
    chains.set(chain, probes.set(Number(number), probe));
  }
  return [...chains].map(([id, probes]) => {
    const [table, name] = id.includes(":") ? id.split(":") : ["mangle", id];
    return { table: table ?? "", name: name as Hook, probes };
  });
}

/** The steps of a recording one by one: packets of different ones do not mix. */
const partsOf = (folder: string): string[] => bytes(`${folder}/dmesg.log`).split(/^.*(?:semlab|semzoo): .*$/m);

const DEVICES = ["inInterface", "outInterface", "physdevIn", "physdevOut"] as const;
const TOLD = ["source", "destination", "sourcePort", "destinationPort", "ttl", "mark"] as const;

/** The packet as its lines describe it, at the place of these ones. */
function packetAt(packet: TracedPacket, line: IpEvent, host: Host): Packet {
  const { values } = line;
  const entry = entryPacket(packet);
  const stated: Partial<Record<Field, ValueSet>> = {};
  for (const field of TOLD) if (values[field] != null) stated[field] = only(values[field]);
  for (const field of DEVICES) stated[field] = values[field] == null ? absent : only(values[field]);
  const looped = values.inInterface === "lo";
  const way = {
    packet: withFields(entry.packet, stated),
    bridge: values.physdevIn == null ? null : (values.inInterface ?? values.outInterface),
    brnf: values.physdevIn != null,
    bridged: values.physdevOut != null,
    fromHost: entry.hook === "OUTPUT" && !looped,
    looped,
    attached: null,
    started: { out: undefined, destination: undefined },
  } as Traveller;
  return seenAt(way, "ip", line.chain as Hook, line.table, host);
}

describe.skipIf(!has("recordings"))("probes in the recordings (../shared/recordings)", () => {
  test.each(Object.entries(COUNTS))("%s: no answer is the opposite of the kernel's", (name, counts) => {
    const folder = `recordings/${name}`;
    const host = new Host(hostOf(name));
    const found = { decided: 0, unknown: 0 };
    for (const packet of partsOf(folder).flatMap(packetsOf)) {
      for (const { table, name: chain, probes } of chainsOf(folder)) {
        const lines = packet.events.filter(
          (event): event is IpEvent => event.layer === "ip" && event.table === table && event.chain === chain,
        );
        const [line] = lines;
        if (!line) continue;
        const matched = new Set(lines.filter(({ kind }) => kind === "rule").map(({ number }) => number));
        const last = Math.max(...matched);
        const vanished = !lines.some(({ kind }) => kind === "policy");
        let seen = packetAt(packet, line, host);
        // rule 2 of t08's raw table is CT --notrack
        if (table === "raw" && matched.has(2)) seen = withFields(seen, { ctstate: only(4) });
        for (const [number, probe] of probes) {
          const rule = ruleOfText("ipv4", chain, probe);
          const drops = evaluate(dropsOf(rule, host), seen).is;
          const said = `${table}:${chain}:rule:${number} ${probe} of ${line.text}`;
          if (drops !== "no") {
            expect({ said, drops }).toEqual({ said, drops: "yes" });
            expect({ said, vanished, last: last < number }).toEqual({ said, vanished: true, last: true });
            break;
          }
          const { is } = evaluate(meaningOf(rule, host).condition, seen);
          if (is !== "unknown") {
            found.decided++;
            expect({ said, is }).toEqual({ said, is: matched.has(number) ? "yes" : "no" });
          } else if (!NOT_OF_HEADERS.test(probe)) {
            found.unknown++;
            expect(said).toMatch(NOT_PRINTED);
          }
        }
      }
    }
    expect(found.unknown).toBe(counts.unknown);
    expect(found.decided).toBeGreaterThanOrEqual(counts.decided);
  });
});
