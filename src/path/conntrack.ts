/** What conntrack knows of a packet once it has seen it. net/netfilter/nf_conntrack_core.c; semantics 6.4. */
import { type Field, knownValue, only, type Packet, type ValueSet } from "../facts/index.ts";
import type { Traveller } from "./traveller.ts";

const NEW = 1;
const ORIGINAL = 0;
const TUPLE: readonly (readonly [Field, Field])[] = [
  ["ctorigsrc", "source"],
  ["ctorigdst", "destination"],
  ["ctorigsrcport", "sourcePort"],
  ["ctorigdstport", "destinationPort"],
];

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
