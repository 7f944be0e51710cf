/** Where a route to an address leads, by every device that serves: what rpfilter asks about a source. */
import type { Family } from "./address.ts";
import { routeRange } from "./fib.ts";
import type { HostJson, RouteJson } from "./host-json.ts";
import { isLocalTable, type LocalRoute } from "./local-table.ts";
import { minus, type Range, type Ranges, unite } from "./value-set.ts";

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
    return range && !isLocalTable(route) ? [{ route, range }] : [];
  });
  if (rows.length === 0 || !isUsual(json)) return undefined;
  const size = ([low, high]: Range) => BigInt(high) - BigInt(low);
  const isDefaultTable = ({ table }: RouteJson) => Number(table === "default" || table === 253);
  rows.sort(
    (a, b) =>
      isDefaultTable(a.route) - isDefaultTable(b.route) ||
      (size(a.range) < size(b.range) ? -1 : size(a.range) > size(b.range) ? 1 : 0) ||
      (a.route.metric ?? 0) - (b.route.metric ?? 0),
  );
  const out: Reverse[] = local
    .filter(({ type }) => type === "local")
    .map(({ dev, ranges }) => ({ isLocal: true, devices: [dev], ranges }));
  let covered = unite(local.flatMap(({ ranges }) => ranges));
  for (const [at, { route, range }] of rows.entries()) {
    const ranges = minus([range], covered);
    covered = unite([...covered, range]);
    if (ranges.length === 0 || (route.type ?? "unicast") !== "unicast") continue;
    const equal =
      family === "ipv6" ? rows.filter((each, other) => other >= at && isSame(each.range, range)) : [{ route }];
    out.push({ isLocal: false, devices: equal.flatMap((each) => devicesOf(each.route)), ranges });
  }
  return out;
}

const isSame = (a: Range, b: Range): boolean => a[0] === b[0] && a[1] === b[1];
const devicesOf = ({ dev, nexthops = [] }: RouteJson): readonly string[] =>
  [dev, ...nexthops.map((each) => each.dev)].filter((each) => each !== undefined);
