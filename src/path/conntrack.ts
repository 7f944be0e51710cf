/** What conntrack knows of a packet once it has seen it. net/netfilter/nf_conntrack_core.c; semantics 6.4. */
import { CT_STATES, type Field, knownValue, only, type Packet, type ValueSet } from "../facts/index.ts";
import type { Traveller, World } from "./traveller.ts";

const NEW = 1;
const ORIGINAL = 0;
const TUPLE: readonly (readonly [Field, Field])[] = [
  ["ctorigsrc", "source"],
  ["ctorigdst", "destination"],
  ["ctorigsrcport", "sourcePort"],
  ["ctorigdstport", "destinationPort"],
];

const STATE = Object.fromEntries(CT_STATES.map((name, at) => [name, only(at)])) as Record<
  (typeof CT_STATES)[number],
  ValueSet
>;
const [SYN, RST, ACK, URG, FIN] = [2, 4, 16, 32, 1];
const PSH = 8;
/** nf_conntrack_proto_tcp.c tcp_valid_flags, without PSH */
const VALID = new Set([SYN, SYN | URG, SYN | ACK, RST, RST | ACK, FIN | ACK, FIN | ACK | URG, ACK, ACK | URG]);
/** nf_conntrack_proto_icmp.c valid_new */
const ASKS = new Set([8, 13, 15, 17]);
/** nf_conntrack_proto_icmpv6.c valid_new, noct_valid_new: echo and node information ask, neighbour and group discovery are not tracked. */
const ASKS_SIX = new Set([128, 139]);
const UNTRACKED_SIX = new Set([130, 131, 132, 133, 134, 135, 136, 143]);

/** The state of a packet of which conntrack knows nothing yet; undefined: its fields do not tell. Semantics 4.10. */
export function firstState(packet: Packet, { host }: World): ValueSet | undefined {
  const protocol = knownValue(packet, "protocol");
  const type = knownValue(packet, "icmpType");
  const flags = knownValue(packet, "tcpFlags");
  if (protocol === 6) return typeof flags === "number" ? firstOfTcp(flags & ~PSH, host) : undefined;
  if (protocol !== 1 && protocol !== 58) return protocol === undefined ? undefined : STATE.NEW;
  if (typeof type !== "number") return undefined;
  const six = packet.family === "ipv6";
  if (six && UNTRACKED_SIX.has(type >> 8)) return STATE.UNTRACKED;
  return (six ? ASKS_SIX : ASKS).has(type >> 8) ? STATE.NEW : STATE.INVALID;
}

/** nf_conntrack_proto_tcp.c tcp_new: a SYN opens, and with tcp_loose what looks like the middle of a connection too. */
function firstOfTcp(flags: number, host: World["host"]): ValueSet {
  if (!VALID.has(flags) || (flags & (FIN | RST)) !== 0 || (flags & (SYN | ACK)) === (SYN | ACK)) return STATE.INVALID;
  const isLoose = host.sysctl("net.netfilter.nf_conntrack_tcp_loose") !== 0;
  return (flags & SYN) !== 0 || isLoose ? STATE.NEW : STATE.INVALID;
}

/** A packet that opens a connection is the original tuple itself, as it is before any NAT. */
export function track(traveller: Traveller): void {
  const { packet } = traveller;
  if (knownValue(packet, "ctstate") !== NEW) return;
  const learnt: Partial<Record<Field, ValueSet>> = {};
  if (packet.fields.ctdir === undefined) learnt.ctdir = only(ORIGINAL);
  for (const [field, from] of TUPLE) {
    const set = packet.fields[from];
    if (set && packet.fields[field] === undefined) learnt[field] = set;
  }
  const next: Packet = { ...packet, fields: { ...packet.fields, ...learnt } };
  traveller.packet = next;
}
