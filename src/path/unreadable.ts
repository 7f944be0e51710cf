/**
 * Packets that conntrack refuses: they are INVALID, and of no connection. net/netfilter/nf_conntrack_proto_udp.c,
 * _tcp.c, _sctp.c, _dccp.c, _icmp.c; semantics 4.10, recording t02b.
 */
import { type Host, knownValue, type Packet } from "../facts/index.ts";

const [TCP, UDP, DCCP, SCTP, UDPLITE] = [6, 17, 33, 132, 136];
const [ICMP, ICMP6, NO_NEXT_HEADER] = [1, 58, 59];
const WRONG = 1;

/** `received`: by a device, so that its checksum is looked at; what this host sends has none yet. */
export function isRefused(packet: Packet, received: boolean, host: Host): boolean {
  const protocol = knownValue(packet, "protocol");
  const { incomplete } = packet.fields;
  // net/ipv6/exthdrs_core.c ipv6_skip_exthdr: there is no transport
  if (packet.family === "ipv6" && protocol === NO_NEXT_HEADER) return true;
  if (typeof protocol !== "number" || !isLookedInto(protocol, host)) return false;
  if (incomplete && !incomplete.absent) return true;
  if ((protocol === UDP || protocol === UDPLITE) && hasWrongLength(packet, protocol)) return true;
  if (!received || host.sysctl("net.netfilter.nf_conntrack_checksum") === 0) return false;
  // udplite_error sums as for udp, so that what is right is wrong to it (measured on 6.18)
  return protocol === UDPLITE || knownValue(packet, "checksum") === WRONG;
}

/** Of the others conntrack reads nothing; of dccp no more since Linux 6.17. */
const isLookedInto = (protocol: number, host: Host): boolean =>
  protocol === DCCP ? host.kernelAtLeast(6, 17) === false : [TCP, UDP, SCTP, UDPLITE, ICMP, ICMP6].includes(protocol);

/** udp_error, udplite_error: shorter than the header, or longer than the packet. Of UDP-Lite 0 is the whole of it. */
function hasWrongLength(packet: Packet, protocol: number): boolean {
  const said = knownValue(packet, "udpLength");
  const length = knownValue(packet, "length");
  if (typeof said !== "number" || (said === 0 && protocol === UDPLITE)) return false;
  const header = packet.family === "ipv6" ? 40 : 20;
  return said < 8 || (typeof length === "number" && said > length - header);
}
