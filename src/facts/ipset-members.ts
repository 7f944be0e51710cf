/** What `-m set` asks, as a condition on the packet: net/netfilter/ipset/ip_set_core.c ip_set_test and the types. */
import type { Family } from "./address.ts";
import { all, always, any, type Condition, never, not, present, within } from "./condition.ts";
import type { Field } from "./fields.ts";
import type { Entry, IpSet, IpSets, Part } from "./ipset.ts";
import { after, minus, prefix, type Range, type Ranges, unite } from "./value-set.ts";

export interface Asking {
  readonly name: string;
  /** src or dst for each part of the set's type; more are not looked at, with fewer nothing is in the set. */
  readonly directions: readonly string[];
  /** --return-nomatch: the exceptions, instead of the others. */
  readonly aside: boolean;
}

/** A text: why it is not known. */
export function members({ sets }: IpSets, asking: Asking, family: Family): Condition | string {
  const set = sets.get(asking.name);
  if (!set) return `ipset save (what was given has no set ${asking.name})`;
  if (!set.dimensions) return `ipset test ${asking.name} (sets of type ${set.type} are not evaluated)`;
  if (asking.directions.length < set.dimensions.length || (set.family ?? family) !== family) return never;
  if (set.type === "list:set") return ofList({ sets }, set, asking, family);
  const sides = asking.directions.map((way) => (way === "src" ? 0 : 1));
  const entries = set.entries
    .filter(({ parts }) => !parts.some((part) => part.kind === "iface" && part.physdev))
    .map((entry) => ({ ...entry, nomatch: entry.nomatch !== asking.aside }));
  // only types with networks know exceptions
  const known = set.dimensions.includes("net") ? entries : set.entries;
  if (set.type === "hash:net,iface") return byNetwork(known, sides, asking.name);
  if (set.type === "bitmap:port") return portIn(known, sides[0] ?? 0, asking.name);
  return isOrdered(known) ? inOrder(known, sides, asking.name) : grouped(known, sides, asking.name);
}

/** Any of its sets, each asked by itself. net/netfilter/ipset/ip_set_list_set.c list_set_ktest */
function ofList(sets: Pick<IpSets, "sets">, set: IpSet, asking: Asking, family: Family): Condition | string {
  const inner = set.entries.map(({ parts: [part] }) => {
    const name = part?.kind === "set" ? part.name : "";
    return sets.sets.get(name)?.type === "list:set" ? name : members(sets as IpSets, { ...asking, name }, family);
  });
  return inner.find((each) => typeof each === "string") ?? any(...(inner as Condition[]));
}

type Side = number;
const FIELDS = {
  address: ["source", "destination"],
  mac: ["macSource", "macDestination"],
  iface: ["inInterface", "outInterface"],
  port: ["sourcePort", "destinationPort"],
} as const satisfies Record<string, readonly [Field, Field]>;

function partIs(part: Part, side: Side, wants: string): Condition {
  if (part.kind === "set") return never;
  if (part.kind === "port") return portIs(part.protocol, [[part.port, part.port + 1]], side, wants);
  const field = FIELDS[part.kind][side] as Field;
  return within(field, part.kind === "iface" ? [named(part)] : [part.range], wants);
}
type Iface = Extract<Part, { kind: "iface" }>;
const named = ({ name, wildcard }: Iface): Range => (wildcard ? prefix(name) : [name, after(name)]);

const WITH_PORTS = [6, 17, 132, 136];
const ICMP = [1, 58];
/** ip_set_getport.c skb_header_pointer: the whole transport header is there to be read. */
const isReadable = all(within("fragmentOffset", [[0, 1]], "a first fragment"), not(present("incomplete")));
/** ip_set_getport.c: ICMP has its type and code in their place, what has no ports 0. */
function portIs(protocol: number, ports: Ranges, side: Side, wants: string): Condition {
  const of = within("protocol", [[protocol, protocol + 1]], wants);
  if (WITH_PORTS.includes(protocol)) return all(isReadable, of, within(FIELDS.port[side] as Field, ports, wants));
  if (ICMP.includes(protocol)) return all(isReadable, of, within("icmpType", ports, wants));
  return ports.some(([low]) => low === 0) ? all(isReadable, of) : never;
}

/** Of tcp and udp, no other (ip_set_get_ip_port). */
function portIn(entries: readonly Entry[], side: Side, name: string): Condition {
  const ports = unite(
    entries.flatMap(({ parts: [part] }) => (part?.kind === "port" ? [[part.port, part.port + 1] as const] : [])),
  );
  return any(...[6, 17].map((protocol) => portIs(protocol, ports, side, name)));
}

const lengthOf = (part: Part): bigint => (part.kind === "address" ? BigInt(part.range[1]) - BigInt(part.range[0]) : 0n);
/** Exceptions where more than one part is a network: then entries cannot be told apart by one of them. */
const isOrdered = (entries: readonly Entry[]): boolean =>
  entries.some(({ nomatch }) => nomatch) &&
  entries.some(({ parts }) => parts.filter((part) => lengthOf(part) > 1n).length > 1);
