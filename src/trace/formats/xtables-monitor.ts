/** `xtables-monitor --trace`: iptables/xtables-monitor.c; semantics 2, recordings t05a to t05e. */
import { TCP_FLAGS } from "../../facts/index.ts";
import { address, mac, number, type Reader } from "../draft.ts";
import type { Draft, LogValues, TraceEvent } from "../event.ts";
import { NftPackets, type NftStep, withDevices } from "../nft-lines.ts";

const PACKET = /^PACKET: (\d+) ([\da-f]{8}) (.*)$/;
const TRACE = /^ ?TRACE: (\d+) ([\da-f]{8}) ([^:]+):(.+)$/;
/** From the left: the verdict may name a chain, and a rule's text may be anything. */
const RULE = /^(.+?):rule:0x([\da-f]+):(\S+) (?: *-[46] -t \S+ (.*)| *)$/;
const POLICY = /^(.+):policy:(\S+) ?$/;
const RETURN = /^(.+):return:.*$/;

const FAMILIES: Readonly<Record<string, NftStep["family"]>> = { 2: "ipv4", 7: "bridge", 10: "ipv6" };

export const isXtablesMonitor = (message: string): boolean =>
  message.startsWith("PACKET: ") || /^ ?TRACE: \d+ [\da-f]{8} /.test(message);

export class XtablesMonitor {
  readonly #packets = new NftPackets();

  /** "packet": the line tells the fields of those that follow; undefined: it cannot be read. */
  read(message: string, line: number, text: string): TraceEvent | "packet" | undefined {
    const [, of = "", id = "", fields = ""] = PACKET.exec(message) ?? [];
    const family = FAMILIES[of];
    if (family) {
      const values = readPacket(family, fields);
      if (!values) return undefined;
      this.#packets.remember(family, id, values);
      return "packet";
    }
    const step = readStep(message);
    return step && this.#packets.event(step, line, text);
  }
}

function readStep(message: string): NftStep | undefined {
  const [, of = "", trace = "", table = "", rest = ""] = TRACE.exec(message) ?? [];
  const family = FAMILIES[of];
  if (!family) return undefined;
  const base = { family, trace, table, words: "iptables" as const };
  const [, chain, handle = "", verdict = "", body = ""] = RULE.exec(rest) ?? [];
  if (chain !== undefined)
    return {
      ...base,
      chain,
      kind: "rule",
      handle: Number.parseInt(handle, 16),
      verdict: verdictOf(verdict),
      rule: body.trimEnd(),
    };
  const [, endOf, policy] = POLICY.exec(rest) ?? [];
  if (endOf !== undefined)
    return { ...base, chain: endOf, kind: "policy", handle: null, verdict: policy ?? "", rule: "" };
  const [, left] = RETURN.exec(rest) ?? [];
  return left === undefined
    ? undefined
    : { ...base, chain: left, kind: "return", handle: null, verdict: "RETURN", rule: "" };
}

/** NFT_RETURN and the others have no name there: a number is printed (include/uapi/linux/netfilter.h, nf_tables.h). */
function verdictOf(word: string): string {
  const [, jump, chain] = /^(JUMP|GOTO):(.*)$/.exec(word) ?? [];
  if (jump) return `${jump} ${chain}`;
  if (!word.startsWith("0x")) return word;
  const number = Number(word);
  if (number === 0xfffffffb) return "RETURN";
  return ["", "", "STOLEN", "QUEUE", "REPEAT", "STOP"][number & 0xff] ?? word;
}

function readPacket(family: NftStep["family"], text: string): LogValues | undefined {
  const values = withDevices(
    { fragmentOffset: 0, moreFragments: 0, mark: 0 },
    family,
    /(?:^| )IN=(\S+)/.exec(text)?.[1] ?? null,
    /(?:^| )OUT=(\S+)/.exec(text)?.[1] ?? null,
  );
  if (family === "bridge") return readFrame(values, text);
  for (const token of text.split(" ")) {
    const equals = token.indexOf("=");
    if (equals < 0) readMark(values, token);
    else READERS[token.slice(0, equals)]?.(values, token.slice(equals + 1));
  }
  if (values.source === undefined || typeof values.source !== typeof values.destination) return undefined;
  // what it takes for ports in a later fragment is payload
  if (values.fragmentOffset !== 0) {
    for (const name of ["sourcePort", "destinationPort", "tcpFlags", "tcpEcn", "protocol"] as const)
      delete values[name];
  }
  return values;
}

const READERS: Readonly<Record<string, Reader>> = {
  SRC: address("source"),
  DST: address("destination"),
  LEN: number("length"),
  TOS: number("tos"),
  TC: number("tos"),
  TTL: number("ttl"),
  HOPLIMIT: number("ttl"),
  ID: number("ipId"),
  FLOWLBL: number("flowLabel"),
  SPORT: number("sourcePort"),
  DPORT: number("destinationPort"),
  MARK: number("mark"),
  MACSRC: mac("macSource"),
  MACDST: mac("macDestination"),
};

/** Words without a value: no PROTO is printed, only tcp has flags. */
function readMark(values: Draft, token: string): void {
  const bit = TCP_FLAGS.indexOf(token as (typeof TCP_FLAGS)[number]);
  if (token === "DF") values.dontFragment = 1;
  else if (token === "MF") values.moreFragments = 1;
  else if (token.startsWith("FRAG:")) values.fragmentOffset = Number(token.slice(5));
  else if (bit >= 0) {
    values.protocol = 6;
    values.tcpFlags = Number(values.tcpFlags ?? 0) | (1 << bit);
  }
}

/** A frame's headers are printed as bytes: the link header by name where it came in, and what is in it as `NH=`. */
function readFrame(values: Draft, text: string): LogValues | undefined {
  const [, link] = / LL=0x[\da-f]+ ([\da-f]+)/.exec(text) ?? [];
  const [, source] = /MACSRC=(\S+)/.exec(text) ?? [];
  const [, destination] = /MACDST=(\S+)/.exec(text) ?? [];
  const [, type] = /MACPROTO=([\da-f]+)/.exec(text) ?? [];
  if (source) READERS["MACSRC"]?.(values, source);
  if (destination) READERS["MACDST"]?.(values, destination);
  if (type) values.etherType = Number.parseInt(type, 16);
  const header = bytesOf(link ?? "");
  if (header.length >= 14) {
    values.macDestination = big(header.slice(0, 6));
    values.macSource = big(header.slice(6, 12));
    values.etherType = big(header.slice(12, 14));
  }
  const network = bytesOf(/ NH=([\da-f]+)/.exec(text)?.[1] ?? "");
  if (values.etherType === 0x0800 && network.length >= 20) readIpv4(values, network);
  return values;
}

/** Each byte is printed as a signed char: from 0x80 on with six f before it. */
function bytesOf(text: string): number[] {
  const bytes: number[] = [];
  for (const [, byte = ""] of text.matchAll(/(?:ffffff)?([\da-f]{2})/g)) bytes.push(Number.parseInt(byte, 16));
  return bytes;
}
const big = (bytes: readonly number[]): number => bytes.reduce((sum, byte) => sum * 256 + byte, 0);

function readIpv4(values: Draft, bytes: readonly number[]): void {
  const at = (from: number, to: number) => big(bytes.slice(from, to));
  Object.assign(values, {
    tos: bytes[1],
    length: at(2, 4),
    ipId: at(4, 6),
    ttl: bytes[8],
    protocol: bytes[9],
    source: at(12, 16),
    destination: at(16, 20),
  });
}
