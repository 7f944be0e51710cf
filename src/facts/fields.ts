/**
 * What a rule can ask about a packet. One row a field: packet words, JSON, scenario schema, log keys and sentences
 * all read this table; nobody lists fields a second time.
 */

import { own } from "../own.ts";
import { type Family, readMac, readPrefix, writeAddress, writeMac } from "./address.ts";
import { protocolName, protocolNumber } from "./protocols.ts";
import { after, prefix, type Range, type Ranges, topName, unite, type Value } from "./value-set.ts";

export const TCP_FLAGS = ["FIN", "SYN", "RST", "PSH", "ACK", "URG"] as const;
/** include/uapi/linux/netfilter/nf_conntrack_common.h: enum ip_conntrack_status, the bits that `--ctstatus` can name. */
export const CT_STATUS = ["EXPECTED", "SEEN_REPLY", "ASSURED", "CONFIRMED"] as const;
/** In the order in which iptables-save prints them. */
export const CT_STATES = ["INVALID", "NEW", "RELATED", "ESTABLISHED", "UNTRACKED"] as const;
/** include/uapi/linux/netfilter/nf_conntrack_common.h: IPS_SRC_NAT, IPS_DST_NAT. */
export const CT_NAT = ["SNAT", "DNAT"] as const;
export const CT_DIRECTIONS = ["ORIGINAL", "REPLY"] as const;
/** include/uapi/linux/if_packet.h PACKET_HOST and so on. */
export const PKT_TYPES = ["host", "broadcast", "multicast", "otherhost", "outgoing", "loopback", "fastroute"] as const;
/** IPv6 headers that stand between the first and the protocol's, by the names that `-m ipv6header` prints. */
export const EXTENSION_HEADERS = ["hop-by-hop", "ipv6-opts", "ipv6-route", "ipv6-frag", "ah"] as const;

/** How the values of a field are written: what one item of a comma list means, and back. */
interface Kind {
  /** The whole range of values; depends on the family for addresses only. */
  all(family: Family): Range;
  /** One item; undefined when it is none. */
  read(item: string): Range | undefined;
  write(value: Value): string;
  readonly expects: string;
  /** Set when a comma list is one value, not alternatives. */
  readonly whole?: boolean;
}

