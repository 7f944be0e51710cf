/**
 * Where a packet goes: routes as `ip route` lists them, by the tables that rules choose. net/ipv4/fib_frontend.c, fib_trie.c
 */
import { type Address, type Family, prefixRange, readAddress, readPrefix } from "./address.ts";
import type { Condition } from "./condition.ts";
import type { HostJson, RouteJson } from "./host-json.ts";
import type { LocalRoute } from "./local-table.ts";
import { BROADCAST, MULTICAST } from "./networks.ts";
import { policyRules, tableName } from "./policy-rules.ts";
import { byPrefix, firstTakes, type Range, type Ranges, unite } from "./value-set.ts";

export type RouteType =
  | "unicast"
  | "local"
  | "broadcast"
  | "multicast"
  | "unreachable"
  | "blackhole"
  | "prohibit"
  | "throw"
  /** No table has a route. */
  | "none";
/** Destinations that one route takes, those of longer prefixes left out. */
export interface RouteClass {
  readonly type: RouteType;
  /** Empty where the destination names no device. */
  readonly dev: string;
  readonly source: Address | undefined;
  /** The next hop; undefined: the destination itself. */
  readonly gateway: Address | undefined;
  /** The next hops of which the kernel takes one by a hash (fib_semantics.c fib_select_multipath); empty: it is the one. */
  readonly hops: readonly Hop[];
  readonly ranges: Ranges;
}
export interface Hop {
  readonly dev: string;
  readonly gateway: Address | undefined;
}
/** One of `ip rule`: the packets that ask this table, and what the table has, longest prefix first. */
export interface Lookup {
  readonly condition: Condition;
  readonly classes: readonly RouteClass[];
}

/** undefined when no routes are known. `local`: what the kernel itself keeps, whether it was printed or not. */
export function readLookups(
  json: HostJson,
  local: readonly LocalRoute[],
  family: Family,
): readonly Lookup[] | undefined {
  const rows = (json.route ?? []).flatMap((route) => {
    const range = routeRange(route, family);
    return range ? [{ route, range }] : [];
  });
  if (rows.length === 0) return undefined;
  const wide = family === "ipv6" ? 128 : 32;
  const listed = (wanted: string, suppressed: number) =>
    classesOf(
      rows.filter(({ route, range }) => tableName(route.table) === wanted && lengthOf(range, wide) > suppressed),
    );
  const kept = merged([
    ...local.map(({ type, dev, ranges }) => classOf(typeNamed(type), dev, ranges)),
    classOf("broadcast", "", BROADCAST[family]),
    classOf("multicast", "", MULTICAST[family]),
  ]);
  const everywhere = [prefixRange(family === "ipv6" ? 0n : 0, 0) as Range];
  return policyRules(json, family).map(({ condition, table, type, suppressed }): Lookup => {
    if (type) return { condition, classes: [classOf(type, "", everywhere)] };
    return { condition, classes: table === "local" ? kept : listed(table, suppressed) };
  });
}

const classOf = (type: RouteType, dev: string, ranges: Ranges): RouteClass => ({
  type,
  dev,
  source: undefined,
  gateway: undefined,
  hops: [],
  ranges,
});

/** Longest prefix first, then the smallest metric. */
function classesOf(rows: readonly { readonly route: RouteJson; readonly range: Range }[]): readonly RouteClass[] {
  const sorted = [...rows].sort(
    (a, b) => byPrefix([a.range], [b.range]) || (a.route.metric ?? 0) - (b.route.metric ?? 0),
  );
  return merged(
    sorted.flatMap(({ route, range }) => {
      const [hop, ...others] = hopsOf(route);
      // all of its next hops are dead: it is passed over
      if (!hop) return [];
      return {
        ...classOf(typeNamed(route.type), hop.dev, [range]),
        source: route.prefsrc === undefined ? undefined : readAddress(route.prefsrc),
        gateway: hop.gateway,
        hops: others.length > 0 ? [hop, ...others] : [],
      };
    }),
  );
}

const hopsOf = ({ dev, gateway, nexthops }: RouteJson): Hop[] =>
  (nexthops ?? [{ dev, gateway, flags: [] }])
    .filter(({ flags = [] }) => !flags.includes("dead"))
    .map((hop) => ({ dev: hop.dev ?? "", gateway: hop.gateway === undefined ? undefined : readAddress(hop.gateway) }));

/** Of overlapping ones the first has what they share; those that lead the same way are one. */
function merged(classes: readonly RouteClass[]): RouteClass[] {
  const out = new Map<string, RouteClass>();
  for (const each of firstTakes(classes)) {
    const key = `${each.type} ${each.dev} ${each.source} ${[each, ...each.hops].map(({ dev, gateway }) => `${dev} ${gateway}`)}`;
    const old = out.get(key);
    out.set(key, { ...each, ranges: unite([...(old?.ranges ?? []), ...each.ranges]) });
  }
  return [...out.values()];
}

function typeNamed(type = "unicast"): RouteType {
  if (type === "anycast") return "local";
  const known = [
    "unicast",
    "local",
    "broadcast",
    "multicast",
    "unreachable",
    "blackhole",
    "prohibit",
    "throw",
  ] as const;
  return known.find((each) => each === type) ?? "unreachable";
}

export const lengthOf = ([low, high]: Range, wide: number): number =>
  wide - ((BigInt(high) - BigInt(low)).toString(2).length - 1);

export function routeRange({ dst, gateway, prefsrc, nexthops }: RouteJson, family: Family): Range | undefined {
  const zero = family === "ipv6" ? 0n : 0;
  if (dst === undefined || dst === "default") {
    // `default` names no family: it is IPv6 only if its gateway says so
    const six = (gateway ?? prefsrc ?? nexthops?.[0]?.gateway ?? "").includes(":");
    return six === (family === "ipv6") ? prefixRange(zero, 0) : undefined;
  }
  const range = readPrefix(dst);
  return range && typeof range[0] === typeof zero ? range : undefined;
}
