/** Values for options that fit a packet, so that rules decide something; what is not named here is drawn from the examples. */
import { TCP_FLAGS } from "../../../src/facts/index.ts";
import { chance, oneOf, type Pick } from "../draw.ts";
import type { Aim } from "./conversation.ts";
import { AH, DESTINATION, ESP, encode, HOP_BY_HOP, IPCOMP, MOBILITY, ROUTING } from "./datagram.ts";

type Draw = (pick: Pick, aim: Aim) => string | null;
const near = (pick: Pick, value: number, most: number): string => {
  const low = Math.max(0, value - pick(3));
  const high = Math.min(most, value + pick(3));
  return low === high ? String(value) : `${low}:${high}`;
};
const text = (value: number | string | null | undefined): string | null => (value == null ? null : String(value));
const port =
  (side: "sourcePort" | "destinationPort"): Draw =>
  (pick, { datagram }) => {
    const value = datagram[side];
    if (value === undefined) return null;
    return chance(pick, 60) ? String(value) : near(pick, value, 65535);
  };
const ports =
  (...sides: readonly ("sourcePort" | "destinationPort")[]): Draw =>
  (pick, { datagram }) => {
    const value = datagram[oneOf(pick, sides)];
    if (value === undefined) return null;
    const others = Array.from({ length: pick(4) }, () => near(pick, 1 + pick(60000), 65535));
    return [...others, near(pick, value, 65535)].sort(() => pick(3) - 1).join(",");
  };
const address =
  (side: "source" | "destination"): Draw =>
  (pick, { datagram }) =>
    prefixOf(pick, datagram[side]);
function prefixOf(pick: Pick, address: string): string {
  if (address.includes(":")) return `${address}/${oneOf(pick, [128, 128, 64, 32, 127, 125])}`;
  return `${address}/${oneOf(pick, [32, 32, 24, 16, 31, 30, 8, 29])}`;
}
const range =
  (side: "source" | "destination"): Draw =>
  (pick, { datagram }) => {
    const value = datagram[side];
    const cut = value.lastIndexOf(value.includes(":") ? ":" : ".") + 1;
    const radix = value.includes(":") ? 16 : 10;
    const last = Number.parseInt(value.slice(cut) || "0", radix);
    const end = (by: number) => `${value.slice(0, cut)}${Math.min(255, Math.max(0, last + by)).toString(radix)}`;
    return `${end(-pick(3))}-${end(pick(3))}`;
  };
const device =
  (side: "inInterface" | "outInterface" | "physdevIn" | "physdevOut"): Draw =>
  (pick, aim) => {
    const name = aim[side];
    return name === null ? null : chance(pick, 70) ? name : `${name.slice(0, -1)}+`;
  };
const number =
  (of: (aim: Aim) => number): Draw =>
  (pick, aim) =>
    String(Math.max(0, of(aim) + pick(3) - 1));
const size = (aim: Aim): number => encode(aim.datagram).length;
const bitsOf =
  (of: (aim: Aim) => number): Draw =>
  (pick, aim) => {
    const mask = oneOf(pick, [0xffffffff, 0xf, 0x6, 0xff]);
    return `0x${((of(aim) & mask) >>> 0).toString(16)}/0x${mask.toString(16)}`;
  };
const flags: Draw = (pick, { datagram: { tcpFlags } }) => {
  if (tcpFlags === undefined) return null;
  const mask = TCP_FLAGS.filter((_, bit) => (tcpFlags & (1 << bit)) !== 0 || chance(pick, 50));
  const set = mask.filter((name) => (tcpFlags & (1 << TCP_FLAGS.indexOf(name))) !== 0);
  return `${mask.join(",") || "ALL"} ${set.join(",") || "NONE"}`;
};
const icmpType: Draw = (pick, { datagram: { icmpType: value } }) => {
  if (value === undefined) return null;
  const [type, code] = [value >> 8, value & 255];
  return oneOf(pick, [`${type}`, `${type}/${code}`]);
};
const states =
  (names: readonly string[]): Draw =>
  (pick, aim) =>
    names.filter((name) => aim.states.includes(name) || chance(pick, 20)).join(",") ||
    names[pick(names.length)] ||
    null;
const STATES = ["INVALID", "NEW", "RELATED", "ESTABLISHED", "UNTRACKED"];

/** One address, so that nothing is left to chance; with a port, where there are ports. */
const spiOf: Draw = (pick, { datagram: { protocol, body, extensions = [] } }) => {
  const header = extensions.find(({ header }) => header === AH);
  const text = header?.rest.slice(6, 14) ?? (protocol === AH ? body.slice(8, 16) : body.slice(0, 8));
  return near(pick, Number.parseInt(text, 16), 0xffffffff);
};
const EXTENSIONS: Readonly<Record<number, string>> = {
  [HOP_BY_HOP]: "hop-by-hop",
  [DESTINATION]: "ipv6-opts",
  [ROUTING]: "ipv6-route",
  [AH]: "ah",
};
const headers: Draw = (pick, { datagram: { protocol, extensions = [] } }) => {
  const last = protocol === ESP ? "esp" : "protocol";
  const names = [...extensions.map(({ header }) => EXTENSIONS[header]), last].filter(() => chance(pick, 90));
  return names.join(",") || "protocol";
};

