/** Changes of a packet's fields on its way, each told as it happens. */
import {
  allValues,
  type Bits,
  bitsUnder,
  constantBits,
  type Field,
  fieldNames,
  isAbsent,
  isSpan,
  known,
  type Packet,
  type Ranges,
  sameBits,
  sharedBits,
  shiftBits,
  spanOf,
  unite,
  type ValueSet,
  withFields,
  writeValues,
  xorBits,
} from "../facts/index.ts";
import type { Change, Traveller } from "./traveller.ts";

const text = (set: ValueSet | undefined, field: Field, bits: Bits | undefined): string | null => {
  if (!set || isAbsent(set) || set.absent) return null;
  return bits ? `0x${bits.value.toString(16)}/0x${bits.mask.toString(16)}` : writeValues(field, set.ranges);
};

/** Not among the packet's bytes, or (TTL) nothing that a question asks without naming it. */
const BESIDES: ReadonlySet<Field> = new Set(["ttl", "mark", "ctmark", "ctnat", "macSource", "macDestination"]);
/** A key that names its field is about that one alone; any other may be about any of the packet's bytes. */
function stillHolds(key: string, changed: Field): boolean {
  const named = fieldNames.find((name) => key.startsWith(`${name} `));
  return named === undefined ? BESIDES.has(changed) : named !== changed;
}

const EVERY_BIT = 0xffffffff;
/** Gives a field another value. What was assumed about the old one is forgotten. */
export function rewrite(
  traveller: Traveller,
  field: Field,
  set: ValueSet,
  by: Change["by"],
  { bits, changed = EVERY_BIT }: { readonly bits?: Bits; readonly changed?: number } = {},
): Change[] {
  const before = traveller.packet;
  traveller.given = new Map(traveller.given).set(field, ((traveller.given.get(field) ?? 0) | changed) >>> 0);
  traveller.flooded?.rewritten.add(field);
  const assumed = Object.fromEntries(Object.entries(before.assumed).filter(([key]) => stillHolds(key, field)));
  const { [field]: old, ...others } = before.bits ?? {};
  traveller.packet = {
    ...withFields(before, { [field]: set }),
    assumed,
    bits: bits && !isSpan(bits) ? { ...others, [field]: bits } : others,
  };
  const [from, to] = [text(before.fields[field], field, old), text(set, field, traveller.packet.bits?.[field])];
  if (from === to && from !== null) return [];
  traveller.rewritten = new Set([...traveller.rewritten, field]);
  return from === to ? [] : [{ field, from, to, by }];
}

/** What it has from here on is not what it came with; undefined: it is not known. No rule's doing: nothing is told of it. */
export function give(traveller: Traveller, field: Field, set: ValueSet | undefined): void {
  const { [field]: _, ...fields } = traveller.packet.fields;
  traveller.given = new Map(traveller.given).set(field, EVERY_BIT);
  traveller.packet = { ...traveller.packet, fields: set ? { ...fields, [field]: set } : fields };
}

/** (old & ~mask) ^ value, then shifted; as many bits of it are known as were of the old one. */
export function setBits(traveller: Traveller, field: Field, value: number, mask: number, shift = 0): Change[] {
  const set = known(traveller.packet, field);
  if (isAbsent(set)) return [];
  const changed = xorBits(bitsUnder(bitsIn(traveller.packet, field), ~mask), constantBits(value));
  const which = shift === 0 ? mask | value : EVERY_BIT;
  return become(traveller, field, shiftBits(changed, shift), absentStays(set, field), which);
}

/**
 * Between the packet's mark and its connection's: (old & ~mask) ^ (from & fromMask, shifted). Without a connection
 * nothing changes. `seen`: the packet as its hook shows it.
 */
export function copyBits(
  traveller: Traveller,
  seen: Packet,
  effect: { field: Field; mask: number; from: Field; fromMask: number; shift: number },
): Change[] {
  const { field, mask, from, fromMask, shift } = effect;
  const [target, source] = [known(seen, field), known(seen, from)];
  if (isAbsent(target) || isAbsent(source)) return [];
  const old = bitsIn(traveller.packet, field);
  const moved = shiftBits(bitsUnder(bitsIn(traveller.packet, from), fromMask), shift);
  const next = xorBits(bitsUnder(old, ~mask), moved);
  const isSure = field === "ctmark" || !source.absent;
  const which = shift >= 0 ? mask | (fromMask << shift) : mask | (fromMask >>> -shift);
  return become(traveller, field, isSure ? next : sameBits(old, next), absentStays(target, field), which);
}

const bitsIn = (packet: Packet, field: Field): Bits => sharedBits(known(packet, field).ranges, packet.bits?.[field]);
/** Only of the connection's mark is it not known whether there is one. */
const absentStays = (set: ValueSet, field: Field): boolean => field === "ctmark" && set.absent;
function become(traveller: Traveller, field: Field, bits: Bits, absent: boolean, changed: number): Change[] {
  return rewrite(traveller, field, { absent, ranges: spanOf(bits) }, "target", { bits, changed });
}

/** Up or down, and no further than the ends of the field. net/netfilter/xt_HL.c */
export function step(traveller: Traveller, field: Field, by: number): Change[] {
  const set = known(traveller.packet, field);
  const [all] = allValues(field, traveller.packet.family);
  if (isAbsent(set) || !all) return [];
  const clamp = (value: number) => Math.min(Math.max(value + by, Number(all[0])), Number(all[1]) - 1);
  const ranges = set.ranges.map(([low, high]) => [clamp(Number(low)), clamp(Number(high) - 1) + 1] as const);
  return rewrite(traveller, field, { absent: false, ranges: unite(ranges) }, "target");
}

/** One of these values; null: any that the field can have. */
export function replace(traveller: Traveller, field: Field, ranges: Ranges | null): Change[] {
  if (isAbsent(traveller.packet.fields[field])) return [];
  const values = ranges ?? allValues(field, traveller.packet.family);
  return rewrite(traveller, field, { absent: false, ranges: values }, "target");
}
