/** A set of packets as products that people can read, and one packet of it that the walk confirms. */
import {
  absent,
  allValues,
  type Bits,
  type Family,
  type Field,
  type Host,
  isAbsent,
  minus,
  only,
  type Packet,
  readPrefix,
  single,
  type ValueSet,
} from "../facts/index.ts";
import { type Path, walk } from "../path/index.ts";
import {
  type Atoms,
  type Codes,
  exampleOf,
  NONE,
  type Node,
  nicest,
  type Product,
  products,
  type Sets,
  valuesOf,
  type Wishes,
} from "../space/index.ts";
import type { Proof } from "./prove.ts";
import { NOTED } from "./view.ts";

/** Packets whose fields have these values, whose numbers have these bits, and of which these answers are true. */
export interface Cube {
  readonly fields: ReadonlyMap<Field, ValueSet>;
  readonly bits: ReadonlyMap<Field, Bits>;
  readonly answers: ReadonlyMap<string, boolean>;
}
export interface Cubes {
  readonly cubes: readonly Cube[];
  /** There are more than are listed. */
  readonly more: boolean;
}

/**
 * The largest first; what the description says already is left out. `care`: of what is none of these it does not matter
 * whether it is said, and it is as reads best.
 */
export function cubesOf({ sets, described }: Proof, set: Node, most: number, care: Node): Cubes {
  const found = products(sets, sets.bdd.restrict(set, care), most + 1);
  const named = onlyNamesOf(sets, care);
  const seen = new Map<string, { readonly cube: Cube; readonly share: number }>();
  for (const product of found) {
    const cube = cubeOf(sets.atoms, named(product), described);
    const key = JSON.stringify([[...cube.fields], [...cube.bits], [...cube.answers]], texts);
    // those that differ only in what they were given on the way are one
    if (!seen.has(key)) seen.set(key, { cube, share: product.share });
  }
  return {
    cubes: [...seen]
      .sort(byShare)
      .slice(0, most)
      .map(([, { cube }]) => cube),
    more: seen.size > most || found.length > most,
  };
}
/** Of names only those that some packet has are said: what lies between two of them in order has none. */
function onlyNamesOf(sets: Sets, care: Node): (product: Product) => Product {
  const { atoms, bdd } = sets;
  const there = new Map<number, ReadonlySet<number>>();
  for (const [at, { of, field, size }] of atoms.dimensions.entries()) {
    if (of !== "values" || field === null || typeof allValues(field, atoms.family)[0]?.[0] !== "string") continue;
    const codes = Array.from({ length: size }, (_, code) => code);
    there.set(at, new Set(codes.filter((code) => bdd.and(care, sets.codes(at, [[code, code + 1]])) !== NONE)));
  }
  return ({ codes, share }) => {
    const kept = [...codes].flatMap(([at, own]): (readonly [number, Codes])[] => {
      const some = there.get(at);
      if (!some) return [[at, own]];
      const left = [...some].filter((code) => own.some(([from, to]) => from <= code && code < to));
      return left.length === some.size ? [] : [[at, left.map((code) => [code, code + 1] as const)]];
    });
    return { codes: new Map(kept), share };
  };
}

type Seen = readonly [string, { readonly share: number }];
const byShare = ([a, one]: Seen, [b, other]: Seen): number => other.share - one.share || (a < b ? -1 : 1);
const texts = (_: string, value: unknown) => (typeof value === "bigint" ? String(value) : value);

function cubeOf(atoms: Atoms, { codes }: Product, described: Packet): Cube {
  const fields = new Map<Field, ValueSet>();
  const bits = new Map<Field, Bits>();
  const answers = new Map<string, boolean>();
  for (const [at, own] of codes) {
    const dimension = atoms.dimensions[at];
    const isOne = own.length === 1 && own[0]?.[0] === 1;
    if (!dimension || dimension.of === "again") continue;
    const { field, of, key, bit } = dimension;
    if (of === "opaque") answers.set(key, isOne);
    else if (field === null) continue;
    else if (of === "values") {
      const set = valuesOf(atoms, field, own);
      if (!isSaid(set, described, field)) fields.set(field, set);
    } else if (of === "bit") {
      const { mask = 0, value = 0 } = bits.get(field) ?? {};
      bits.set(field, { mask: (mask | (1 << bit)) >>> 0, value: isOne ? (value | (1 << bit)) >>> 0 : value });
    } else if (!isOne) fields.set(field, absent);
  }
  return { fields, bits, answers };
}