const one = (value: Value): Range => [value, after(value)];
const number = (limit: number, hex = false): Kind => ({
  all: () => [0, limit],
  read(item) {
    const [low = "", high = low, more] = item.split(":");
    if (more !== undefined || !/^(\d+|0x[0-9a-f]+)$/i.test(low) || !/^(\d+|0x[0-9a-f]+)$/i.test(high)) return undefined;
    return Number(low) <= Number(high) && Number(high) < limit ? [Number(low), Number(high) + 1] : undefined;
  },
  write: (value) => (hex ? `0x${Number(value).toString(16)}` : String(value)),
  expects: `a number 0-${hex ? `0x${(limit - 1).toString(16)}` : limit - 1}, or low:high`,
});
const listed = (...names: readonly string[]): Kind => ({
  all: () => [0, names.length],
  read(item) {
    const at = names.findIndex((name) => name.toLowerCase() === item.toLowerCase());
    return at < 0 ? undefined : one(at);
  },
  write: (value) => names[Number(value)] ?? String(value),
  expects: names.join(", "),
});
/** A set of numbers as one: bit n stands for the number n. */
const numbers = (limit: number): Kind => ({
  all: () => [0n, 1n << BigInt(limit)],
  read(text) {
    if (text.toUpperCase() === "NONE") return one(0n);
    const list = text.split(",").map((item) => (/^\s*\d+\s*$/.test(item) ? Number(item) : limit));
    return list.some((item) => item >= limit) ? undefined : one(bitsOf(list));
  },
  write: (value) =>
    Array.from({ length: limit }, (_, at) => at)
      .filter((at) => (BigInt(value) >> BigInt(at)) & 1n)
      .join(",") || "NONE",
  expects: `NONE or a list of numbers 0-${limit - 1}`,
  whole: true,
});
export const bitsOf = (list: readonly number[]): bigint => list.reduce((sum, bit) => sum | (1n << BigInt(bit)), 0n);
/** A set of bits; the words list those that are set. */
const bits = (names: readonly string[]): Kind => ({
  all: () => [0, 2 ** names.length],
  read(text) {
    if (text.toUpperCase() === "NONE") return one(0);
    const at = text
      .split(",")
      .map((item) => names.findIndex((name) => name.toLowerCase() === item.trim().toLowerCase()));
    return at.includes(-1) ? undefined : one(at.reduce((sum, bit) => sum | (1 << bit), 0));
  },
  write: (value) => names.filter((_, bit) => Number(value) & (1 << bit)).join(",") || "NONE",
  expects: `NONE or a list of ${names.join(", ")}`,
  whole: true,
});
const name: Kind = {
  all: () => ["", topName],
  read: (item) => (item === "" ? undefined : item.endsWith("+") ? prefix(item.slice(0, -1)) : one(item)),
  write: String,
  expects: "an interface name",
};
const address: Kind = {
  all: (family) => (family === "ipv6" ? [0n, 1n << 128n] : [0, 2 ** 32]),
  read: readPrefix,
  write: (value) => writeAddress(value as number | bigint),
  expects: "an address or prefix",
};
const mac: Kind = {
  all: () => [0, 2 ** 48],
  read(item) {
    const value = readMac(item);
    return value === undefined ? undefined : one(value);
  },
  write: (value) => writeMac(Number(value)),
  expects: "a MAC address",
};
const protocol: Kind = {
  all: () => [0, 256],
  read(item) {
    const value = protocolNumber(item);
    return value === undefined ? undefined : one(value);
  },
  write: (value) => protocolName(Number(value)),
  expects: "a protocol name or number",
};
const ICMP_NAMES: Readonly<Record<string, number>> = { "echo-reply": 0, "echo-request": 8, "time-exceeded": 11 };
/** type * 256 + code, so that `8` is the range of its codes. */
const icmp: Kind = {
  all: () => [0, 65536],
  read(item) {
    const [type = "", code, more] = String(own(ICMP_NAMES, item) ?? item).split("/");
    if (more !== undefined || !/^\d+$/.test(type) || Number(type) > 255) return undefined;
    if (code === undefined) return [Number(type) * 256, Number(type) * 256 + 256];
    return /^\d+$/.test(code) && Number(code) < 256 ? one(Number(type) * 256 + Number(code)) : undefined;
  },
  write: (value) => `${Math.floor(Number(value) / 256)}/${Number(value) % 256}`,
  expects: "an ICMP type or type/code",
};

interface Row {
  /** The packet word on the command line; empty for what only JSON can state. */
  readonly word: string;
  readonly alias?: string;
  /** The key in a TRACE line, where it prints the field as it is. */
  readonly log?: string;
  readonly kind: Kind;
  /** Used in sentences: `input interface is eth0`. */
  readonly says: string;
  /** Follows from other fields: nobody states it. */
  readonly derived?: true;
}

