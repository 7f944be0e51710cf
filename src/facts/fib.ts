/**
 * Where a packet goes: routes as `ip route` lists them, and the rules that choose among their tables.
 * net/ipv4/fib_frontend.c, fib_rules.c, fib_trie.c
 */
import { type Address, type Family, prefixRange, readAddress, readPrefix } from "./address.ts";
import { all, always, type Condition, not, within } from "./condition.ts";
import { readValues } from "./fields.ts";
import type { HostJson, RouteJson, RuleJson } from "./host-json.ts";
import { exactly, minus, prefix, type Range, type Ranges, unite } from "./value-set.ts";

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
  readonly ranges: Ranges;
}
/** One of `ip rule`: the packets that ask this table, and what the table has, longest prefix first. */
export interface Lookup {
  readonly condition: Condition;
  readonly classes: readonly RouteClass[];
}

export const LOOPBACK: Readonly<Record<Family, Ranges>> = {
  ipv4: [[0x7f000000, 0x80000000]],
  ipv6: [[1n, 2n]],
  bridge: [],
  arp: [],
};
const BROADCAST: Readonly<Record<Family, Ranges>> = {
  ipv4: [[0xffffffff, 0x100000000]],
  ipv6: [],
  bridge: [],
  arp: [],
};
export const MULTICAST: Readonly<Record<Family, Ranges>> = {
  ipv4: [[0xe0000000, 0xf0000000]],
  ipv6: [[0xffn << 120n, 1n << 128n]],
  bridge: [],
  arp: [],
};

/** A host's own address and the device that has it. */
type Own = readonly [range: Range, dev: string];

/** undefined when no routes are known. */
export function readLookups(json: HostJson, own: readonly Own[], family: Family): readonly Lookup[] | undefined {
  const rows = (json.route ?? []).flatMap((route) => {
    const range = routeRange(route, family);
    return range ? [{ route, range }] : [];
  });
  if (rows.length === 0) return undefined;
  const wide = family === "ipv6" ? 128 : 32;
  const table = (wanted: string, suppressed: number) =>
    classesOf(
      rows.filter(({ route, range }) => tableName(route.table) === wanted && lengthOf(range, wide) > suppressed),
    );
  const local = [
    ...own.map(([range, dev]) => route("local", dev, range)),
    ...LOOPBACK[family].map((range) => route("local", "lo", range)),
    ...BROADCAST[family].map((range) => route("broadcast", "", range)),
    ...MULTICAST[family].map((range) => route("multicast", "", range)),
  ];
  const rules = json.rule?.filter(
    ({ family: of }) => of === undefined || of === (family === "ipv6" ? "inet6" : "inet"),
  );
  return [...(rules ?? DEFAULT_RULES)]
    .sort((a, b) => (a.priority ?? 0) - (b.priority ?? 0))
    .map((rule): Lookup => {
      const name = tableName(rule.table);
      const condition = conditionOf(rule, family);
      const type = rule.action === undefined ? undefined : ACTIONS.find((each) => each === rule.action);
      if (type) return { condition, classes: [route(type, "", prefixRange(family === "ipv6" ? 0n : 0, 0) as Range)] };
      const listed = table(name, rule.suppress_prefixlen ?? -1);
      // the host's own are there whether they were printed or not
      return { condition, classes: name === "local" ? disjoint([...local, ...listed]) : listed };
    });
}

const DEFAULT_RULES: readonly RuleJson[] = [
  { priority: 0, table: "local" },
  { priority: 32766, table: "main" },
  { priority: 32767, table: "default" },
];
const ACTIONS = ["blackhole", "unreachable", "prohibit"] as const;
const TABLES: Readonly<Record<string, string>> = { "255": "local", "254": "main", "253": "default" };
const tableName = (table: string | number | undefined): string => {
  const name = String(table ?? "main");
  return TABLES[name] ?? name;
};

const route = (type: RouteType, dev: string, range: Range): RouteClass => ({
  type,
  dev,
  source: undefined,
  gateway: undefined,
  ranges: [range],
});

interface Row {
  readonly route: RouteJson;
  readonly range: Range;
}
/** Longest prefix first, then the smallest metric; of several next hops each is one. */
function classesOf(rows: readonly Row[]): readonly RouteClass[] {
  const size = (range: Range) => BigInt(range[1]) - BigInt(range[0]);
  const sorted = [...rows].sort(
    (a, b) =>
      (size(a.range) < size(b.range) ? -1 : size(a.range) > size(b.range) ? 1 : 0) ||
      (a.route.metric ?? 0) - (b.route.metric ?? 0),
  );
  return disjoint(
    sorted.map(({ route: { type, dev = "", prefsrc, gateway }, range }) => ({
      type: typeNamed(type),
      dev,
      source: prefsrc === undefined ? undefined : readAddress(prefsrc),
      gateway: gateway === undefined ? undefined : readAddress(gateway),
      ranges: [range],
    })),
  );
}

/** Of overlapping ones the first has what they share. */
function disjoint(classes: readonly RouteClass[]): RouteClass[] {
  const out = new Map<string, RouteClass>();
  let covered: Ranges = [];
  for (const each of classes) {
    const ranges = minus(each.ranges, covered);
    if (ranges.length === 0) continue;
    covered = unite([...covered, ...each.ranges]);
    const key = `${each.type} ${each.dev} ${each.source} ${each.gateway}`;
    const old = out.get(key);
    out.set(key, { ...each, ranges: unite([...(old?.ranges ?? []), ...ranges]) });
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

const lengthOf = ([low, high]: Range, wide: number): number =>
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

/** What `ip rule` asks of the packet. include/uapi/linux/fib_rules.h */
function conditionOf(rule: RuleJson, family: Family): Condition {
  const parts: Condition[] = [];
  const address = (field: "source" | "destination", text: string | undefined, length: number | undefined) => {
    const range =
      text === undefined || text === "all" ? undefined : readPrefix(length === undefined ? text : `${text}/${length}`);
    if (range && typeof range[0] === (family === "ipv6" ? "bigint" : "number"))
      parts.push(within(field, [range], String(text)));
  };
  address("source", rule.src, rule.srclen);
  address("destination", rule.dst, rule.dstlen);
  if (rule.fwmark !== undefined) {
    const [value, mask] = [Number(rule.fwmark), Number(rule.fwmask ?? 0xffffffff)];
    const wants = `0x${value.toString(16)}`;
    parts.push(
      mask === 0xffffffff ? within("mark", exactly(value), wants) : { is: "bits", field: "mark", mask, value, wants },
    );
  }
  for (const [field, name] of [
    ["inInterface", rule.iif],
    ["outInterface", rule.oif],
  ] as const)
    if (name !== undefined)
      parts.push(within(field, name.endsWith("+") ? [prefix(name.slice(0, -1))] : exactly(name), name));
  if (rule.ipproto !== undefined) parts.push(within("protocol", readValues("protocol", rule.ipproto), rule.ipproto));
  for (const [field, port] of [
    ["sourcePort", rule.sport],
    ["destinationPort", rule.dport],
  ] as const)
    if (port !== undefined) parts.push(within(field, readValues(field, String(port).replace("-", ":")), String(port)));
  // rules that ask what no packet tells
  for (const key of ["l3mdev", "uid_start", "tun_id"] as const)
    if (rule[key] !== undefined)
      parts.push({ is: "opaque", key: `ip rule ${key}`, settledBy: "the socket or device that the packet belongs to" });
  const condition = parts.length === 0 ? always : all(...parts);
  return rule.not === undefined ? condition : not(condition);
}
