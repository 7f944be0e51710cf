/** What a packet is to a connection that it may begin, by its fields alone. */
import { ICMP_REQUESTS, ICMP6_REQUESTS } from "../facts/index.ts";
import { type LogValues, positionOf } from "./event.ts";
import type { TracedPacket } from "./packets.ts";

const [SYN, RST, ACK, FIN] = [2, 4, 16, 1];
const flagsOf = ({ tcpFlags }: LogValues): number => Number(tcpFlags ?? 0);
const kindOf = (flags: number) => flags & (SYN | ACK | FIN | RST);

export const isSyn = (values: LogValues): boolean => kindOf(flagsOf(values)) === SYN;
export const isReset = (values: LogValues): boolean => (flagsOf(values) & RST) !== 0;
export const isEnd = (values: LogValues): boolean => (flagsOf(values) & (FIN | RST)) !== 0;
/** The same ports again, after the end: net/netfilter/nf_conntrack_proto_tcp.c takes a SYN then as a new connection. */
export const mayReuse = (values: LogValues): boolean => values.protocol === 6 && (flagsOf(values) & SYN) !== 0;

/**
 * Whether a packet of no conversation begins one: no echo reply does (semantics 4.10), and tcp in the middle only where
 * every connection is known (`isStranger`): there it can be of none, and conntrack takes it up (tcp_loose).
 */
export function opens(values: LogValues, isStranger: boolean): boolean {
  const { protocol, icmpType, fragmentOffset, incomplete } = values;
  if (isStranger && incomplete !== undefined) return false;
  // of tcp an IP line lacks the flags where the header is not in it, a frame's line always does
  if (protocol === 6 && fragmentOffset !== undefined)
    return isSyn(values) || (isStranger && kindOf(flagsOf(values)) === ACK);
  const type = icmpType === undefined ? -1 : Math.floor(Number(icmpType) / 256);
  if (protocol === 1) return ICMP_REQUESTS.has(type);
  return protocol !== 58 || ICMP6_REQUESTS.has(type);
}

/** `nft monitor trace` prints of an error but 12 bytes of the packet that it is about: not its addresses. */
export function isUntoldError({ events: [first] }: TracedPacket): boolean {
  const { icmpType, protocol } = first?.values ?? {};
  if (first?.nft === undefined || icmpType === undefined) return false;
  const type = Math.floor(Number(icmpType) / 256);
  return protocol === 58 ? type < 128 : [3, 4, 5, 11, 12].includes(type);
}

export const isOwn = ({ events: [first] }: TracedPacket): boolean => first !== undefined && positionOf(first) === "out";
export const isOwnRedirect = (packet: TracedPacket): boolean =>
  isOwn(packet) && [5, 137].includes(Math.floor(Number(packet.events[0]?.values.icmpType) / 256));
