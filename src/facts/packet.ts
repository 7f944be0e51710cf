/** What is known of a packet: per field a set of values. A field left out is not stated: it may have any value or none. */
import type { Family } from "./address.ts";
import type { Bits } from "./bits.ts";
import { derived } from "./derived.ts";
import {
  allValues,
  EXTENSION_HEADERS,
  type Field,
  fieldNames,
  fields,
  readValues,
  wordOf,
  writeValues,
} from "./fields.ts";
import {
  absent,
  has,
  isAbsent,
  isEmpty,
  meet,
  minus,
  only,
  type Ranges,
  single,
  unite,
  type Value,
  type ValueSet,
} from "./value-set.ts";

export interface Packet {
  readonly family: Family;
  readonly fields: Readonly<Partial<Record<Field, ValueSet>>>;
  /** Answers taken for predicates that are not modelled, so that no later rule contradicts them. */
  readonly assumed: Readonly<Record<string, boolean>>;
  /** Bits that are known of a field beyond its values. */
  readonly bits?: Readonly<Partial<Record<Field, Bits>>>;
  /** What targets on its way have changed outside of it: sets of addresses. */
  readonly touched?: readonly string[];
}

export const everything = (field: Field, family: Family): ValueSet => ({
  absent: true,
  ranges: allValues(field, family),
});
export const known = (packet: Packet, field: Field): ValueSet =>
  packet.fields[field] ?? derived(packet.fields, field, packet.family) ?? everything(field, packet.family);
export const knownValue = (packet: Packet, field: Field): Value | undefined => single(packet.fields[field]);
export const isStated = (packet: Packet, field: Field): boolean => packet.fields[field] !== undefined;

const WITH_PORTS = [6, 17, 33, 132, 136].map((protocol) => [protocol, protocol + 1] as const);
const ICMP = [
  [1, 2],
  [58, 59],
] as const;
const TCP = [[6, 7]] as const;
/** Fields of transport headers, and the protocols whose packets have them: in a whole packet or the first piece of one. */
export const HEADERS: readonly (readonly [Field, Ranges])[] = [
  ["sourcePort", WITH_PORTS],
  ["destinationPort", WITH_PORTS],
  ["icmpType", ICMP],
  ["tcpFlags", TCP],
];

/** Follows from the protocol, and was not said: absent, or there with any value. */
function isImplied(packet: Packet, field: Field): boolean {
  const owners = HEADERS.find(([name]) => name === field)?.[1];
  const { protocol } = packet.fields;
  const set = packet.fields[field];
  if (!owners || !protocol || !set) return false;
  if (isAbsent(set)) return meet(protocol.ranges, owners).length === 0;
  return !set.absent && minus(allValues(field, packet.family), set.ranges).length === 0;
}

/** The packet with other values; header fields that its protocol cannot have become absent by themselves. */
export function withFields(packet: Packet, changes: Packet["fields"]): Packet {
  const next = { ...packet.fields, ...changes };
  const protocol = changes.protocol ?? (next.protocol && Object.keys(changes).length > 1 ? next.protocol : undefined);
  if (protocol) {
    const whole = single(next.fragmentOffset) === 0;
    for (const [field, owners] of HEADERS) {
      if (meet(protocol.ranges, owners).length === 0) next[field] = absent;
      // the first fragment of such a protocol has its header
      else if (whole && next[field] === undefined && !protocol.absent && minus(protocol.ranges, owners).length === 0) {
        next[field] = { absent: false, ranges: allValues(field, packet.family) };
      }
    }
  }
  return { ...packet, fields: next };
}

/** What the matches read of a transport header (the structs of include/uapi/linux), by protocol. */
const HEADER_BYTES: Readonly<Record<number, number>> = {
  1: 8,
  6: 20,
  17: 8,
  33: 12,
  50: 8,
  51: 12,
  58: 8,
  108: 4,
  132: 12,
  135: 6,
  136: 8,
};
export const headerBytes = (protocol: number): number => HEADER_BYTES[protocol] ?? 0;

/** No extension header is shorter (RFC 8200); the fragment header is never longer. */
const EXTENSION_BYTES = 8;
const FRAGMENT = 1 << EXTENSION_HEADERS.indexOf("ipv6-frag");
/** What stands before the transport header: at least so much, and, where that is known, no more. */
function headersBefore({ family, fields: { extensionHeaders, moreFragments } }: Packet): readonly [number, boolean] {
  if (family !== "ipv6") return [20, true];
  const isPiece = single(moreFragments) === 1;
  if (!extensionHeaders) return [40 + (isPiece ? EXTENSION_BYTES : 0), false];
  const sets = Array.from({ length: 1 << EXTENSION_HEADERS.length }, (_, set) => set)
    .filter((set) => has(extensionHeaders.ranges, set))
    .map((set) => (isPiece ? set | FRAGMENT : set));
  const counts = sets.map((set) => EXTENSION_HEADERS.filter((_, bit) => set & (1 << bit)).length);
  return [40 + EXTENSION_BYTES * Math.min(...counts), sets.every((set) => (set & ~FRAGMENT) === 0)];
}