const translated: Draw = (pick, { datagram, everybody }) => {
  const address = oneOf(pick, everybody);
  const port = datagram.destinationPort === undefined ? null : oneOf(pick, [null, null, 80, 53, 8080, 40000 + pick(9)]);
  if (port === null) return address;
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
};
/** The same address, or only the port for tcp and udp. */
const onePort: Draw = (pick) => String(oneOf(pick, [80, 53, 8080, 40000 + pick(9)]));

/** A net of this run, by its first word; the packet's own, or any. */
const prefixed =
  (side: "source" | "destination" | null): Draw =>
  (pick, { datagram, everybody }) => {
    const address = side === null ? oneOf(pick, everybody) : datagram[side];
    const [first = "", second = ""] = address.split(":");
    return address.includes(":") ? `${first}:${second}::/${oneOf(pick, [48, 32, 64])}` : null;
  };
const spare = ({ datagram: { family } }: Aim, side: string): string =>
  `${family === "ipv6" ? "spare6" : "spare"} ${side}`;

const DRAWS: Readonly<Record<string, Draw>> = {
  "ip -s": address("source"),
  "ip -d": address("destination"),
  "ip -i": device("inInterface"),
  "ip -o": device("outInterface"),
  "tcp --sport": port("sourcePort"),
  "tcp --dport": port("destinationPort"),
  "tcp --tcp-flags": flags,
  "tcp --tcp-option": (pick) => String(oneOf(pick, [1, 2, 3, 4, 8, 254])),
  "tcpmss --mss": (pick) => oneOf(pick, ["1460", "536", "500:1500", "0:1000", "1461:"]),
  "udp --sport": port("sourcePort"),
  "udp --dport": port("destinationPort"),
  "sctp --sport": port("sourcePort"),
  "sctp --dport": port("destinationPort"),
  "multiport --sports": ports("sourcePort"),
  "multiport --dports": ports("destinationPort"),
  "multiport --ports": ports("sourcePort", "destinationPort"),
  "icmp --icmp-type": icmpType,
  "icmp6 --icmpv6-type": icmpType,
  "iprange --src-range": range("source"),
  "iprange --dst-range": range("destination"),
  "length --length": (pick, aim) => near(pick, size(aim), 65535),
  "ttl --ttl-eq": number(({ datagram }) => datagram.ttl),
  "ttl --ttl-lt": number(({ datagram }) => datagram.ttl),
  "ttl --ttl-gt": number(({ datagram }) => datagram.ttl),
  "hl --hl-eq": number(({ datagram }) => datagram.ttl),
  "hl --hl-lt": number(({ datagram }) => datagram.ttl),
  "hl --hl-gt": number(({ datagram }) => datagram.ttl),
  "tos --tos": (pick, { datagram }) => {
    const mask = oneOf(pick, [0xff, 0x3f, 0xfc, 0x10]);
    return `0x${(datagram.tos & mask).toString(16)}/0x${mask.toString(16)}`;
  },
  "dscp --dscp": (_, { datagram }) => String(datagram.tos >> 2),
  "ecn --ecn-ip-ect": (_, { datagram }) => String(datagram.tos & 3),
  "mark --mark": bitsOf(({ mark }) => mark),
  "connmark --mark": bitsOf(({ mark }) => mark),
  "mac --mac-source": (_, { macSource }) => text(macSource),
  "physdev --physdev-in": device("physdevIn"),
  "physdev --physdev-out": device("physdevOut"),
  "state --state": states(STATES.slice(0, 4).concat("UNTRACKED")),
  "conntrack --ctstate": states([...STATES, "SNAT", "DNAT"]),
  "conntrack --ctproto": (_, { datagram }) => String(datagram.protocol),
  "conntrack --ctorigsrc": address("source"),
  "conntrack --ctorigdst": address("destination"),
  "conntrack --ctreplsrc": address("destination"),
  "conntrack --ctrepldst": address("source"),
  "conntrack --ctorigsrcport": port("sourcePort"),
  "conntrack --ctorigdstport": port("destinationPort"),
  "conntrack --ctreplsrcport": port("destinationPort"),
  "conntrack --ctrepldstport": port("sourcePort"),
  "frame -s": (_, { macSource }) => text(macSource),
  "frame -d": (_, { macDestination }) => text(macDestination),
  "frame -i": device("physdevIn"),
  "frame -o": device("physdevOut"),
  "ip --ip-src": address("source"),
  "ip --ip-dst": address("destination"),
  "ip --ip-tos": (_, { datagram }) => `0x${datagram.tos.toString(16)}`,
  "ip --ip-proto": (_, { datagram }) => String(datagram.protocol),
  "ip --ip-sport": port("sourcePort"),
  "ip --ip-dport": port("destinationPort"),
  "ip --ip-icmp-type": icmpType,
  "ip6 --ip6-src": address("source"),
  "ip6 --ip6-dst": address("destination"),
  "ip6 --ip6-tclass": (_, { datagram }) => `0x${datagram.tos.toString(16)}`,
  "ip6 --ip6-proto": (_, { datagram }) => String(datagram.protocol),
  "ip6 --ip6-sport": port("sourcePort"),
  "ip6 --ip6-dport": port("destinationPort"),
  "ip6 --ip6-icmp-type": icmpType,
  "mark_m --mark": bitsOf(({ mark }) => mark),
  "pkttype --pkttype-type": (pick) => oneOf(pick, ["host", "otherhost", "broadcast", "multicast"]),
  "among --among-src": (_, { macSource }) => text(macSource),
  "among --among-dst": (_, { macDestination }) => text(macDestination),
  "dnat --to-dst": (pick, { macSource, macDestination }) => text(oneOf(pick, [macDestination, macSource])),
  "snat --to-src": (pick, { macSource, macDestination }) => text(oneOf(pick, [macDestination, macSource])),
  "SNPT --src-pfx": prefixed("source"),
  "SNPT --dst-pfx": prefixed(null),
  "DNPT --src-pfx": prefixed("destination"),
  "DNPT --dst-pfx": prefixed(null),
  "set --match-set": (pick, { datagram }) =>
    datagram.family === "ipv6"
      ? `hosts6 ${oneOf(pick, ["src", "dst"])}`
      : oneOf(pick, ["hosts src", "hosts dst", "pairs src,dst", "pairs dst,dst", "pairs src,src"]),
  "ah --ahspi": spiOf,
  "esp --espspi": spiOf,
  "ipcomp --ipcompspi": (pick, { datagram: { protocol, body } }) =>
    protocol === IPCOMP ? near(pick, Number.parseInt(body.slice(4, 8), 16), 0xffff) : null,
  "mh --mh-type": (pick, { datagram: { protocol, body } }) =>
    protocol === MOBILITY ? near(pick, Number.parseInt(body.slice(4, 6), 16), 255) : null,
  "ipv6header --header": headers,
  "dccp --sport": port("sourcePort"),
  "dccp --dport": port("destinationPort"),
  "devgroup --src-group": (pick) => oneOf(pick, ["3", "default", "0x1/0x1"]),
  "devgroup --dst-group": (pick) => oneOf(pick, ["3", "default", "0x1/0x1"]),
  "owner --uid-owner": (pick) => oneOf(pick, ["0", "33", "1000", "1-999"]),
  "owner --gid-owner": (pick) => oneOf(pick, ["0", "0-5", "33"]),
  "cluster --cluster-total-nodes": (pick) => oneOf(pick, ["2", "2", "8"]),
  "addrtype --src-type": (pick) => oneOf(pick, ["LOCAL", "UNICAST", "BROADCAST", "LOCAL,UNICAST", "BLACKHOLE"]),
  "addrtype --dst-type": (pick) => oneOf(pick, ["LOCAL", "UNICAST", "BROADCAST", "MULTICAST,ANYCAST", "PROHIBIT"]),
  // of one value a hash has no choice
  "HMARK --hmark-mod": () => "1",
  "SET --add-set": (_, aim) => spare(aim, "src"),
  "SET --del-set": (_, aim) => spare(aim, "dst"),
  "TEE --gateway": (pick, { everybody }) => oneOf(pick, everybody),
  "TEE --oif": (pick) => oneOf(pick, ["ext0", "ext1", "br1"]),
  // a name stands for what was there first, and rules that differ about it are refused
  "hashlimit --hashlimit-name": (pick) => `h${pick(1e6)}`,
  "RATEEST --rateest-name": (pick) => `r${pick(1e6)}`,
  "IDLETIMER --label": (pick) => `t${pick(1e6)}`,
  "DNAT --to-destination": translated,
  "SNAT --to-source": translated,
  "REDIRECT --to-ports": onePort,
  "MASQUERADE --to-ports": onePort,
  "NETMAP --to": (pick, { datagram }) =>
    datagram.source.includes(":")
      ? `${datagram.source.split(":")[0]}:${oneOf(pick, [1, 2, 8, 9])}::/64`
      : `${datagram.source.split(".").slice(0, 2).join(".")}.${oneOf(pick, [1, 2, 8, 9])}.0/24`,
  "statistic --probability": (pick) => oneOf(pick, ["0", "1", "1"]),
};

/** multiport's examples name services that only tcp has; those of NAT leave the choice to a hash. */
const ALWAYS: ReadonlySet<string> = new Set([
  "multiport",
  "HMARK",
  "RATEEST",
  "IDLETIMER",
  "hashlimit",
  "DNAT",
  "SNAT",
  "REDIRECT",
  "MASQUERADE",
  "NETMAP",
  "set",
  "SET",
]);

/** The words behind the option; null: nothing about the packet fits it, or it is time for something else. */
export function aimedWords(pick: Pick, extension: string, option: string, aim: Aim): string[] | null {
  const drawn = ALWAYS.has(extension) || chance(pick, 85) ? DRAWS[`${extension} ${option}`]?.(pick, aim) : null;
  return drawn == null ? null : drawn.split(" ");
}
