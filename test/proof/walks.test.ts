/** A packet lies in the set to which proof gives a verdict exactly when the walk gives that verdict. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Host, type HostJson, type Packet, packetJson, readPacket } from "../../src/facts/index.ts";
import { type World, walk } from "../../src/path/index.ts";
import { fatesIn, holding, type Proof, prove } from "../../src/proof/index.ts";
import { oneOf, type Pick } from "../kernel/draw.ts";
import { rulesetOf } from "../support/drifted.ts";
import { sequence } from "../syntax/events.ts";

const not = (pick: Pick): string => oneOf(pick, ["", "", "! "]);
const MATCHES: readonly ((pick: Pick) => string)[] = [
  (pick) => `${not(pick)}-s 10.0.${pick(3)}.0/2${pick(6)}`,
  (pick) => `${not(pick)}-d 10.0.${pick(3)}.${pick(2)}/${24 + 8 * pick(2)}`,
  (pick) => `${not(pick)}-i ${oneOf(pick, ["eth0", "eth1", "eth+", "docker0"])}`,
  (pick) => `-p ${oneOf(pick, ["tcp", "udp"])} --dport ${pick(6)}:${6 + pick(9)}`,
  (pick) => `-p tcp ${not(pick)}--dport ${pick(9)}`,
  (pick) => `-p tcp -m tcp --tcp-flags SYN,ACK ${oneOf(pick, ["SYN", "ACK", "NONE"])}`,
  (pick) => `${not(pick)}-p ${oneOf(pick, ["icmp", "tcp", "udp"])}`,
  (pick) => `-p icmp -m icmp --icmp-type ${oneOf(pick, ["8", "0", "3/1"])}`,
  (pick) => `-p udp -m multiport ${not(pick)}--${oneOf(pick, ["sports", "dports", "ports"])} ${pick(9)},${9 + pick(9)}`,
  (pick) => `-m conntrack ${not(pick)}--ctstate ${oneOf(pick, ["NEW", "RELATED,ESTABLISHED", "DNAT", "INVALID"])}`,
  (pick) => `-m conntrack --ctorigdst 10.0.${pick(3)}.${pick(2)}`,
  (pick) => `-p tcp -m conntrack --ctorigdstport ${pick(9)}`,
  (pick) => `-m iprange ${not(pick)}--src-range 10.0.0.${pick(5)}-10.0.0.${5 + pick(9)}`,
  (pick) => `-m mark ${not(pick)}--mark 0x${pick(4)}/0x${pick(4)}`,
  (pick) => `-m mark ${not(pick)}--mark ${pick(4)}`,
  (pick) => `-m ttl --ttl-${oneOf(pick, ["eq", "lt", "gt"])} ${62 + pick(4)}`,
  (pick) => `-m set ${not(pick)}--match-set ${oneOf(pick, ["a", "b"])} src`,
  () => "-m limit --limit 1/s",
  (pick) => `-m addrtype ${not(pick)}--dst-type LOCAL`,
  (pick) => `-m length ${not(pick)}--length ${60 + pick(4)}:${64 + pick(4)}`,
];
const TARGETS: Readonly<Record<string, readonly string[]>> = {
  raw: ["-j ACCEPT", "-j DROP", "-j CT --notrack", "-j A", "-g B", "-j RETURN"],
  mangle: [
    "-j ACCEPT",
    "-j DROP",
    "-j MARK --set-xmark 0x2/0x3",
    "-j MARK --set-xmark 0x1/0xffffffff",
    "-j A",
    "-g B",
    "-j RETURN",
    "-j TTL --ttl-set 64",
    "-j CONNMARK --set-xmark 0x1/0xffffffff",
    "-j TOS --set-tos 0x10/0xff",
  ],
  filter: ["-j ACCEPT", "-j DROP", "-j REJECT", "-j LOG", "-j A", "-g B", "-j RETURN", ""],
};
const NAT: Readonly<Record<string, readonly string[]>> = {
  PREROUTING: [
    "-p tcp -j DNAT --to-destination 10.0.1.1:3",
    "-j DNAT --to-destination 10.0.2.1",
    "-p udp -j REDIRECT --to-ports 5",
    "-j RETURN",
    "-j A",
  ],
  OUTPUT: ["-j DNAT --to-destination 10.0.1.1", "-j ACCEPT"],
  POSTROUTING: ["-j MASQUERADE", "-j SNAT --to-source 10.0.0.9", "-j RETURN"],
};
const HOOKS: Readonly<Record<string, readonly string[]>> = {
  raw: ["PREROUTING", "OUTPUT"],
  mangle: ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
  nat: ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"],
  filter: ["INPUT", "FORWARD", "OUTPUT"],
};

function matches(pick: Pick): string {
  const drawn = Array.from({ length: 1 + pick(2) }, () => oneOf(pick, MATCHES)(pick));
  // one protocol a rule
  return drawn.filter((each, at) => at === 0 || !each.includes("-p ")).join(" ");
}
function table(pick: Pick, name: string): string {
  const hooks = HOOKS[name] ?? [];
  const own = name === "nat" ? [] : ["A", "B"];
  const lines = [
    `*${name}`,
    ...hooks.map((hook) => `:${hook} ${name === "filter" ? oneOf(pick, ["ACCEPT", "DROP"]) : "ACCEPT"} [0:0]`),
    ...["A", "B"].map((chain) => `:${chain} - [0:0]`),
  ];
  for (const hook of hooks)
    for (let left = pick(4); left > 0; left--) {
      const target = name === "nat" ? oneOf(pick, NAT[hook] ?? ["-j RETURN"]) : oneOf(pick, TARGETS[name] ?? []);
      const asks = matches(pick);
      const both = asks.includes("-p ") ? target.replace(/^-p \w+ /, "") : target;
      // a port needs its protocol
      const fits =
        (both.includes(":3") || both.includes("to-ports")) && !/(^| )-p (tcp|udp)/.test(`${asks} ${both}`)
          ? "-j RETURN"
          : both;
      lines.push(`-A ${hook} ${asks} ${fits}`);
    }
  for (const chain of own)
    for (let left = pick(3); left > 0; left--)
      lines.push(
        `-A ${chain} ${matches(pick)} ${oneOf(pick, chain === "A" ? [...(TARGETS[name] ?? [])].map((each) => each.replace("-j A", "-j B")) : ["-j ACCEPT", "-j DROP", "-j RETURN"])}`,
      );
  return `${lines.join("\n")}\nCOMMIT\n`;
}
export const drawDump = (pick: Pick): string =>
  ["raw", "mangle", "nat", "filter"]
    .filter((name) => name === "filter" || pick(2) === 0)
    .map((name) => table(pick, name))
    .join("");

const LAN: HostJson = {
  kernel: "6.1",
  addr: [
    { ifname: "eth0", addr_info: [{ family: "inet", local: "10.0.0.9", prefixlen: 24 }] },
    { ifname: "docker0", addr_info: [{ family: "inet", local: "10.0.1.9", prefixlen: 24 }] },
  ],
  route: [
    { dst: "10.0.0.0/24", dev: "eth0" },
    { dst: "10.0.1.0/24", dev: "docker0" },
    { dst: "default", dev: "eth0", gateway: "10.0.0.254" },
  ],
  sysctl: {
    "net.ipv4.ip_forward": "1",
    "net.ipv4.conf.all.rp_filter": "0",
    "net.ipv4.conf.eth0.rp_filter": "0",
    "net.ipv4.conf.docker0.rp_filter": "0",
  },
};

function drawPacket(pick: Pick, routed: boolean): Packet {
  const protocol = oneOf(pick, ["tcp", "udp", "icmp", "47"]);
  const ports = protocol === "tcp" || protocol === "udp";
  const from = pick(3);
  return readPacket("ipv4", {
    inInterface: from === 0 ? null : oneOf(pick, routed ? ["eth0", "docker0"] : ["eth0", "docker0", "eth1"]),
    // routes say it
    ...(routed ? {} : { outInterface: from === 2 ? null : oneOf(pick, ["eth0", "docker0"]) }),
    source: `10.0.${pick(3)}.${pick(12)}`,
    destination: `10.0.${pick(3)}.${oneOf(pick, [0, 1, 9])}`,
    protocol,
    ...(ports ? { sourcePort: pick(20), destinationPort: pick(20) } : {}),
    ...(protocol === "icmp" ? { icmpType: oneOf(pick, ["8/0", "0/0", "3/1"]) } : {}),
    ...(protocol === "tcp" ? { tcpFlags: oneOf(pick, ["SYN", "ACK", "SYN,ACK"]) } : {}),
    mark: pick(4),
    ttl: 60 + pick(8),
    length: 58 + pick(12),
    tos: 0,
    ctstate: "NEW",
    physdevIn: null,
    physdevOut: null,
  });
}

function provedFates(proof: Proof, packet: Packet): Set<string> {
  return new Set(
    fatesIn(proof, holding(proof, packet)).map(
      ({ end, decidedBy }) => `${end.verdict} ${end.lost?.reason ?? decidedBy}`,
    ),
  );
}
const walkedFates = (world: World, packet: Packet): Set<string> =>
  new Set(walk(world, packet).paths.map(({ verdict, decidedBy, lost }) => `${verdict} ${lost?.reason ?? decidedBy}`));

const RUNS = Number(process.env["RUNS"] ?? 40);
for (const [name, host] of [
  ["without facts", new Host({})],
  ["with routes", new Host(LAN)],
] as const)
  test(`a packet's fate is the set's that it lies in: ${name}`, () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const pick = sequence(seed);
        const dump = drawDump(pick);
        const world = { ruleset: rulesetOf(dump, host), host };
        const [proof] = prove([world], { packet: readPacket("ipv4", {}) });
        for (let left = 50; left > 0; left--) {
          const packet = drawPacket(pick, host.lookups("ipv4") !== undefined);
          expect(provedFates(proof as Proof, packet), `${dump}\n${JSON.stringify(packetJson(packet))}`).toEqual(
            walkedFates(world, packet),
          );
        }
      }),
      { numRuns: RUNS },
    );
  });