/** The packet with its transport header cut off where its length leaves no room for a whole one. */
export function cutOff(packet: Packet): Packet {
  const { length, protocol, fragmentOffset, incomplete } = packet.fields;
  const high = length?.ranges.at(-1)?.[1];
  const number = single(protocol);
  if (typeof high !== "number" || typeof number !== "number" || single(fragmentOffset) !== 0) return packet;
  const [before, isAll] = headersBefore(packet);
  const room = (bytes: number) => Math.max(0, bytes - before);
  if (!isAbsent(incomplete) || room(high - 1) >= headerBytes(number)) return packet;
  const low = isAll ? room(Number(length?.ranges[0]?.[0])) : 0;
  return {
    ...packet,
    fields: { ...packet.fields, incomplete: { absent: false, ranges: [[low, room(high - 1) + 1]] } },
  };
}

/** The values that both allow; null when there are none: the two contradict each other. */
export function narrow(packet: Packet, field: Field, set: ValueSet): Packet | null {
  const now = known(packet, field);
  const next = { absent: now.absent && set.absent, ranges: meet(now.ranges, set.ranges) };
  return isEmpty(next) ? null : withFields(packet, { [field]: next });
}

/** A packet that may be either of two: what is known of it is what is known of both. */
export function both(one: Packet, other: Packet): Packet {
  if (one === other) return one;
  const fields: Partial<Record<Field, ValueSet>> = {};
  for (const [name, a] of Object.entries(one.fields) as [Field, ValueSet][]) {
    const b = other.fields[name];
    if (a === b) fields[name] = a;
    else if (b) fields[name] = { absent: a.absent || b.absent, ranges: unite([...a.ranges, ...b.ranges]) };
  }
  const assumed = Object.fromEntries(Object.entries(one.assumed).filter(([key, is]) => other.assumed[key] === is));
  const { bits: _, ...rest } = one;
  return { ...rest, fields, assumed, ...(one.bits && one.bits === other.bits ? { bits: one.bits } : {}) };
}

/** No AH among the extension headers. */
const UNSEALED: ValueSet = { absent: false, ranges: [[0, 1 << EXTENSION_HEADERS.indexOf("ah")]] };

/** A packet of which nothing is stated; it is whole, without AH and in an untagged frame unless it is said to be otherwise. */
export const anyPacket = (family: Family): Packet => ({
  family,
  fields: {
    fragmentOffset: only(0),
    incomplete: absent,
    vlanTag: absent,
    ...(family === "ipv6" ? { extensionHeaders: UNSEALED } : {}),
  },
  assumed: {},
});

/** Neither cut off nor a fragment. */
export const isWhole = ({ fields: { incomplete, fragmentOffset } }: Packet): boolean =>
  isAbsent(incomplete) && single(fragmentOffset) === 0;

/** Text values by field (`null`: known to be absent) to a packet. Throws BadField. */
export function readPacket(family: Family, values: Readonly<Partial<Record<Field, string | number | null>>>): Packet {
  let packet = anyPacket(family);
  for (const field of fieldNames) {
    const value = values[field];
    // `--fragment none` says the same as saying nothing: a whole packet
    if (value === undefined || (field === "fragmentOffset" && value === null)) continue;
    if (field === "mark" && value === null) {
      // every packet has a mark: none is 0
      packet = withFields(packet, { mark: only(0) });
      continue;
    }
    packet = withFields(packet, {
      [field]: value === null ? absent : { absent: false, ranges: readField(field, String(value), family) },
    });
  }
  const { protocol } = packet.fields;
  if (!protocol) return packet;
  const settled = cutOff(withFields(packet, { protocol }));
  for (const [field] of HEADERS) {
    const value = values[field];
    if (value == null || !isAbsent(settled.fields[field])) continue;
    throw new BadField(
      field,
      String(value),
      `no such word: a packet of protocol ${values.protocol} has no ${fields[field].says}`,
    );
  }
  return settled;
}

/** A value that a field cannot have. */
export class BadField extends Error {
  readonly field: Field;
  constructor(field: Field, value: string, expected: string) {
    super(`${wordOf(field)} ${value}: expected ${expected}`);
    this.field = field;
  }
}

function readField(field: Field, text: string, family: Family): ValueSet["ranges"] {
  try {
    const ranges = readValues(field, text);
    const [all] = allValues(field, family);
    const mixed = ranges.some(([low]) => all && typeof low !== typeof all[0]);
    if (mixed) throw new RangeError(`an ${family === "ipv6" ? "IPv6" : "IPv4"} address`);
    return ranges;
  } catch (error) {
    if (error instanceof RangeError) throw new BadField(field, text, error.message);
    throw error;
  }
}

const isUsual = (field: Field, set: ValueSet): boolean =>
  (field === "fragmentOffset" && single(set) === 0) ||
  set === UNSEALED ||
  ((field === "incomplete" || field === "vlanTag") && isAbsent(set));

/** What is stated, as JSON has it: `null` is absent, left out is not stated. */
export function packetJson(packet: Packet): Record<string, string | null> {
  const out: Record<string, string | null> = {};
  for (const field of fieldNames) {
    const set = packet.fields[field];
    if (!set || isUsual(field, set) || isImplied(packet, field)) continue;
    if (isAbsent(set)) out[field] = null;
    else if (!set.absent) out[field] = writeValues(field, set.ranges);
  }
  return out;
}
