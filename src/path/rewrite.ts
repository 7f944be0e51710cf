/** Changes of a packet's fields on its way, each told as it happens. */
import {
  absent,
  allValues,
  type Field,
  fieldNames,
  isAbsent,
  knownValue,
  type Packet,
  type ValueSet,
  withFields,
  writeValues,
} from "../facts/index.ts";
import type { Change, Traveller } from "./traveller.ts";

const text = (set: ValueSet | undefined, field: Field): string | null => {
  if (!set || isAbsent(set)) return null;
  return set.absent ? null : writeValues(field, set.ranges);
};

/** A key that names its field is about that one alone; any other may be about anything but the TTL. */
function stillHolds(key: string, changed: Field): boolean {
  const named = fieldNames.find((name) => key.startsWith(`${name} `));
  return named === undefined ? changed === "ttl" : named !== changed;
}

/** Gives a field another value. What was assumed about the old one is forgotten. */
export function rewrite(traveller: Traveller, field: Field, set: ValueSet, by: Change["by"]): Change[] {
  const before = traveller.packet.fields[field];
  traveller.flooded?.rewritten.add(field);
  const assumed = Object.fromEntries(
    Object.entries(traveller.packet.assumed).filter(([key]) => stillHolds(key, field)),
  );
  traveller.packet = { ...withFields(traveller.packet, { [field]: set }), assumed };
  const [from, to] = [text(before, field), text(set, field)];
  if (from === to && from !== null) return [];
  traveller.rewritten = new Set([...traveller.rewritten, field]);
  return from === to ? [] : [{ field, from, to, by }];
}

/** mark = (mark & ~mask) ^ value, or any other field that takes bits. */
export function setBits(traveller: Traveller, field: Field, value: number, mask: number): Change[] {
  const old = knownValue(traveller.packet, field);
  const keeps = mask === 0xffffffff ? 0 : typeof old === "number" ? (old & ~mask) >>> 0 : undefined;
  if (keeps === undefined) return rewrite(traveller, field, unknown(traveller.packet, field), "target");
  const next = (keeps ^ value) >>> 0;
  return rewrite(traveller, field, { absent: false, ranges: [[next, next + 1]] }, "target");
}

/** The field has a value that nobody here knows. */
export const forget = (traveller: Traveller, field: Field): Change[] =>
  rewrite(traveller, field, unknown(traveller.packet, field), "target");

const unknown = (packet: Packet, field: Field): ValueSet => {
  const old = packet.fields[field];
  return old && isAbsent(old) ? absent : { absent: false, ranges: allValues(field, packet.family) };
};
