/** How packets on their way stand to what they were when they came: which fields still are what was described. */
import {
  allValues,
  CT_TUPLE,
  everything,
  type Field,
  fieldNames,
  isAbsent,
  known,
  minus,
  type Packet,
  type ValueSet,
} from "../facts/index.ts";
import type { Traveller } from "../path/index.ts";
import { type Atoms, EVERY_BIT, type Origin, type View } from "../space/index.ts";

/** Each side of a connection that conntrack notes down, and the field of its first packet that it is taken from. */
export const NOTED: Readonly<Partial<Record<Field, Field>>> = Object.fromEntries(
  CT_TUPLE.flatMap(([original, reply, from]) => [
    [original, from],
    [reply, from],
  ]),
);

/** Where sets of values come from that are not the packet's own from the beginning. */
export class Origins {
  readonly #of = new WeakMap<ValueSet, Origin>();
  readonly #made = new WeakSet<ValueSet>();

  /** Takes notice of what conntrack has noted down since. */
  note(way: Traveller, before: Packet): void {
    for (const [noted, from] of Object.entries(NOTED) as [Field, Field][]) {
      const set = way.packet.fields[noted];
      if (set && set !== before.fields[noted] && set === way.packet.fields[from] && !way.given.has(from))
        this.#of.set(set, { field: from, version: "" });
    }
  }

  /** A field was given one of several values; which one is the same for all who were given the same. */
  give(field: Field, set: ValueSet): string {
    const version = JSON.stringify(set, texts);
    this.#of.set(set, { field, version });
    return version;
  }
  /** What is known better now is still what it was. */
  keep(old: ValueSet, set: ValueSet): void {
    const origin = this.#of.get(old);
    if (origin) this.#of.set(set, origin);
  }

  /** A field was raised or lowered; null: what it was before is not what it came with. */
  step(field: Field, old: ValueSet | undefined, set: ValueSet | undefined, by: number, isGiven: boolean): void {
    const before = old && this.#of.get(old)?.steps;
    if (set && (before || !isGiven)) this.#of.set(set, { field, version: "", steps: [...(before ?? []), by] });
  }

  /** A rule has given these: what they are is none of what the way tells. */
  made({ given, packet }: Traveller, before: Traveller): void {
    for (const field of given.keys()) {
      const set = packet.fields[field];
      if (set && set !== before.packet.fields[field] && !isAbsent(set)) this.#made.add(set);
    }
  }
  /** Whether the way has told nothing new by it. */
  isKept(field: Field, set: ValueSet): boolean {
    return this.#made.has(set) || this.noted(field, set) !== undefined;
  }

  given(field: Field, set: ValueSet | undefined): Origin | undefined {
    const origin = set && this.#of.get(set);
    return origin?.field === field && (origin.version !== "" || origin.steps) ? origin : undefined;
  }
  /** Of two ways that meet, if it is of both. */
  unite(a: ValueSet, b: ValueSet, set: ValueSet): void {
    const origin = this.#of.get(a);
    if (origin && isSame(origin, this.#of.get(b))) this.#of.set(set, origin);
  }
  textOf(set: ValueSet | undefined): string {
    const origin = set && this.#of.get(set);
    return origin ? `${origin.field} ${origin.version} ${origin.steps ?? ""}` : "";
  }

  /** The field of the packet as it came that this one is the same as, if it was noted down. */
  noted(field: Field, set: ValueSet | undefined): Origin | undefined {
    return set && NOTED[field] ? this.#of.get(set) : undefined;
  }
}

const isSame = (a: Origin, b: Origin | undefined): boolean =>
  a.field === b?.field && a.version === b.version && String(a.steps) === String(b.steps);

/** What is asked of a packet before it sets out. */
export const asDescribed = (seen: Packet): View => ({
  seen,
  origin: (field) => ({ field, version: "" }),
  kept: () => EVERY_BIT,
  key: (key) => key,
});

/** Names a field, so that it says nothing of others. */
const isAbout = (key: string, field: Field): boolean => key.startsWith(`${field} `);
/** A packet's bytes, TTL and MACs aside: what is asked of them stays as it was while they do (path/rewrite.ts). */
const BYTES: ReadonlySet<Field> = new Set([
  "source",
  "destination",
  "sourcePort",
  "destinationPort",
  "tos",
  "length",
  "checksum",
  "tcpOptions",
  "tcpMss",
]);

/** Follows from other fields (facts/derived.ts). */
function isDerived(seen: Packet, field: Field): boolean {
  const set = known(seen, field);
  return !set.absent || set.ranges.length === 0;
}

/** What a rule asks of a packet on its way. */
export function viewOf(traveller: Traveller, seen: Packet, origins: Origins): View {
  const { packet, given } = traveller;
  const changed = [...given.keys()];
  const version = changed.map((field) => `${field}=${JSON.stringify(packet.fields[field], texts)}`);
  return {
    seen,
    origin(field) {
      const set = seen.fields[field];
      const noted = origins.noted(field, set);
      if (noted) return noted;
      if (given.get(field) === EVERY_BIT) return origins.given(field, set) ?? null;
      if (set === undefined && isDerived(seen, field)) return null;
      // what a hook hides, or shows in another's place
      return set === packet.fields[field] ? { field, version: "" } : null;
    },
    kept: (field) => ~(given.get(field) ?? 0) >>> 0,
    key(key) {
      const named = fieldNames.find((field) => isAbout(key, field));
      const about = changed.flatMap((field, at) =>
        (named ? field === named : BYTES.has(field)) ? [version[at] ?? ""] : [],
      );
      return about.length > 0 ? `${key} (${about.join(" ")})` : key;
    },
  };
}
const texts = (_: string, value: unknown) => (typeof value === "bigint" ? String(value) : value);

/** What was done to packets on their way, as text: the same text, the same fate from here on. */
export function doneTo({ given, packet, attached }: Traveller, origins: Origins): string {
  if (given.size === 0 && !attached && !packet.touched) return "";
  const fields = [...given.keys()].sort();
  const values = fields.map((field) => {
    const set = packet.fields[field];
    return [field, given.get(field), set, packet.bits?.[field], origins.textOf(set)];
  });
  return JSON.stringify([values, attached, packet.touched, packet.fields.ctnat], texts);
}

/** Fields that a description is made of: what a way has settled of them belongs to every answer. */
const DESCRIBING: ReadonlySet<Field> = new Set([
  "inInterface",
  "outInterface",
  "source",
  "destination",
  "protocol",
  "sourcePort",
  "destinationPort",
  "icmpType",
  "physdevIn",
  "physdevOut",
  // what ways of many packets are told apart by (path/told-apart.ts)
  "ttl",
  "length",
  "dontFragment",
  "macDestination",
]);
/** Whether what is known of a field has to be counted: it is asked about, or belongs to the answer. */
export function matters(atoms: Atoms, field: Field, set: ValueSet): boolean {
  if (atoms.isCut(field)) return true;
  return DESCRIBING.has(field) && (isAbsent(set) || minus(allValues(field, atoms.family), set.ranges).length > 0);
}

export function isNarrower(set: ValueSet, before: Packet, field: Field): boolean {
  const old = before.fields[field] ?? everything(field, before.family);
  return (old.absent || !set.absent) && minus(set.ranges, old.ranges).length === 0;
}