/** What is said of the field already, or of every packet: that it is there. */
function isSaid(set: ValueSet, { fields, family }: Packet, field: Field): boolean {
  const said = fields[field];
  const stated = said ? [...minus(said.ranges, set.ranges), ...minus(set.ranges, said.ranges)] : null;
  if (stated && stated.length === 0 && said?.absent === set.absent) return true;
  return OBVIOUS.has(field) && !set.absent && minus(allValues(field, family), set.ranges).length === 0;
}
const OBVIOUS: ReadonlySet<Field> = new Set(["source", "destination", "protocol"]);

/** Of a connection that the packet opens they follow from the packet. */
const FOLLOWING: ReadonlySet<Field> = new Set([
  ...(Object.keys(NOTED) as Field[]),
  "ctdir",
  "ctstatus",
  "ctmark",
  "ctnat",
]);
/** That a packet has none of these is not said. */
const USUALLY_ABSENT: ReadonlySet<Field> = new Set(["physdevIn", "physdevOut", "uidOwner", "gidOwner", "vlanTag"]);
/** So many are tried, where the walk does not confirm one. */
const MOST_TRIED = 8;

/** One packet of a set, as `explain` takes it, of which the walk says the same; null: none was found among the first. */
export function witnessOf(proof: Proof, set: Node, confirms: (path: Path) => boolean): Packet | null {
  for (const packet of examplesOf(proof, set)) if (walk(proof.world, packet).paths.some(confirms)) return packet;
  return null;
}

/** Packets of a set, the most typical first, as `explain` takes them. */
export function* examplesOf(proof: Proof, set: Node): Generator<Packet, void> {
  if (set === NONE) return;
  const wishes = neighboursOf(proof.world.host, proof.described.family);
  for (const product of products(proof.sets, nicest(proof.sets, set, wishes), 1))
    yield packetOf(proof, product, wishes);
  for (const product of products(proof.sets, set, MOST_TRIED)) yield packetOf(proof, product, wishes);
}

/** Those whom the host knows, and itself. */
function neighboursOf({ json }: Host, family: Family): Wishes {
  const near = (json.neigh ?? []).map(({ dst }) => dst);
  const others = (json.addr ?? []).filter(({ ifname }) => ifname !== "lo");
  const own = others.flatMap(({ addr_info = [] }) => addr_info.map(({ local }) => local));
  const values = [...own, ...near].flatMap((text) => {
    const value = text === undefined ? undefined : readPrefix(text)?.[0];
    return value !== undefined && (typeof value === "bigint") === (family === "ipv6") ? [value] : [];
  });
  return { source: values.toReversed(), destination: values };
}

function packetOf({ sets, described, world }: Proof, product: Product, wishes: Wishes): Packet {
  const fields: Partial<Record<Field, ValueSet>> = { ...described.fields };
  const constrained = new Set([...product.codes.keys()].map((at) => sets.atoms.dimensions[at]?.field));
  const opens = single(described.fields.ctstate) === 1;
  for (const [field, value] of exampleOf(sets, product, wishes).fields) {
    const stated = described.fields[field];
    const follows = FOLLOWING.has(field) && (opens || !constrained.has(field));
    // the route says it
    const isRouted = field === "outInterface" && world.host.lookups(described.family) !== undefined;
    const isUsual = value === undefined && USUALLY_ABSENT.has(field);
    if (follows || isRouted || isUsual || (stated && (isAbsent(stated) || single(stated) !== undefined))) continue;
    fields[field] = value === undefined ? absent : only(value);
  }
  for (const [field, set] of Object.entries(fields) as [Field, ValueSet][])
    if (isWhole(set, field, described)) delete fields[field];
  return { ...described, fields };
}
/** Says nothing: any value, or none where any packet has one. */
const isWhole = (set: ValueSet, field: Field, { family }: Packet): boolean =>
  minus(allValues(field, family), set.ranges).length === 0;
