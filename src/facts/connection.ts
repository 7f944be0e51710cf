/** conntrack's words as values and conditions. include/uapi/linux/netfilter/nf_conntrack_common.h */
import { type Condition, within } from "./condition.ts";
import { CT_STATES, CT_STATUS, type Field } from "./fields.ts";
import type { Ranges, ValueSet } from "./value-set.ts";

type State = (typeof CT_STATES)[number];
export const ctStates = (...names: readonly State[]): ValueSet => ({
  absent: false,
  ranges: CT_STATES.flatMap((name, at) => (names.includes(name) ? [[at, at + 1] as const] : [])),
});
export const isCtState = (...names: readonly State[]): Condition =>
  within("ctstate", ctStates(...names).ranges, names.join(","));

/** Each side of the connection as its first packet has it, before any NAT; replies turn it around. */
export const CT_TUPLE = [
  ["ctorigsrc", "ctrepldst", "source"],
  ["ctorigdst", "ctreplsrc", "destination"],
  ["ctorigsrcport", "ctrepldstport", "sourcePort"],
  ["ctorigdstport", "ctreplsrcport", "destinationPort"],
] as const satisfies readonly (readonly [original: Field, reply: Field, from: Field])[];
/** The fields of both of its tuples. */
export const CT_TUPLE_FIELDS = CT_TUPLE.flatMap(([original, reply]) => [original, reply] as const);

/** A bit of ctstatus: the first packet of the connection has left this host, or been delivered to it. */
export const CONFIRMED = 2 ** CT_STATUS.indexOf("CONFIRMED");
export const isConfirmed: Condition = within("ctstatus", [[CONFIRMED, 2 * CONFIRMED]], "CONFIRMED");

export const ICMP: Ranges = [
  [1, 2],
  [58, 59],
];
export const isIcmp: Condition = within("protocol", ICMP, "icmp");

/** ICMP types that begin a connection: nf_conntrack_proto_icmp.c valid_new, nf_conntrack_proto_icmpv6.c valid_new. */
export const ICMP_REQUESTS: ReadonlySet<number> = new Set([8, 13, 15, 17]);
export const ICMP6_REQUESTS: ReadonlySet<number> = new Set([128, 139]);
