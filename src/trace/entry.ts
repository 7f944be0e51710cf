/** What a traced packet's lines tell about it as it entered. What they do not tell is left not stated. */
import {
  absent,
  anyPacket,
  cutOff,
  EXTENSION_HEADERS,
  exactly,
  type Field,
  only,
  type Packet,
  type Value,
  type ValueSet,
  withFields,
} from "../facts/index.ts";
import { type IpEvent, type LogValues, type Position, positionOf, type TraceEvent } from "./event.ts";
import type { TracedPacket } from "./packets.ts";

export interface Entry {
  readonly packet: Packet;
  /** Where its way begins: a frame or packet received, or one of this host's own; null: not told. */
  readonly hook: "PREROUTING" | "OUTPUT" | null;
  /** Where the first line was printed. */
  readonly position: Position;
  /** The bridge ports it left by, in order: several when it was flooded. */
  readonly outPorts: readonly string[];
  /** The first line was printed after the place where the destination may be rewritten: what it had before is not told. */
  readonly afterNat: boolean;
}

type Stated = Partial<Record<Field, ValueSet>>;

export function entryPacket({ family, events }: TracedPacket): Entry {
  const first = events[0] as TraceEvent;
  const ip = events.filter((event) => event.layer === "ip");
  const hook = hookOf(first, events, ip);
  const outPorts = [...new Set(events.map(({ values }) => values.physdevOut).filter((port) => port != null))];
  const { etherType } = first.values;
  const fields: Stated = {
    ...(family === "bridge" && etherType !== undefined ? { frameProtocol: only(etherType) } : {}),
    ...statedAs(first.values, ["source", "destination", "protocol", "sourcePort", "destinationPort", "tos"]),
    ...statedTos(first.values),
    ...header(ip[0]?.values),
    ...way(hook, events, ip, outPorts),
    ...linkHeader(hook, events),
    ...owner(hook, ip),
  };
  const ttl = ip[0] && ttlAsEntered(ip[0], hook);
  if (ttl !== undefined) fields.ttl = only(ttl);
  const packet = cutOff(withFields(anyPacket(family), fields));
  return { packet, hook, position: positionOf(first), outPorts, afterNat: isAfterNat(first) };
}

/** Fields of the packet itself that no line but an IP line has, and that only their first line is asked for. */
function header(values: LogValues | undefined): Stated {
  if (!values) return {};
  return { ...statedAs(values, HEADER), ...extensionHeaders(values), ...unreadable(values) };
}
const HEADER = [
  ...(["protocol", "icmpType", "tcpFlags", "tcpEcn", "tcpOptions", "tcpMss", "ahSpi", "espSpi", "udpLength"] as const),
  ...([
    "incomplete",
    "fragmentOffset",
    "moreFragments",
    "dontFragment",
    "fragmentId",
    "length",
    "ipOptions",
    "mark",
  ] as const),
];

/** Those that the line names, and some of those that it does not tell apart: at least one, and no more than it shows. */
function extensionHeaders({ namedHeaders, unnamedHeaders = 0 }: LogValues): Stated {
  if (namedHeaders === undefined) return {};
  const count = (bits: number): number => UNNAMED.filter((bit) => bits & bit).length;
  const some = Array.from({ length: 1 << EXTENSION_HEADERS.length }, (_, bits) => bits).filter(
    (bits) =>
      (bits & NAMED) === namedHeaders && count(bits) <= unnamedHeaders && count(bits) > 0 === unnamedHeaders > 0,
  );
  return { extensionHeaders: { absent: false, ranges: exactly(...some) } };
}
const UNNAMED = [1, 2, 4];
const NAMED = 8 | 16;

/** Later fragments of what begins with an extension header print no protocol, and the kernel finds none either. */
const unreadable = ({ source, protocol, fragmentOffset }: LogValues): Stated =>
  typeof source === "bigint" && protocol === undefined && fragmentOffset !== 0 ? { protocol: absent } : {};

function statedAs(values: LogValues, names: readonly Field[]): Stated {
  const out: Stated = {};
  for (const name of names) if (values[name] !== undefined) out[name] = stated(values[name]);
  return out;
}

const stated = (value: Value | null): ValueSet => (value === null ? absent : only(value));

function statedTos({ tosEven }: LogValues): Stated {
  return tosEven === undefined ? {} : { tos: { absent: false, ranges: [[tosEven, tosEven + 2]] } };
}

/**
 * A line without IN is of this host's own packet, but for two kinds: a bridged packet's POSTROUTING line has PHYSIN,
 * and before Linux 5.7 a routed packet's has nothing (semantics 4.7). Tables that POSTROUTING has not, or an owner, tell.
 */
