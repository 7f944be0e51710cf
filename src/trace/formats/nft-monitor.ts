/** `nft monitor trace`, with any of -a, -n: src/netlink.c netlink_events_trace_cb of nftables; semantics 2, recordings t05a to t05e. */
import { protocolNumber, TCP_FLAGS } from "../../facts/index.ts";
import { address, assign, integer, mac, number, type Reader } from "../draft.ts";
import type { LogValues, TraceEvent } from "../event.ts";
import { NftPackets, type NftStep, withDevices } from "../nft-lines.ts";
import { codeOf, dscpOf, ECN, typeOf } from "../nft-names.ts";

const LINE = /^trace id ([\da-f]{8}) (ip|ip6|bridge) (\S+) (\S+) (packet: |rule |unknown rule |policy |verdict )(.*)$/;
const RULE = /^(.*?)(?: ?# handle (\d+))? ?\(verdict ([a-z]+)(?: (\S+))?\) ?$/;
const POLICY = /^(\S+)(?: meta mark (0x[\da-f]+))? *$/;
const FAMILIES = { ip: "ipv4", ip6: "ipv6", bridge: "bridge" } as const;

export const isNftMonitor = (message: string): boolean => message.startsWith("trace id ");

export class NftMonitor {
  readonly #packets = new NftPackets();

  /** "packet": the line tells the fields of those that follow; undefined: it cannot be read. */
  read(message: string, line: number, text: string): TraceEvent | "packet" | undefined {
    const [, trace = "", of, table = "", chain = "", what, rest = ""] = LINE.exec(message) ?? [];
    if (of === undefined) return undefined;
    const family = FAMILIES[of as keyof typeof FAMILIES];
    if (what === "packet: ") {
      this.#packets.remember(family, trace, readPacket(family, rest));
      return "packet";
    }
    const step = readStep(what ?? "", rest);
    return step && this.#packets.event({ family, trace, table, chain, words: "nft", ...step }, line, text);
  }
}

type Read = Pick<NftStep, "kind" | "handle" | "verdict" | "rule" | "mark">;
function readStep(what: string, rest: string): Read | undefined {
  if (what === "policy " || what === "verdict ") {
    const [, word, mark] = POLICY.exec(rest) ?? [];
    if (word === undefined) return undefined;
    const kind = what === "policy " ? "policy" : "return";
    // the mark is told only where there is one
    return { kind, handle: null, verdict: word.toUpperCase(), rule: "", mark: Number(mark ?? 0) };
  }
  const [, rule, handle, word = "", chain] = RULE.exec(rest) ?? [];
  if (rule === undefined) return undefined;
  const verdict = `${word.toUpperCase()}${chain === undefined ? "" : ` ${chain}`}`;
  return { kind: "rule", handle: handle === undefined ? null : Number(handle), verdict, rule: rule.trim() };
}

const WORDS =
  /\b(ether|ip6?|tcp|udp|udplite|sctp|dccp|icmp|icmpv6|esp|ah|igmp|gre|arp|vlan) ([a-z-]+) (?:== )?(\S+(?: \| \S+)*)/g;
const TRANSPORTS = ["tcp", "udp", "udplite", "sctp", "dccp", "esp", "ah", "igmp", "gre"];

function readPacket(family: NftStep["family"], text: string): LogValues {
  const device = (name: string) => new RegExp(`\\b${name} "([^"]*)"`).exec(text)?.[1] ?? null;
  const values = withDevices({}, family, device("iif"), device("oif"));
  let type: number | undefined;
  for (const [, protocol = "", key = "", value = ""] of text.matchAll(WORDS)) {
    if (TRANSPORTS.includes(protocol) || protocol.startsWith("icmp")) {
      const number = protocolNumber(protocol === "icmpv6" ? "ipv6-icmp" : protocol);
      if (number !== undefined) values.protocol = number;
    }
    const name = `${protocol} ${key}`;
    if (name === "icmp type" || name === "icmpv6 type") type = typeOf(protocol, value);
    else if (name === "icmp code" || name === "icmpv6 code") {
      if (type !== undefined) values.icmpType = type * 256 + (codeOf(protocol, value) ?? 0);
    } else if (key === "sport" || key === "dport")
      assign(values, key === "sport" ? "sourcePort" : "destinationPort", integer(value));
    else READERS[name]?.(values, value);
  }
  if (family === "bridge") values.etherType = etherTypeOf(text);
  return values;
}

const etherTypeOf = (text: string): number =>
  text.includes(" ip saddr ") ? 0x0800 : text.includes(" ip6 saddr ") ? 0x86dd : text.includes(" arp ") ? 0x0806 : 0;

/** The upper six bits are printed first. */
const dscp: Reader = (values, text) => {
  const value = dscpOf(text);
  if (value !== undefined) values.tos = value * 4;
};
const ecn: Reader = (values, text) => {
  const value = ECN[text] ?? integer(text);
  if (value !== undefined && typeof values.tos === "number") values.tos |= value;
};

const READERS: Readonly<Record<string, Reader>> = {
  "ether saddr": mac("macSource"),
  "ether daddr": mac("macDestination"),
  "ip saddr": address("source"),
  "ip daddr": address("destination"),
  "ip6 saddr": address("source"),
  "ip6 daddr": address("destination"),
  "ip dscp": dscp,
  "ip6 dscp": dscp,
  "ip ecn": ecn,
  "ip6 ecn": ecn,
  "ip ttl": number("ttl"),
  "ip6 hoplimit": number("ttl"),
  "ip id": number("ipId"),
  "ip length": number("length"),
  // the header is not counted there
  "ip6 length": number("length", 40),
  "ip6 flowlabel": number("flowLabel"),
  "ip protocol": (values, text) => assign(values, "protocol", protocolNumber(text)),
  "tcp flags": (values, text) => assign(values, "tcpFlags", flagsOf(text)),
  "icmp id": number("icmpId"),
  "icmp sequence": number("icmpSeq"),
  "icmpv6 id": number("icmpId"),
  "icmpv6 sequence": number("icmpSeq"),
  "esp spi": number("espSpi"),
  "ah spi": number("ahSpi"),
};

/** `syn`, `fin | ack`, `0x12`; what is above the six flags is ECN's. */
function flagsOf(text: string): number {
  const bits = integer(text);
  if (bits !== undefined) return bits & 0x3f;
  return text.split(" | ").reduce((sum, name) => {
    const at = TCP_FLAGS.indexOf(name.toUpperCase() as (typeof TCP_FLAGS)[number]);
    return at < 0 ? sum : sum | (1 << at);
  }, 0);
}