export const fields = {
  inInterface: { word: "-i", alias: "--in-interface", log: "IN", kind: name, says: "input interface" },
  outInterface: { word: "-o", alias: "--out-interface", log: "OUT", kind: name, says: "output interface" },
  source: { word: "-s", alias: "--source", log: "SRC", kind: address, says: "source" },
  destination: { word: "-d", alias: "--destination", log: "DST", kind: address, says: "destination" },
  protocol: { word: "-p", alias: "--protocol", log: "PROTO", kind: protocol, says: "protocol" },
  sourcePort: { word: "--sport", log: "SPT", kind: number(65536), says: "source port" },
  destinationPort: { word: "--dport", log: "DPT", kind: number(65536), says: "destination port" },
  icmpType: { word: "--icmp-type", kind: icmp, says: "ICMP type" },
  tcpFlags: { word: "--tcp-flags", kind: bits(TCP_FLAGS), says: "tcp flags" },
  fragmentOffset: { word: "--fragment", log: "FRAG", kind: number(8192), says: "fragment offset" },
  moreFragments: { word: "", kind: number(2), says: "more-fragments flag" },
  dontFragment: { word: "", kind: number(2), says: "don't-fragment flag" },
  ctstate: { word: "--ctstate", kind: listed(...CT_STATES), says: "ctstate" },
  ctdir: { word: "--ctdir", kind: listed(...CT_DIRECTIONS), says: "ctdir" },
  ctstatus: { word: "--ctstatus", kind: bits(CT_STATUS), says: "ctstatus" },
  ctorigsrc: { word: "--ctorigsrc", kind: address, says: "original source of the connection" },
  ctorigdst: { word: "--ctorigdst", kind: address, says: "original destination of the connection" },
  ctorigsrcport: { word: "--ctorigsrcport", kind: number(65536), says: "original source port of the connection" },
  ctorigdstport: { word: "--ctorigdstport", kind: number(65536), says: "original destination port of the connection" },
  ctreplsrc: { word: "--ctreplsrc", kind: address, says: "reply source of the connection" },
  ctrepldst: { word: "--ctrepldst", kind: address, says: "reply destination of the connection" },
  ctreplsrcport: { word: "--ctreplsrcport", kind: number(65536), says: "reply source port of the connection" },
  ctrepldstport: { word: "--ctrepldstport", kind: number(65536), says: "reply destination port of the connection" },
  /** NAT has changed a side of the connection: what `--ctstate SNAT` and DNAT ask (xt_conntrack.c). */
  ctnat: { word: "", kind: bits(CT_NAT), says: "NAT of the connection" },
  ctmark: { word: "", kind: number(2 ** 32, true), says: "connection's mark" },
  mark: { word: "--mark", log: "MARK", kind: number(2 ** 32, true), says: "mark" },
  physdevIn: { word: "--physdev-in", log: "PHYSIN", kind: name, says: "input bridge port" },
  physdevOut: { word: "--physdev-out", log: "PHYSOUT", kind: name, says: "output bridge port" },
  macSource: { word: "--mac-source", kind: mac, says: "source MAC" },
  macDestination: { word: "--mac-destination", kind: mac, says: "destination MAC" },
  uidOwner: { word: "--uid-owner", log: "UID", kind: number(2 ** 32), says: "owner's uid" },
  gidOwner: { word: "--gid-owner", log: "GID", kind: number(2 ** 32), says: "owner's gid" },
  /** What `--suppl-groups` asks besides; of one who has several it is left out. */
  furtherGroup: { word: "", kind: number(2 ** 32), says: "owner's one further group" },
  /** Whether it was sent by a socket: a process's, or one of the kernel's own, which nobody owns. */
  socket: { word: "", kind: listed("no", "yes"), says: "socket" },
  length: { word: "--length", log: "LEN", kind: number(2 ** 32), says: "length" },
  ttl: { word: "--ttl", log: "TTL", kind: number(256), says: "TTL" },
  tos: { word: "--tos", kind: number(256, true), says: "TOS" },
  /** How many bytes there are of a transport header that ends too early; a whole header has none. */
  incomplete: { word: "", log: "INCOMPLETE", kind: number(65536), says: "cut off transport header" },
  /** What the UDP header says of its own length, or UDP-Lite's of how much its checksum covers. */
  udpLength: { word: "", kind: number(65536), says: "length in the UDP header" },
  /** Of the transport; right unless it is stated. */
  checksum: { word: "", kind: listed("right", "wrong"), says: "checksum" },
  /** Their numbers, in the IPv4 header; none unless they are stated. */
  ipOptions: { word: "", kind: numbers(256), says: "IP options" },
  tcpOptions: { word: "", kind: numbers(256), says: "tcp options" },
  tcpMss: { word: "", kind: number(65536), says: "tcp MSS option" },
  /** The two flags that `--tcp-flags` cannot name. */
  tcpEcn: { word: "", kind: bits(["ECE", "CWR"]), says: "tcp ECN flags" },
  ahSpi: { word: "", kind: number(2 ** 32, true), says: "AH SPI" },
  espSpi: { word: "", kind: number(2 ** 32, true), says: "ESP SPI" },
  extensionHeaders: { word: "", kind: bits(EXTENSION_HEADERS), says: "extension headers" },
  fragmentId: { word: "", kind: number(2 ** 32, true), says: "fragment id" },
  pktType: { word: "", kind: listed(...PKT_TYPES), says: "packet type" },
  /** Priority, and 12 bits of id; absent: the frame has none. */
  vlanTag: { word: "--vlan-tag", kind: number(65536, true), says: "VLAN tag" },
  /** Whether the source is what its MAC makes of it. */
  eui64: { word: "", kind: listed("no", "yes"), says: "EUI-64 source", derived: true },
  /** In raw, a template of a rule's stands in the connection's place. */
  ctTemplate: { word: "", kind: listed("no", "yes"), says: "template of a connection", derived: true },
  /** What the frame says it carries. */
  frameProtocol: { word: "", kind: number(65536, true), says: "frame protocol", derived: true },
} as const satisfies Record<string, Row>;

