/** What conntrack knows of a packet once it has seen it. net/netfilter/nf_conntrack_core.c; semantics 6.4. */
import {
  absent,
  allValues,
  CT_STATES,
  type Field,
  isAbsent,
  knownValue,
  only,
  type Packet,
  type ValueSet,
} from "../facts/index.ts";
import type { Traveller } from "./traveller.ts";

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

/** What its connection is to a packet that has passed conntrack, as far as its state tells. */
export function track(traveller: Traveller): void {
  if (traveller.attached === "untracked") set(traveller, { ctstate: only(UNTRACKED) });
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
