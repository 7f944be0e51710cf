/** The same rules and the same packets on both backends: what the monitors of iptables-nft print is what the kernel log of legacy has. */
import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { Connections } from "../../src/drift/connections.ts";
import { best } from "../../src/drift/fit.ts";
import { Host, single } from "../../src/facts/index.ts";
import { loadDump, toRuleset } from "../../src/model/index.ts";
import { encode as encodeText, Source } from "../../src/source.ts";
import { parse } from "../../src/syntax/index.ts";
import { lacking } from "../support/real-tools.ts";
import { packetsOf } from "../trace/recordings.ts";
import { play } from "./walk/case.ts";
import type { Action } from "./walk/conversation.ts";
import { type Datagram, ICMP, ICMP6, TCP, UDP } from "./walk/datagram.ts";
import { withEveryLine } from "./walk/kernel-log.ts";
import { Lab, labLacks, TRACING } from "./walk/lab.ts";
import { blockOfRun, dockerLike } from "./walk/topology.ts";

const block = blockOfRun();
const topology = dockerLike(block);
const four = `10.${block}`;
const six = `fd${block.toString(16).padStart(2, "0")}`;
const wire = (name: string) => topology.wires.find((each) => each.name === name)?.peers[0];
const missing = labLacks() ?? lacking(["xtables-monitor", "nft", "iptables-nft"]);

/** Docker's layout, with rules of the user's own: what each of the packets below meets is in its title. */
const IPV4 = `${TRACING}*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s ${four}.1.0/24 ! -o br1 -j MASQUERADE
-A DOCKER -i br1 -j RETURN
-A DOCKER ! -i br1 -p tcp -m tcp --dport 8080 -j DNAT --to-destination ${four}.1.2:80
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:DOCKER - [0:0]
:DOCKER-ISOLATION-STAGE-1 - [0:0]
:DOCKER-ISOLATION-STAGE-2 - [0:0]
:DOCKER-USER - [0:0]
-A INPUT -p udp -m udp --dport 53 -j REJECT --reject-with icmp-port-unreachable
-A FORWARD -j DOCKER-USER
-A FORWARD -j DOCKER-ISOLATION-STAGE-1
-A FORWARD -o br1 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -o br1 -j DOCKER
-A FORWARD -i br1 ! -o br1 -j ACCEPT
-A FORWARD -i br1 -o br1 -j ACCEPT
-A DOCKER -d ${four}.1.2/32 ! -i br1 -o br1 -p tcp -m tcp --dport 80 -j ACCEPT
-A DOCKER-ISOLATION-STAGE-1 -i br1 ! -o br1 -j DOCKER-ISOLATION-STAGE-2
-A DOCKER-ISOLATION-STAGE-1 -j RETURN
-A DOCKER-ISOLATION-STAGE-2 -o br2 -j DROP
-A DOCKER-ISOLATION-STAGE-2 -j RETURN
-A DOCKER-USER -p tcp -m tcp --dport 25 -j REJECT --reject-with tcp-reset
-A DOCKER-USER -m comment --comment "see what is there" -j LOG --log-prefix "user "
-A DOCKER-USER -j RETURN
COMMIT
`;
const IPV6 = `${TRACING}*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -d ${six}:8::9/128 -p ipv6-icmp -j ACCEPT
-A FORWARD -j DROP
COMMIT
`;

const head = { family: "ipv4", ttl: 64, tos: 0, body: "" } as const;
const SYN = 2;
let id = 100;
function sent(from: string, to: string, mac: string, rest: Partial<Datagram> & Pick<Datagram, "protocol">): Action {
  const source = wire(from);
  const at = rest.family === "ipv6" ? 1 : 0;
  const datagram = { ...head, source: String(source?.addresses[at]), destination: to, id: id++, ...rest };
  return { kind: "send", wire: from, from: String(source?.mac), to: mac, datagram };
}
const [bridge, outside] = [
  String(topology.bridges[0]?.mac),
  String(topology.wires.find((each) => each.name === "ext0")?.mac),
];
const tcp = (destinationPort: number) => ({
  protocol: TCP,
  sourcePort: 40000,
  destinationPort,
  tcpFlags: SYN,
  seq: 1,
  ack: 0,
});
const echo = { protocol: ICMP, icmpType: 0x800, icmpRest: 0x50001 };
/** A title tells the packets of the conversation. */
const CONVERSATIONS: Readonly<Record<string, readonly Action[]>> = {
  "a bridged echo, and its reply": [
    sent("c1", `${four}.1.3`, String(wire("c2")?.mac), echo),
    { kind: "answer", to: 0, answer: { with: "reply", body: "" } },
  ],
  "out by MASQUERADE, and back": [
    sent("c1", `${four}.8.9`, bridge, tcp(443)),
    { kind: "answer", to: 0, answer: { with: "reply", body: "", tcpFlags: SYN | 16 } },
  ],
  "out, and an error comes back": [
    sent("c1", `${four}.8.9`, bridge, { protocol: UDP, sourcePort: 40001, destinationPort: 5000 }),
    { kind: "answer", to: 0, answer: { with: "error", icmpType: 0x303 } },
  ],
  "a published port": [sent("ext0", `${four}.8.1`, outside, tcp(8080))],
  "a port that is not published, and INPUT's policy": [sent("ext0", `${four}.8.1`, outside, tcp(8081))],
  "isolated from the other bridge": [sent("c1", `${four}.2.2`, bridge, echo)],
  "rejected by the user, and the reset": [sent("c1", `${four}.8.9`, bridge, tcp(25))],
  "rejected by the host, and the error": [
    sent("ext0", `${four}.8.1`, outside, { protocol: UDP, sourcePort: 40002, destinationPort: 53 }),
  ],
  "IPv6, accepted": [
    sent("c1", `${six}:8::9`, bridge, { family: "ipv6", protocol: ICMP6, icmpType: 0x8000, icmpRest: 9 }),
  ],
  "IPv6, dropped": [
    sent("c1", `${six}:8::9`, bridge, { family: "ipv6", protocol: UDP, sourcePort: 40003, destinationPort: 53 }),
  ],
};