/** The smallest network decides (ip_set_hash_gen.h mtype_test_cidrs): so it is asked first, that is, built last. */
function inOrder(entries: readonly Entry[], sides: readonly Side[], wants: string): Condition {
  const sorted = [...entries].sort((a, b) => {
    for (const [at, part] of a.parts.entries()) {
      const [one, other] = [lengthOf(part), lengthOf(b.parts[at] as Part)];
      if (one !== other) return one > other ? -1 : 1;
    }
    return 0;
  });
  return sorted.reduce((rest: Condition, { parts, nomatch }) => {
    const is = all(...parts.map((part, at) => partIs(part, sides[at] ?? 0, wants)));
    return nomatch ? all(not(is), rest) : any(is, rest);
  }, never);
}

/** Entries that differ in one address alone are one question about it; then ports with the same answer are one. */
function grouped(entries: readonly Entry[], sides: readonly Side[], wants: string): Condition {
  const first = entries[0]?.parts ?? [];
  const at = Math.max(
    first.findLastIndex((_, index) => entries.some(({ parts }) => lengthOf(parts[index] as Part) > 1n)),
    first.findIndex(({ kind }) => kind === "address"),
  );
  const rangedField = FIELDS.address[sides[at] ?? 0] as Field;
  const groups = new Map<string, { readonly others: readonly (Part | null)[]; readonly entries: Entry[] }>();
  for (const entry of entries) {
    const others = entry.parts.map((part, index) => (index === at ? null : part));
    const key = others.map(keyOf).join();
    const group = groups.get(key);
    if (group) group.entries.push(entry);
    else groups.set(key, { others, entries: [entry] });
  }
  const conditions = [...groups.values()].map(({ others, entries: own }) => {
    const rest = others.map((part, index) => (part ? partIs(part, sides[index] ?? 0, wants) : always));
    return at < 0 ? all(...rest) : all(within(rangedField, rangesOf(own, at), wants), ...rest);
  });
  return any(...conditions);
}
const keyOf = (part: Part | null): string => {
  if (!part) return "";
  if (part.kind === "port") return `${part.protocol}:${part.port}`;
  return "range" in part ? part.range.join("-") : `${part.name}${part.kind === "iface" && part.wildcard ? "+" : ""}`;
};

/**
 * The smallest network that holds the address decides, whichever interfaces it was entered with: larger ones are not asked
 * then (ip_set_hash_gen.h mtype_test_cidrs, multi).
 */
function byNetwork(entries: readonly Entry[], sides: readonly Side[], wants: string): Condition {
  const networks = new Map<string, Entry[]>();
  for (const entry of entries) {
    const key = keyOf(entry.parts[0] ?? null);
    networks.set(key, [...(networks.get(key) ?? []), entry]);
  }
  const sizes = new Map<bigint, Map<string, Entry[]>>();
  for (const own of networks.values()) {
    const size = lengthOf((own[0] as Entry).parts[0] as Part);
    const same = sizes.get(size) ?? new Map<string, Entry[]>();
    sizes.set(size, same);
    const key = own.map(({ parts, nomatch }) => `${nomatch} ${keyOf(parts[1] ?? null)}`).join();
    same.set(key, [...(same.get(key) ?? []), ...own]);
  }
  let covered: Ranges = [];
  const conditions = [...sizes]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, groups]) => {
      const open = [...groups.values()].map((own) => {
        const ranges = minus(unite(own.map(({ parts }) => (parts[0] as { range: Range }).range)), covered);
        const ifaces = own.filter(({ nomatch }) => !nomatch).map(({ parts }) => named(parts[1] as Iface));
        const [address, iface] = [FIELDS.address[sides[0] ?? 0], FIELDS.iface[sides[1] ?? 0]] as [Field, Field];
        return all(within(address, ranges, wants), within(iface, unite(ifaces), wants));
      });
      const own = [...groups.values()].flat().map(({ parts }) => (parts[0] as { range: Range }).range);
      covered = unite([...covered, ...own]);
      return open;
    });
  return any(...conditions);
}

/** By size: what a smaller network says goes over what a larger one does. */
function rangesOf(entries: readonly Entry[], at: number): Ranges {
  const bySize = new Map<bigint, { in: Range[]; out: Range[] }>();
  for (const { parts, nomatch } of entries) {
    const part = parts[at];
    if (part?.kind !== "address") continue;
    const size = lengthOf(part);
    const same = bySize.get(size) ?? { in: [], out: [] };
    bySize.set(size, same);
    same[nomatch ? "out" : "in"].push(part.range);
  }
  const sizes = [...bySize].sort(([a], [b]) => (a > b ? -1 : 1));
  let ranges: Ranges = [];
  for (const [, { in: more, out }] of sizes) ranges = minus(unite([...ranges, ...more]), unite(out));
  return ranges;
}
