/** Where a route to an address leads, by every device that serves: what rpfilter asks about a source. */
import type { Family } from "./address.ts";
import { routeRange } from "./fib.ts";
import type { HostJson, RouteJson } from "./host-json.ts";
import { isLocalTable, type LocalRoute } from "./local-table.ts";
import { byPrefix, firstTakes, type Ranges } from "./value-set.ts";

export interface Reverse {
  readonly isLocal: boolean;
  readonly devices: readonly string[];
  readonly ranges: Ranges;
}

const USUAL = ["local", "main", "default", 255, 254, 253];
/** No other tables than those that `ip rule` has by itself. */
const isUsual = ({ rule, route }: HostJson): boolean =>
  [...(rule ?? []), ...(route ?? [])].every(({ table }) => table === undefined || USUAL.includes(table));

/**
 * The routing table as disjoint parts, unreachable ones left out; undefined: not known. Of IPv4 routes to one prefix the
 * first counts (fib_table_lookup), of IPv6 ones each by its device (rt6_device_match).
 */
export function reverseRoutes(
  json: HostJson,
  family: Family,
  local: readonly LocalRoute[],
): readonly Reverse[] | undefined {
  const rows = (json.route ?? []).flatMap((route) => {
    const range = routeRange(route, family);
    return range && !isLocalTable(route) ? [{ route, ranges: [range] }] : [];
  });
  if (rows.length === 0 || !isUsual(json)) return undefined;
  const isDefaultTable = ({ table }: RouteJson) => Number(table === "default" || table === 253);
  rows.sort(
    (a, b) =>
      isDefaultTable(a.route) - isDefaultTable(b.route) ||
      byPrefix(a.ranges, b.ranges) ||
      (a.route.metric ?? 0) - (b.route.metric ?? 0),
  );
  const own = local.map(({ type, dev, ranges }) => ({ isLocal: true, type, devices: [dev], ranges }));
  const ways = rows.map(({ route, ranges }, at) => {
    const equal = family === "ipv6" ? rows.slice(at).filter((each) => isSame(each.ranges, ranges)) : [{ route }];
    const devices = equal.flatMap((each) => devicesOf(each.route));
    return { isLocal: false, type: route.type ?? "unicast", devices, ranges };
  });
  return firstTakes([...own, ...ways]).filter(({ isLocal, type }) => type === (isLocal ? "local" : "unicast"));
}

const isSame = (a: Ranges, b: Ranges): boolean => byPrefix(a, b) === 0 && a[0]?.[0] === b[0]?.[0];
const devicesOf = ({ dev, nexthops = [] }: RouteJson): readonly string[] =>
  [dev, ...nexthops.map((each) => each.dev)].filter((each) => each !== undefined);
