/** The kernel's local table: which addresses are the host's own, and which are broadcast. net/ipv4/fib_frontend.c */
import { type Address, type Family, prefixRange, readAddress, readPrefix } from "./address.ts";
import type { HostJson, RouteJson } from "./host-json.ts";
import { LOOPBACK } from "./networks.ts";
import { byPrefix, firstTakes, type Ranges } from "./value-set.ts";

export interface LocalRoute {
  readonly type: string;
  readonly dev: string;
  readonly ranges: Ranges;
}

export const isLocalTable = ({ table }: RouteJson): boolean => table === "local" || table === 255;

/** Its routes, disjoint; undefined when neither it nor addresses nor routes are known. `since514`: the kernel is that new. */
export function localTable(json: HostJson, family: Family, since514: boolean): readonly LocalRoute[] | undefined {
  const [addr, route] = [json.addr, json.route?.filter((each) => isOf(each.dst ?? each.prefsrc, family))];
  if (!addr && !route?.length) return undefined;
  const printed = (route ?? []).filter(isLocalTable).flatMap((each) => row(each.type ?? "unicast", each.dev, each.dst));
  const rows = [
    ...printed,
    ...(json.route ?? []).flatMap(({ dev, prefsrc }) => row("local", dev, prefsrc)),
    ...(addr ?? []).flatMap(({ ifname, addr_info = [] }) =>
      addr_info.flatMap(({ local, broadcast, prefixlen }) => [
        ...row("local", ifname, local),
        ...(printed.length > 0 ? [] : row("broadcast", ifname, broadcast)),
        ...(printed.length > 0 ? [] : networkBroadcasts(ifname, local, prefixlen, since514)),
      ]),
    ),
    { type: "local", dev: "lo", ranges: LOOPBACK[family] },
  ].filter(({ ranges: [range] }) => (typeof range?.[0] === "bigint") === (family === "ipv6"));
  return firstTakes(rows.sort((a, b) => byPrefix(a.ranges, b.ranges)));
}

function row(type: string, dev = "", text: string | undefined): readonly LocalRoute[] {
  const range = text === undefined ? undefined : readPrefix(text);
  return range ? [{ type, dev, ranges: [range] }] : [];
}
const isOf = (text: string | undefined, family: Family): boolean =>
  text === undefined || text === "default" || text.includes(":") === (family === "ipv6");

/** fib_add_ifaddr: the last address of a network, and before 5.14 the first one. */
function networkBroadcasts(
  dev = "",
  local: string | undefined,
  length: number | undefined,
  since514: boolean,
): LocalRoute[] {
  const address: Address | undefined = local === undefined ? undefined : readAddress(local);
  if (typeof address !== "number" || length === undefined || length > 30) return [];
  const network = prefixRange(address, length);
  if (!network) return [];
  const [low, high] = network.map(Number) as [number, number];
  const one = (value: number): LocalRoute => ({ type: "broadcast", dev, ranges: [[value, value + 1]] });
  return since514 ? [one(high - 1)] : [one(high - 1), one(low)];
}