export type Field = keyof typeof fields;
const rows: Readonly<Record<Field, Row>> = fields;
export const rowOf = (field: Field): Row => rows[field];
/** Every field that a description can state, in JSON. */
export const fieldNames: readonly Field[] = (Object.keys(fields) as Field[]).filter((field) => !rows[field].derived);
/** Those that have a packet word. */
export const wordedFields: readonly Field[] = fieldNames.filter((field) => rows[field].word !== "");
/** What a field is called in a message about its value. */
export const wordOf = (field: Field): string => rows[field].word || field;

/** All values that a field can have in a family, "not there" aside. */
export const allValues = (field: Field, family: Family): Ranges => [rows[field].kind.all(family)];

/** A comma list of values; throws a RangeError with what was expected. */
export function readValues(field: Field, text: string): Ranges {
  const { kind } = rows[field];
  const ranges = (kind.whole ? [text] : text.split(",")).map((item) => kind.read(item.trim()));
  if (ranges.some((range) => range === undefined)) throw new RangeError(kind.expects);
  return unite(ranges as Range[]);
}

/** Ranges in words that `readValues` reads again, where there is such a word. */
export function writeValues(field: Field, ranges: Ranges): string {
  const { kind } = rows[field];
  return ranges.map((range) => writeRange(kind, range)).join(",");
}

function writeRange(kind: Kind, [low, high]: Range): string {
  if (after(low) === high) return kind.write(low);
  if (kind === name) return typeof low === "string" && high === `${low}\uffff` ? `${low}+` : `${low}..${high}`;
  if (kind === icmp && Number(high) - Number(low) === 256 && Number(low) % 256 === 0) return String(Number(low) / 256);
  if (kind === address) return writeAddresses(low as number | bigint, high as number | bigint);
  return `${kind.write(low)}:${kind.write(typeof high === "bigint" ? high - 1n : Number(high) - 1)}`;
}

function writeAddresses(low: number | bigint, high: number | bigint): string {
  const bitsAll = typeof low === "bigint" ? 128 : 32;
  const size = BigInt(high) - BigInt(low);
  const bitsFree = size.toString(2).length - 1;
  const isPrefix = size === 1n << BigInt(bitsFree) && BigInt(low) % size === 0n;
  if (isPrefix) return `${writeAddress(low)}/${bitsAll - bitsFree}`;
  return `${writeAddress(low)}-${writeAddress(typeof high === "bigint" ? high - 1n : Number(high) - 1)}`;
}
