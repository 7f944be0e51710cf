/** What conntrack knows of a packet once it has seen it. net/netfilter/nf_conntrack_core.c; semantics 6.4. */
import {
  absent,
  allValues,
  CT_STATES,
  type Family,
  type Field,
  isAbsent,
  knownValue,
  meet,
  minus,
  narrow,
  only,
  type Packet,
  type Ranges,
  type ValueSet,
} from "../facts/index.ts";
import { askedOnce, bind, someRule } from "../model/index.ts";
import type { Traveller, World } from "./traveller.ts";

const [NEW, UNTRACKED] = [CT_STATES.indexOf("NEW"), CT_STATES.indexOf("UNTRACKED")];
const INVALID = CT_STATES.indexOf("INVALID");
const ORIGINAL = 0;
const CONFIRMED = 8;
const [SNAT, DNAT] = [1, 2];
/** Each side of the connection as its first packet has it, before any NAT; replies turn it around. */
const TUPLE: readonly (readonly [original: Field, reply: Field, from: Field])[] = [
  ["ctorigsrc", "ctrepldst", "source"],
  ["ctorigdst", "ctreplsrc", "destination"],
  ["ctorigsrcport", "ctrepldstport", "sourcePort"],
  ["ctorigdstport", "ctreplsrcport", "destinationPort"],
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
  const { incomplete } = packet.fields;
  // a header that ends too early is told by none of the protocols' own checks from a wrong one
  if (incomplete && !incomplete.absent) return STATE.INVALID;
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
  return protocol.absent || meet(protocol.ranges, ICMP).length > 0 || hasHelper(world, packet.family);
}

/** Before Linux 4.7, and where nf_conntrack_helper says so, ports alone made a helper look at a connection; now rules do. */
const hasHelper = ({ ruleset, host }: World, family: Family): boolean =>
  host.kernelAtLeast(4, 7) === false ||
  host.sysctl("net.netfilter.nf_conntrack_helper") === 1 ||
  assignsHelper(ruleset, family);
const assignsHelper = askedOnce((tables) =>
  someRule(
    tables.filter(({ name }) => name === "raw"),
    (rule) => {
      const { target } = bind(rule);
      return target?.name === "CT" && "--helper" in target.given;
    },
  ),
);

/** What its connection is to a packet that has passed conntrack, as far as its state tells. */
export function track(traveller: Traveller, world: World): void {
  if (traveller.attached === "untracked") set(traveller, { ctstate: STATE.UNTRACKED });
  if (!mayBeRelated(traveller.packet, world))
    traveller.packet = narrow(traveller.packet, "ctstate", NOT_RELATED) ?? traveller.packet;
  const { packet } = traveller;
  const state = knownValue(packet, "ctstate");
  if (typeof state !== "number") return;
  if (state === INVALID || state === UNTRACKED) return set(traveller, { ctmark: absent, ctnat: absent });
  if (state !== NEW) return learn(traveller, { ctmark: any("ctmark"), ctnat: natOf(packet) });
  const status = knownValue(packet, "ctstatus");
  const isFirst = packet.fields.ctstatus === undefined || (typeof status === "number" && (status & CONFIRMED) === 0);
  const tuple = TUPLE.flatMap(([original, reply, from]) => {
    const values = packet.fields[from];
    return values ? [[original, values] as const, ...(isFirst ? [[reply, values] as const] : [])] : [];
  });
  learn(traveller, { ctdir: only(ORIGINAL), ...Object.fromEntries(tuple) });
  // init_conntrack: no mark, no status, no NAT yet
  if (isFirst) learn(traveller, { ctmark: only(0), ctstatus: only(0), ctnat: only(0) });
  else learn(traveller, { ctmark: any("ctmark"), ctnat: natOf(packet) });
}

const any = (field: Field): ValueSet => ({ absent: false, ranges: allValues(field, "ipv4") });
/** What the description states, it knows better. */
function learn(traveller: Traveller, fields: Packet["fields"]): void {
  const unknown = Object.entries(fields).filter(([field]) => traveller.packet.fields[field as Field] === undefined);
  set(traveller, Object.fromEntries(unknown));
}
function set(traveller: Traveller, fields: Packet["fields"]): void {
  traveller.packet = { ...traveller.packet, fields: { ...traveller.packet.fields, ...fields } };
}

/** Which sides are translated, as the two tuples tell (nf_nat_core.c nf_nat_setup_info). */
function natOf(packet: Packet): ValueSet {
  const [source, destination] = [differs(packet, [0, 2]), differs(packet, [1, 3])];
  const values = [0, SNAT, DNAT, SNAT | DNAT].filter(
    (nat) =>
      (source ?? (nat & SNAT) > 0) === (nat & SNAT) > 0 && (destination ?? (nat & DNAT) > 0) === (nat & DNAT) > 0,
  );
  return { absent: false, ranges: values.map((nat) => [nat, nat + 1] as const) };
}
/** undefined: not known. */
function differs({ fields }: Packet, rows: readonly number[]): boolean | undefined {
  const answers = rows.map((row) => {
    const [original, reply] = TUPLE[row] ?? [];
    const [a, b] = [original && fields[original], reply && fields[reply]];
    if (!a || !b) return undefined;
    if (isAbsent(a) || isAbsent(b)) return false;
    const [one, other] = [a, b].map(({ ranges: [range, more] }) => (more ? undefined : range?.[0]));
    return one === undefined || other === undefined ? undefined : one !== other;
  });
  if (answers.includes(true)) return true;
  return answers.includes(undefined) ? undefined : false;
}

/** NAT has changed one side of a first packet: the reply's tuple follows, and the connection is marked as translated. */
export function translated(traveller: Traveller, before: Packet, manip: "source" | "destination"): void {
  const { fields } = traveller.packet;
  const rows = manip === "source" ? [TUPLE[0], TUPLE[2]] : [TUPLE[1], TUPLE[3]];
  const changed = rows.flatMap((row) => (row && fields[row[2]] !== before.fields[row[2]] ? [row] : []));
  if (changed.length === 0) return;
  const bit = manip === "source" ? SNAT : DNAT;
  const isSame = changed.every(([, , from]) => {
    const [old, next] = [knownValue(before, from), knownValue(traveller.packet, from)];
    return old !== undefined && old === next;
  });
  const nat = knownValue(before, "ctnat");
  const marked = isSame || typeof nat !== "number" ? {} : { ctnat: only(nat | bit) };
  set(traveller, {
    ...Object.fromEntries(changed.map(([, reply, from]) => [reply, fields[from]])),
    ...marked,
  });
}
