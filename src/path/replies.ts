/** Packets that the host makes because of another: ICMP errors and resets. net/ipv4/icmp.c icmp_send, netfilter/nf_reject_ipv4.c; semantics 1.2 */
import {
  absent,
  anyPacket,
  CT_TUPLE_FIELDS,
  ctStates,
  evaluate,
  type Field,
  isAbsent,
  isCtState,
  knownValue,
  MULTICAST,
  only,
  type Packet,
  single,
  type ValueSet,
  withFields,
  within,
} from "../facts/index.ts";
import { lookUp } from "./lookup.ts";
import type { Carried, Reply, Traveller, World } from "./traveller.ts";

/** What is sent: an ICMP type and code, or a TCP reset. */
export type Answer = { readonly type: number; readonly code: number } | "reset";

const TCP = 6;
const [RST, ACK] = [4, 16];
/** Errors, and what asks for nothing: no error is sent about these. net/ipv4/icmp.c icmp_pointers, net/ipv6/icmp.c */
const ICMP_ERRORS = within(
  "icmpType",
  [3, 4, 5, 11, 12].map((type) => [type << 8, (type + 1) << 8] as const),
  "an error",
);
const ICMP6_ERRORS = within(
  "icmpType",
  [
    [0, 128 << 8],
    [137 << 8, 138 << 8],
  ],
  "an error",
);

/** The names of REJECT's `--reject-with`. extensions/libipt_REJECT.c, libip6t_REJECT.c */
const REJECT_WITH: Readonly<Record<string, readonly [type: number, code: number]>> = {
  "icmp-net-unreachable": [3, 0],
  "icmp-host-unreachable": [3, 1],
  "icmp-proto-unreachable": [3, 2],
  "icmp-port-unreachable": [3, 3],
  "icmp-net-prohibited": [3, 9],
  "icmp-host-prohibited": [3, 10],
  "icmp-admin-prohibited": [3, 13],
  "icmp6-no-route": [1, 0],
  "icmp6-adm-prohibited": [1, 1],
  "icmp6-addr-unreachable": [1, 3],
  "icmp6-port-unreachable": [1, 4],
  "icmp6-policy-fail": [1, 5],
  "icmp6-reject-route": [1, 6],
};
export function rejectWith(name: string): Answer | null {
  if (name === "tcp-reset") return "reset";
  const [type, code] = REJECT_WITH[name] ?? [];
  return type === undefined || code === undefined ? null : { type, code };
}

/** The answer as a packet; null: there is none, or it is no packet that a hook sees. */
export function replyTo(traveller: Traveller, answer: Answer, toHost: boolean, world: World): Reply | null {
  const { packet } = traveller;
  if (evaluate(within("fragmentOffset", [[0, 1]], "0"), packet).is === "no") return null;
  const fields = answer === "reset" ? reset(traveller) : error(packet, answer, toHost, world);
  if (!fields) return null;
  const { state, attached } = relation(packet);
  const base: Partial<Record<Field, ValueSet>> = {
    inInterface: absent,
    physdevIn: absent,
    macSource: absent,
    uidOwner: absent,
    gidOwner: absent,
    // nf_send_reset makes the packet by itself, errors go out by the kernel's ICMP socket (both measured)
    socket: only(answer === "reset" ? 0 : 1),
    mark: only(0),
    ttl: only(64),
    ...connection(packet),
    ctstate: state,
  };
  return { packet: withFields(anyPacket(packet.family), { ...base, ...fields }), attached };
}

type Stated = Partial<Record<Field, ValueSet>>;

/** nf_reject_ipv4.c nf_send_reset. For a packet that came by a bridge port the reset is sent out of it, past every hook. */
function reset({ packet, bridge, brnf }: Traveller): Stated | null {
  const flags = knownValue(packet, "tcpFlags");
  const isReset = typeof flags === "number" && (flags & RST) !== 0;
  if (isReset || knownValue(packet, "protocol") !== TCP || (bridge !== null && brnf)) return null;
  const { source, destination, sourcePort, destinationPort } = packet.fields;
  return {
    protocol: only(TCP),
    tcpFlags:
      typeof flags === "number" ? only((flags & ACK) === 0 ? RST | ACK : RST) : { absent: false, ranges: [[0, 64]] },
    ...(destination ? { source: destination } : {}),
    ...(source ? { destination: source } : {}),
    ...(destinationPort ? { sourcePort: destinationPort } : {}),
    ...(sourcePort ? { destinationPort: sourcePort } : {}),
    dontFragment: only(1),
    tos: only(0),
  };
}

function error(packet: Packet, { type, code }: Exclude<Answer, "reset">, toHost: boolean, world: World): Stated | null {
  const six = packet.family === "ipv6";
  const { source, destination } = packet.fields;
  const about = evaluate(six ? ICMP6_ERRORS : ICMP_ERRORS, packet).is;
  const group = evaluate(within("destination", MULTICAST[packet.family], "a group"), packet).is;
  if (about === "yes" || group === "yes" || (source && isAbsent(source))) return null;
  return {
    protocol: only(six ? 58 : 1),
    icmpType: only(type * 256 + code),
    ...(source ? { destination: source } : {}),
    ...sourceOf(packet, toHost ? destination : undefined, world),
    ...(six ? {} : { tos: priority(packet) }),
  };
}

/** The address that the packet was for, if that is this host's; else the one that the way back is by. */
function sourceOf(packet: Packet, own: ValueSet | undefined, { host }: World): Stated {
  if (own) return { source: own };
  const { source } = packet.fields;
  if (!source) return {};
  const back = lookUp({ ...anyPacket(packet.family), fields: { destination: source, mark: only(0) } }, host) ?? [];
  const [to, other] = back.map((each) => each.to);
  const address = to && !other ? (to.source ?? host.addressesOf(to.dev, packet.family)?.[0]?.address) : undefined;
  return address === undefined ? {} : { source: only(address) };
}

/** RT_TOS of the packet, and internetwork control. net/ipv4/icmp.c __icmp_send */
function priority(packet: Packet): ValueSet {
  const tos = knownValue(packet, "tos");
  return typeof tos === "number" ? only((tos & 0x1e) | 0xc0) : { absent: false, ranges: [[0xc0, 0xe0]] };
}

function relation(packet: Packet): { state: ValueSet; attached: Carried } {
  const { is } = evaluate(isCtState("NEW", "RELATED", "ESTABLISHED"), packet);
  if (is === "yes") return { state: ctStates("RELATED"), attached: true };
  const isUntracked = evaluate(isCtState("UNTRACKED"), packet).is === "yes";
  if (is === "no") return { state: ctStates("INVALID"), attached: isUntracked ? "nothing" : false };
  return { state: ctStates("INVALID", "RELATED"), attached: true };
}

/** The connection is the same, seen from the other side. */
function connection({ fields }: Packet): Stated {
  const out: Stated = {};
  for (const field of [...CT_TUPLE_FIELDS, "ctstatus"] as const) if (fields[field]) out[field] = fields[field];
  const direction = single(fields.ctdir);
  if (typeof direction === "number") out.ctdir = only(1 - direction);
  return out;
}