type Backend = "legacy" | "nft";
/** Each packet of a log: what it is, where it went, and how it ended. */
function told(log: string, backend: Backend, facts: Lab["facts"] extends () => infer Json ? Json : never) {
  const host = new Host({ ...facts, backend: { iptables: backend, ebtables: "nft" } });
  const dump = (tool: string, text: string) => {
    const saved = `# Generated by ${tool}-save v1.8.9${backend === "nft" ? " (nf_tables)" : ""} on Sun Nov 22 22:36:24 2026\n`;
    return loadDump(parse(new Source(`${tool}.save`, encodeText(saved + text))), host);
  };
  const ruleset = toRuleset([dump("iptables", IPV4), dump("ip6tables", IPV6)]);
  const connections = new Connections({ ruleset, host });
  return packetsOf(log).map((packet) => {
    const entered = connections.enter(packet);
    const { path, divergence } = best(ruleset, host, { entered, events: packet.events });
    const { fields } = entered.packet;
    const values = (["source", "destination", "protocol", "sourcePort", "destinationPort"] as const).map((field) =>
      single(fields[field]),
    );
    return { values, diverged: divergence, verdict: path?.verdict, steps: path?.steps.map((step) => step.id) };
  });
}

async function recorded(backend: Backend) {
  const lab = await Lab.build(topology);
  const monitors =
    backend === "nft"
      ? [
          lab.start("xtables-monitor", "--trace"),
          lab.start("nft", "monitor", "trace"),
          lab.start("nft", "-nn", "-a", "monitor", "trace"),
        ]
      : [];
  const printed = monitors.map(({ stdout }) => {
    const chunks: string[] = [];
    stdout.setEncoding("latin1").on("data", (chunk) => chunks.push(chunk));
    return chunks;
  });
  const kernel: string[] = [];
  try {
    const suffix = backend === "nft" ? "nft" : "legacy";
    lab.run(IPV4, `iptables-${suffix}-restore`);
    lab.run(IPV6, `ip6tables-${suffix}-restore`);
    // the monitors have begun to listen
    await setTimeout(500);
    const facts = lab.facts();
    const logs: Record<string, string[]> = {};
    for (const [title, actions] of Object.entries(CONVERSATIONS)) {
      printed.forEach((chunks) => void chunks.splice(0));
      const done = await play(lab, { tables: [], actions });
      kernel.splice(0, kernel.length, ...done.flatMap((each) => each?.seen.lines ?? []));
      await setTimeout(backend === "nft" ? 300 : 0);
      logs[title] = backend === "nft" ? printed.map((chunks) => chunks.join("")) : [`${kernel.join("\n")}\n`];
    }
    return { facts, logs };
  } finally {
    for (const monitor of monitors) monitor.kill();
    lab.close();
  }
}

describe.skipIf(missing)(`both backends${missing ? `: ${missing}` : ""}`, () => {
  test("print the same packets, with the same way and verdict", async () => {
    const legacy = await withEveryLine(() => recorded("legacy"));
    const nft = await withEveryLine(() => recorded("nft"));
    for (const title of Object.keys(CONVERSATIONS)) {
      const [log = ""] = legacy.logs[title] ?? [];
      const expected = told(log, "legacy", legacy.facts);
      expect(expected.length, title).toBeGreaterThan(0);
      for (const packet of expected) expect(packet.diverged, title).toBeNull();
      for (const text of nft.logs[title] ?? []) {
        const seen = told(text, "nft", nft.facts);
        // xtables-monitor tells nothing of ICMP: not even that it is
        const ofThose = expected.map((packet, at) => ({
          ...packet,
          values: packet.values.map((value, field) => (seen[at]?.values[field] === undefined ? undefined : value)),
        }));
        expect(
          seen,
          `${title}
${text}`,
        ).toEqual(ofThose);
        for (const { values } of seen) expect(values.slice(0, 2), title).not.toContain(undefined);
      }
    }
  }, 60_000);
});
