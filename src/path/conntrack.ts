/** What conntrack knows of a packet once it has seen it. net/netfilter/nf_conntrack_core.c; semantics 6.4. */
import {
  CT_STATES,
  type Field,
  knownValue,
  meet,
  minus,
  narrow,
  only,
  type Packet,
  type Ranges,
  type ValueSet,
} from "../facts/index.ts";
import { bind } from "../model/index.ts";
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

const NOT_RELATED: ValueSet = { absent: true, ranges: minus([[0, CT_STATES.length]], STATE.RELATED.ranges) };
const ICMP: Ranges = [
  [1, 2],
  [58, 59],
];
/** An error is related to the connection that it is about; any other packet only if a helper expects its connection. */
function mayBeRelated(packet: Packet, world: World): boolean {
  const { protocol, ctstate } = packet.fields;
  // stated is stated
  if (!protocol || (ctstate && !ctstate.absent)) return true;
  return protocol.absent || meet(protocol.ranges, ICMP).length > 0 || hasHelper(world);
}

const helperMemo = new WeakMap<World["ruleset"], boolean>();
/** Rules assign helpers; before Linux 4.7, and where nf_conntrack_helper says so, ports alone did. */
function hasHelper({ ruleset, host }: World): boolean {
  if (host.kernelAtLeast(4, 7) === false || host.sysctl("net.netfilter.nf_conntrack_helper") === 1) return true;
  let has = helperMemo.get(ruleset);
  if (has === undefined) {
    has = ruleset.tables.some(
      ({ name, chains }) =>
        name === "raw" &&
        [...chains.values()].some(({ rules }) =>
          rules.some((rule) => {
            const { target } = bind(rule);
            return target?.name === "CT" && "--helper" in target.given;
          }),
        ),
    );
    helperMemo.set(ruleset, has);
  }
  return has;
}

/** A packet that opens a connection is the original tuple itself, as it is before any NAT. */
export function track(traveller: Traveller, world: World): void {
  if (!mayBeRelated(traveller.packet, world))
    traveller.packet = narrow(traveller.packet, "ctstate", NOT_RELATED) ?? traveller.packet;
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