function hookOf(first: TraceEvent, events: readonly TraceEvent[], ip: readonly IpEvent[]): Entry["hook"] {
  if (positionOf(first) !== "out" || events.some(({ values }) => values.physdevIn != null)) {
    const isOwnMulticast = first.layer === "ip" && isOwn(first);
    return isOwnMulticast ? "OUTPUT" : "PREROUTING";
  }
  return ip.some(isOwn) ? "OUTPUT" : null;
}

function isOwn({ table, chain, values }: IpEvent): boolean {
  if (values.inInterface !== null || values.physdevIn != null) return false;
  return ["raw", "filter", "security"].includes(table) || chain === "OUTPUT" || values.uidOwner !== undefined;
}

function way(
  hook: Entry["hook"],
  events: readonly TraceEvent[],
  ip: readonly IpEvent[],
  outPorts: readonly string[],
): Stated {
  const out: Stated = {};
  const inInterface = ip.find(({ values }) => values.inInterface !== null)?.values.inInterface;
  if (hook === "OUTPUT") out.inInterface = absent;
  else if (inInterface != null) out.inInterface = only(inInterface);
  const port = events.find(({ values }) => values.physdevIn != null)?.values.physdevIn;
  if (port != null) out.physdevIn = only(port);
  // no line of a frame, and no PHYSIN where one would be printed (semantics 4.5)
  else if (hook === "OUTPUT" || ip.some(({ values }) => values.inInterface != null && values.physdevIn === null))
    out.physdevIn = absent;
  const outward = ip.filter(({ values }) => values.outInterface !== null);
  // what this host sends begins with a device, which DNAT or a mark may change (semantics 4.4 J)
  const outInterface = outward.at(hook === "OUTPUT" ? 0 : -1)?.values.outInterface;
  if (outInterface != null) out.outInterface = only(outInterface);
  else if (ip.some(isInput)) out.outInterface = absent;
  if (outPorts.length === 1) out.physdevOut = only(outPorts[0] as string);
  else if (outPorts.length === 0 && out.outInterface === absent) out.physdevOut = absent;
  return out;
}

/** filter and security have no chain before routing but those of packets to this host (semantics 4.1). */
const isInput = (event: IpEvent): boolean =>
  positionOf(event) === "in" && (["filter", "security"].includes(event.table) || event.chain === "INPUT");

/** The frame it came in. After bridged DNAT its destination is another (semantics 1.5), so only early lines tell that. */
function linkHeader(hook: Entry["hook"], events: readonly TraceEvent[]): Stated {
  if (hook === "OUTPUT") return { macSource: absent, macDestination: absent };
  const line = events.find((event) => event.values.macSource !== undefined && positionOf(event) !== "out");
  if (!line) return {};
  const rewritten = line.layer === "ip" && positionOf(line) === "through" && line.values.physdevOut != null;
  return statedAs(line.values, rewritten ? ["macSource"] : ["macSource", "macDestination"]);
}

/** Only lines that leave tell the sender's socket; INPUT lines may print the receiver's (semantics 1.4). */
function owner(hook: Entry["hook"], ip: readonly IpEvent[]): Stated {
  if (hook === "PREROUTING") return { uidOwner: absent, gidOwner: absent };
  const line = ip.find((event) => positionOf(event) === "out");
  // owner and mark come last: a line that ends before tells neither
  if (hook === null || !line || line.nft || line.values.mark === undefined) return {};
  // a listener's owner is not printed, and asked all the same: xt_owner.c skb_to_full_sk (measured)
  if ((Number(line.values.tcpFlags) & SYN_ACK) === SYN_ACK) return {};
  const { uidOwner = null, gidOwner = null } = line.values;
  return { uidOwner: stated(uidOwner), gidOwner: stated(gidOwner) };
}

const SYN_ACK = 2 | 16;

/** A router takes one off before FORWARD, a bridge does not (semantics 4.4 A, E). */
function ttlAsEntered(line: IpEvent, hook: Entry["hook"]): number | undefined {
  const { ttl, physdevOut, macSource } = line.values;
  if (typeof ttl !== "number") return undefined;
  // a monitor names no port: bridged or routed is not told
  if (line.nft && positionOf(line) === "through") return undefined;
  if (positionOf(line) === "in" || physdevOut != null || (hook === "OUTPUT" && isOwn(line))) return ttl;
  // this host's own multicast has IN too, but no header (semantics 4.7)
  return positionOf(line) === "through" && macSource != null ? ttl + 1 : undefined;
}

function isAfterNat(first: TraceEvent): boolean {
  const position = positionOf(first);
  if (position === "through" || first.layer === "bridge") return position !== "in";
  if (position === "in") return isInput(first);
  return ["filter", "security"].includes(first.table) || (first.table !== "raw" && first.chain !== "OUTPUT");
}
