/** Where a route to an address leads, by every device that serves: what rpfilter asks about a source. */
import type { Family } from "./address.ts";
import { all, always, type Condition, evaluate, never, not, within } from "./condition.ts";
import { lengthOf, routeRange } from "./fib.ts";
import type { HostJson, RouteJson } from "./host-json.ts";
import type { LocalRoute } from "./local-table.ts";
import { BROADCAST, EVERYWHERE, MULTICAST, THIS_NETWORK } from "./networks.ts";
import { policyRules, tableName } from "./policy-rules.ts";
import { byPrefix, firstTakes, minus, only, type Range, type Ranges, unite } from "./value-set.ts";

export interface Reverse {
  /** Packets whose way back asks the table that has this route, and no table before it. */
  readonly condition: Condition;
  readonly isLocal: boolean;
  readonly devices: readonly string[];
  readonly ranges: Ranges;
}
/** What of a packet its way back asks with, besides the addresses: ipt_rpfilter.c rpfilter_mt, ip6t_rpfilter.c. */
export interface ReverseOf {
  readonly mark: boolean;
  /** IPv6 asks for a route by the device that it came in by, unless any will do. */
  readonly device: boolean;
}

/**
 * The routes by the rules that choose their tables, unreachable ones left out; undefined: not known. Of IPv4 routes to
 * one prefix the first counts (fib_table_lookup), of IPv6 ones each by its device (rt6_device_match).
 */
export function reverseRoutes(
  json: HostJson,
  family: Family,
  local: readonly LocalRoute[],
  asking: ReverseOf,
): readonly Reverse[] | undefined {
  const rows = (json.route ?? []).flatMap((route) => {
    const range = routeRange(route, family);
    return range ? [{ route, range }] : [];
  });
  if (rows.length === 0) return undefined;
  const own = local.map(({ type, dev, ranges }) => ({ isLocal: true, type, devices: [dev], ranges }));
  const out: Reverse[] = [];
  const earlier: Condition[] = [];
  let covered: Ranges = [];
  for (const { condition, table, type: refuses, suppressed } of policyRules(json, family)) {
    const asks = turned(condition, family, asking);
    if (asks === never) continue;
    const ways = refuses
      ? [{ isLocal: false, type: refuses, devices: [], ranges: EVERYWHERE[family] }]
      : table === "local"
        ? own
        : waysOf(
            rows.filter(
              ({ route, range }) =>
                tableName(route.table) === table && lengthOf(range, family === "ipv6" ? 128 : 32) > suppressed,
            ),
            family,
          );
    // a route of type throw leaves the packet to the next table
    const found = firstTakes(ways)
      .filter(({ type }) => type !== "throw")
      .map((way) => ({ ...way, ranges: minus(way.ranges, covered) }))
      .filter(({ ranges }) => ranges.length > 0);
    for (const { isLocal, type, devices, ranges } of found)
      if (type === (isLocal ? "local" : "unicast"))
        out.push({ condition: all(...earlier, asks), isLocal, devices, ranges });
    const taken = unite(found.flatMap(({ ranges }) => ranges));
    if (asks === always) covered = unite([...covered, ...taken]);
    else if (taken.length > 0) earlier.push(not(all(asks, within("source", taken, "a source that is routed back"))));
  }
  return out;
}

interface Row {
  readonly route: RouteJson;
  readonly range: Range;
}
function waysOf(rows: readonly Row[], family: Family): (Omit<Reverse, "condition"> & { readonly type: string })[] {
  const sorted = [...rows].sort(
    (a, b) => byPrefix([a.range], [b.range]) || (a.route.metric ?? 0) - (b.route.metric ?? 0),
  );
  return sorted.map(({ route, range }, at) => {
    const equal = family === "ipv6" ? sorted.slice(at).filter((each) => isSame(each.range, range)) : [{ route }];
    const devices = equal.flatMap((each) => devicesOf(each.route));
    return { isLocal: false, type: route.type ?? "unicast", devices, ranges: [range] };
  });
}
const isSame = (a: Range, b: Range): boolean => a[0] === b[0] && a[1] === b[1];
const devicesOf = ({ dev, nexthops = [] }: RouteJson): readonly string[] =>
  [dev, ...nexthops.map((each) => each.dev)].filter((each) => each !== undefined);

/** A condition of a rule as the packet's own fields settle it: addresses change sides, most of the rest is not there. */
function turned(condition: Condition, family: Family, asking: ReverseOf): Condition {
  switch (condition.is) {
    case "not": {
      const of = turned(condition.of, family, asking);
      return of === always ? never : of === never ? always : not(of);
    }
    case "all": {
      const of = condition.of.map((each) => turned(each, family, asking));
      return of.includes(never) ? never : of.every((each) => each === always) ? always : all(...of);
    }
    case "opaque":
      return { ...condition, key: `${condition.key}, on the way back` };
    case "in":
    case "bits":
      return turnedField(condition, family, asking);
    default:
      return condition;
  }
}

function turnedField(
  condition: Extract<Condition, { is: "in" | "bits" }>,
  family: Family,
  { mark, device }: ReverseOf,
): Condition {
  const six = family === "ipv6";
  switch (condition.field) {
    case "destination":
      return { ...condition, field: "source" };
    // group addresses and the like are no source (rpfilter_get_saddr, rpfilter_addr_unicast)
    case "source":
      return all({ ...condition, field: "destination" }, not(within("destination", noSource(family), "no source")));
    case "protocol":
      return six ? condition : never;
    case "outInterface":
      return six && device ? { ...condition, field: "inInterface" } : never;
    case "inInterface":
      return evaluate(condition, LOOPED).is === "yes" ? always : never;
    case "mark":
      return mark ? condition : evaluate(condition, LOOPED).is === "yes" ? always : never;
    default:
      return never;
  }
}
const LOOPED = { family: "ipv4", fields: { inInterface: only("lo"), mark: only(0) }, assumed: {} } as const;
const noSource = (family: Family): Ranges =>
  unite([...THIS_NETWORK[family], ...MULTICAST[family], ...BROADCAST[family]]);
