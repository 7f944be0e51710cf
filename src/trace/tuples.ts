/** What conntrack finds connections by: addresses, ports, and of ICMP the id, both ways round. */
import { type Address, ICMP_REQUESTS, ICMP6_REQUESTS } from "../facts/index.ts";
import type { LogValues, TraceEvent } from "./event.ts";
import type { TracedPacket } from "./packets.ts";

export interface Tuple {
  readonly source: Address;
  readonly destination: Address;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  /** Where NAT has given the packet another. */
  readonly icmpId?: number;
}
/**
 * What the packet's lines say of its addresses; frames say less than the packets in them, and lend their addresses only,
 * and ports where IP lines tell any and they are not torn off: a packet is the same to conntrack whether its first line
 * is a frame's or not.
 */
export function linesOf({ events }: TracedPacket): LogValues[] {
  const ip = events.find(({ layer }) => layer === "ip")?.values;
  return events.map((event) => lineOf(event, ip));
}
function lineOf({ layer, values }: TraceEvent, ip: LogValues | undefined): LogValues {
  if (layer === "ip" || !ip) return values;
  const { icmpId, icmpType, tcpFlags, fragmentOffset, inner, protocol } = ip;
  const { source, destination } = values;
  const { sourcePort, destinationPort } = ip.sourcePort === undefined || values.sourcePort === undefined ? ip : values;
  const own = { icmpId, icmpType, tcpFlags, fragmentOffset, inner, protocol };
  return { source, destination, sourcePort, destinationPort, ...own } as LogValues;
}

/**
 * The lines up to where NPT has been at work: behind a line of mangle another one of the same hook shows other addresses.
 * That is no NAT, and conntrack knows nothing of it (net/ipv6/netfilter/ip6t_NPT.c).
 */
export function beforeNpt({ events }: TracedPacket, lines: readonly LogValues[]): readonly LogValues[] {
  let hook = "";
  const at = events.findIndex((event, index) => {
    const [before, was] = [lines[index - 1], hook];
    if (event.layer !== "ip" || event.table !== "mangle") {
      hook = "";
      return false;
    }
    if (MANGLE_HOOKS.has(event.chain)) hook = event.chain;
    const { source, destination } = lines[index] as LogValues;
    return was !== "" && was === hook && (source !== before?.source || destination !== before?.destination);
  });
  return at < 0 ? lines : lines.slice(0, at);
}
const MANGLE_HOOKS = new Set(["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"]);

/** So that two hosts that ping each other with one id hold two conversations. */
const isAnswer = ({ icmpType }: LogValues): boolean =>
  [0, 14, 16, 18, 129, 140].includes(Math.floor(Number(icmpType) / 256));

/**
 * An ICMP packet that neither asks nor answers is part of no connection, nor is an error about one: conntrack finds no
 * tuple in it, whatever it knows. net/netfilter/nf_conntrack_proto_icmp.c invmap, nf_conntrack_proto_icmpv6.c; recording t02b
 */
function hasTuple(line: LogValues): boolean {
  const { protocol, icmpType, fragmentOffset } = line;
  if ((protocol !== 1 && protocol !== 58) || fragmentOffset !== 0) return true;
  const requests = protocol === 58 ? ICMP6_REQUESTS : ICMP_REQUESTS;
  return isAnswer(line) || (icmpType !== undefined && requests.has(Math.floor(Number(icmpType) / 256)));
}

function firstLine({ events }: TracedPacket): LogValues | undefined {
  const [first] = events;
  return first && lineOf(first, events.find(({ layer }) => layer === "ip")?.values);
}

/** What it entered with. */
export function tupleOf(packet: TracedPacket): Keyed | undefined {
  const line = firstLine(packet);
  return line && unique([line])[0];
}

/** The same with other addresses and ports. */
export function tupleAs(packet: TracedPacket, as: Tuple): Keyed | undefined {
  const { protocol, icmpId, icmpType, fragmentOffset, sourcePort, destinationPort } = firstLine(packet) ?? {};
  return unique([{ protocol, icmpId, icmpType, fragmentOffset, sourcePort, destinationPort, ...as } as LogValues])[0];
}

export interface Keyed {
  readonly tuple: Tuple;
  readonly key: string;
  readonly back: string;
}

export function unique(lines: readonly LogValues[]): Keyed[] {
  const out: Keyed[] = [];
  let last: LogValues | undefined;
  for (const line of lines) {
    if (line === last || line.source === undefined || line.destination === undefined || !hasTuple(line)) continue;
    const isNew = last === undefined || !isAlike(line, last);
    last = line;
    if (!isNew) continue;
    const { source, destination, protocol, sourcePort, destinationPort } = line;
    const [asks, answers] = line.icmpId === undefined ? [] : [`${line.icmpId}?`, `${line.icmpId}!`];
    const from = sourcePort ?? (isAnswer(line) ? answers : asks);
    const to = destinationPort ?? (isAnswer(line) ? asks : answers);
    const key = `${protocol} ${source} ${from ?? ""} ${destination} ${to ?? ""}`;
    if (out.some((each) => each.key === key)) continue;
    const back = `${protocol} ${destination} ${to ?? ""} ${source} ${from ?? ""}`;
    const tuple: Tuple = {
      source,
      destination,
      ...(sourcePort === undefined ? {} : { sourcePort }),
      ...(destinationPort === undefined ? {} : { destinationPort }),
    };
    out.push({ tuple, key, back });
  }
  return out;
}
const isAlike = (a: LogValues, b: LogValues): boolean =>
  a.source === b.source &&
  a.destination === b.destination &&
  a.sourcePort === b.sourcePort &&
  a.destinationPort === b.destinationPort &&
  a.protocol === b.protocol &&
  a.icmpId === b.icmpId &&
  a.icmpType === b.icmpType;

/** Without what is undefined. */
export function clean<T extends object>(values: T): { [K in keyof T]-?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}
