/** What conntrack makes of a packet that belongs to no connection. net/netfilter/nf_conntrack_proto_*.c; semantics 4.10 */
import { ctStates, ICMP_REQUESTS, ICMP6_REQUESTS, knownValue, type Packet, type ValueSet } from "../facts/index.ts";
import type { World } from "./traveller.ts";

const [SYN, RST, ACK, URG, FIN] = [2, 4, 16, 32, 1];
const PSH = 8;
/** nf_conntrack_proto_tcp.c tcp_valid_flags, without PSH */
const VALID = new Set([SYN, SYN | URG, SYN | ACK, RST, RST | ACK, FIN | ACK, FIN | ACK | URG, ACK, ACK | URG]);
/** nf_conntrack_proto_icmpv6.c noct_valid_new: neighbour and group discovery are not tracked. */
const UNTRACKED_SIX = new Set([130, 131, 132, 133, 134, 135, 136, 143]);

/**
 * The state of a packet of which conntrack knows nothing yet; undefined: its fields do not tell. Semantics 4.10.
 * One that is wrong in itself is INVALID whatever conntrack knows: see unreadable.ts.
 */
export function firstState(packet: Packet, { host }: World): ValueSet | undefined {
  const protocol = knownValue(packet, "protocol");
  const type = knownValue(packet, "icmpType");
  const flags = knownValue(packet, "tcpFlags");
  if (protocol === 6) return typeof flags === "number" ? firstOfTcp(flags & ~PSH, host) : undefined;
  if (protocol !== 1 && protocol !== 58) return protocol === undefined ? undefined : ctStates("NEW");
  if (typeof type !== "number") return undefined;
  const six = packet.family === "ipv6";
  if (six && UNTRACKED_SIX.has(type >> 8)) return ctStates("UNTRACKED");
  return (six ? ICMP6_REQUESTS : ICMP_REQUESTS).has(type >> 8) ? ctStates("NEW") : ctStates("INVALID");
}

/** nf_conntrack_proto_tcp.c tcp_new: a SYN opens, and with tcp_loose what looks like the middle of a connection too. */
function firstOfTcp(flags: number, host: World["host"]): ValueSet {
  if (!VALID.has(flags) || (flags & (FIN | RST)) !== 0 || (flags & (SYN | ACK)) === (SYN | ACK))
    return ctStates("INVALID");
  const isLoose = host.sysctl("net.netfilter.nf_conntrack_tcp_loose") !== 0;
  return (flags & SYN) !== 0 || isLoose ? ctStates("NEW") : ctStates("INVALID");
}
