/** What conntrack knows of a packet once it has seen it. net/netfilter/nf_conntrack_core.c; semantics 6.4. */
import {
  absent,
  allValues,
  CONFIRMED,
  type Condition,
  CT_STATES,
  CT_STATUS,
  CT_TUPLE,
  ctStates,
  evaluate,
  exactly,
  type Family,
  type Field,
  ICMP,
  isAbsent,
  isCtState,
  knownValue,
  meet,
  minus,
  narrow,
  only,
  type Packet,
  type Ranges,
  type Ternary,
  unite,
  type ValueSet,
  within,
} from "../facts/index.ts";
import { askedOnce, bind, someRule } from "../model/index.ts";
import { give } from "./rewrite.ts";
import { hasSynproxy } from "./synproxy.ts";
import type { Traveller, World } from "./traveller.ts";
import { isRefused } from "./unreadable.ts";

const ORIGINAL = 0;
const [SNAT, DNAT] = [1, 2];

/** Protocols of whose header conntrack reads ports, and NAT changes them; dccp is one of them until Linux 6.17. */
const WITH_PORTS: Ranges = [
  [6, 7],
  [17, 18],
  [132, 133],
  [136, 137],
];
const DCCP: Ranges = [[33, 34]];
/** net/netfilter/nf_conntrack_core.c nf_ct_get_tuple, nf_nat_proto.c l4proto_manip_pkt. */
export function hasPorts(packet: Packet, host: World["host"]): Ternary {
  const isNew = host.kernelAtLeast(6, 17);
  const ranges = isNew === true ? WITH_PORTS : unite([...WITH_PORTS, ...DCCP]);
  const { is } = evaluate(within("protocol", ranges, "with ports"), packet);
  const isDccp = isNew === undefined && evaluate(within("protocol", DCCP, "dccp"), packet).is === "yes";
  return isDccp ? "unknown" : is;
}

const NOT_RELATED: ValueSet = { absent: true, ranges: minus([[0, CT_STATES.length]], ctStates("RELATED").ranges) };
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

const bitOf = (name: (typeof CT_STATUS)[number]): number => 1 << CT_STATUS.indexOf(name);
const [EXPECTED, REPLIED] = [bitOf("EXPECTED"), bitOf("SEEN_REPLY") | CONFIRMED];
const statuses = (fits: (status: number) => boolean): ValueSet => ({
  absent: false,
  ranges: exactly(...Array.from({ length: 1 << CT_STATUS.length }, (_, status) => status).filter(fits)),
});
/** Without helpers none expects a connection (nf_conntrack_core.c init_conntrack). */
const NOT_EXPECTED = statuses((status) => (status & EXPECTED) === 0);
/** resolve_normal_ct: it was found, so it is confirmed, and has had a reply, be it this one. */
const ESTABLISHED = statuses((status) => (status & REPLIED) === REPLIED);

/** Of a connection that is there already; of one that a packet may open, its status says that it is the first. */
export function fittingStatus(packet: Packet, world: World): Packet {
  const is = (state: Condition) => evaluate(state, packet).is === "yes";
  // what SYNPROXY sends is so before there is a connection (nf_synproxy_core.c)
  const found = is(isCtState("ESTABLISHED")) && !hasSynproxy(world.ruleset, packet.family);
  const next = (found && narrow(packet, "ctstatus", ESTABLISHED)) || packet;
  const isThere = is(isCtState("RELATED", "ESTABLISHED")) && !hasHelper(world, packet.family);
  return (isThere && narrow(next, "ctstatus", NOT_EXPECTED)) || next;
}

const isPort = (field: Field): boolean => field === "sourcePort" || field === "destinationPort";
const NOTHING: Packet["fields"] = { ctmark: absent, ctnat: absent };
/** What its connection is to a packet that has passed conntrack, as far as its state tells. */
export function track(traveller: Traveller, world: World): void {
  if (traveller.attached === "untracked") give(traveller, "ctstate", ctStates("UNTRACKED"));
  else if (isRefused(traveller.packet, !traveller.fromHost, world.host)) {
    set(traveller, NOTHING);
    give(traveller, "ctstate", ctStates("INVALID"));
  }
  if (!mayBeRelated(traveller.packet, world))
    traveller.packet = narrow(traveller.packet, "ctstate", NOT_RELATED) ?? traveller.packet;
  const { packet } = traveller;
  if (knownValue(packet, "ctstate") === undefined) return;
  const is = (state: Condition) => evaluate(state, packet).is === "yes";
  if (is(isCtState("INVALID", "UNTRACKED"))) return set(traveller, NOTHING);
  if (!is(isCtState("NEW"))) {
    learn(traveller, { ctmark: any("ctmark"), ctnat: natOf(packet) });
    traveller.packet = fittingStatus(traveller.packet, world);
    return;
  }
  const status = knownValue(packet, "ctstatus");
  const isFirst = packet.fields.ctstatus === undefined || (typeof status === "number" && (status & CONFIRMED) === 0);
  const ports = hasPorts(packet, world.host);
  const tuple = CT_TUPLE.flatMap(([original, reply, from]) => {
    const values = ports === "no" && isPort(from) ? absent : packet.fields[from];
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
    const [original, reply] = CT_TUPLE[row] ?? [];
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
  const rows = manip === "source" ? [CT_TUPLE[0], CT_TUPLE[2]] : [CT_TUPLE[1], CT_TUPLE[3]];
  const changed = rows.flatMap((row) => (row && fields[row[2]] !== before.fields[row[2]] ? [row] : []));
  if (changed.length === 0) return;
  const bit = manip === "source" ? SNAT : DNAT;
  // NPT may have given the packet another than the connection's (nf_nat_core.c nf_nat_setup_info compares its tuples)
  const isSame = changed.every(([original, , from]) => {
    const [old, next] = [knownValue(before, original) ?? knownValue(before, from), knownValue(traveller.packet, from)];
    return old !== undefined && old === next;
  });
  const nat = knownValue(before, "ctnat");
  const marked = isSame || typeof nat !== "number" ? {} : { ctnat: only(nat | bit) };
  set(traveller, {
    ...Object.fromEntries(changed.map(([, reply, from]) => [reply, fields[from]])),
    ...marked,
  });
}
