import {
  all,
  allValues,
  always,
  any,
  type Condition,
  exactly,
  type Family,
  type Field,
  type Host,
  MULTICAST,
  minus,
  not,
  type Ranges,
  unite,
  within,
} from "../../facts/index.ts";
import { match, type One } from "../define.ts";
import { begunNames, flag, WITH_INPUT, WITH_OUTPUT } from "../values.ts";

const TYPES = [
  "UNSPEC",
  "UNICAST",
  "LOCAL",
  "BROADCAST",
  "ANYCAST",
  "MULTICAST",
  "BLACKHOLE",
  "UNREACHABLE",
  "PROHIBIT",
  "THROW",
  "NAT",
  "XRESOLVE",
];

/** xt_addrtype.c addrtype_mt_checkentry_v1 */
const NOT_IN_SIX = ["BROADCAST", "BLACKHOLE", "PROHIBIT", "THROW", "NAT", "XRESOLVE"];

/** The route type of an address. net/netfilter/xt_addrtype.c; settled by host facts (semantics 6.2). */
export const addrtype = match({
  name: "addrtype",
  families: ["ipv4", "ipv6"],
  options: {
    "--src-type": begunNames(TYPES),
    "--dst-type": begunNames(TYPES),
    "--limit-iface-in": flag(),
    "--limit-iface-out": flag(),
  },
  needs: [["--src-type", "--dst-type"]],
  excludes: [["--limit-iface-in", "--limit-iface-out"]],
  placed: { "--limit-iface-in": WITH_INPUT, "--limit-iface-out": WITH_OUTPUT },
  check(given, family) {
    const option = (["--src-type", "--dst-type"] as const).find((each) =>
      given[each]?.value.some((type) => NOT_IN_SIX.includes(type)),
    );
    return option && family === "ipv6" ? { option, expected: `none of ${NOT_IN_SIX.join(", ")} in IPv6` } : null;
  },
  means(given, host, family) {
    const side = given["--limit-iface-in"] ? "inInterface" : given["--limit-iface-out"] ? "outInterface" : null;
    const ask = (field: Field, types: One<readonly string[]> | undefined): Condition => {
      if (!types) return always;
      const has = (type: string) => hasType(field, type, host, family, side);
      const wanted = family === "ipv6" ? hasTypesSix(field, types.value, has) : any(...types.value.map(has));
      return types.negated ? not(wanted) : wanted;
    };
    return all(ask("source", given["--src-type"]), ask("destination", given["--dst-type"]));
  },
});

type Side = "inInterface" | "outInterface" | null;
/** What needs no table. net/ipv4/fib_frontend.c __inet_dev_addr_type */
const FIXED: Readonly<Record<string, Ranges>> = {
  BROADCAST: [
    [0, 0x01000000],
    [0xffffffff, 0x100000000],
  ],
  MULTICAST: MULTICAST.ipv4,
};
/**
 * The local table alone is asked: what is not in it is UNICAST. `side`: only its routes of that device count
 * (--limit-iface-in, --limit-iface-out), others are UNICAST too.
 */
function hasType(field: Field, type: string, host: Host, family: Family, side: Side): Condition {
  const wants = `an address of type ${type}`;
  const fixed = family === "ipv4" ? FIXED : {};
  const beforehand = within(field, fixed[type] ?? [], wants);
  if (type === "MULTICAST" && family === "ipv4") return beforehand;
  const local = host.localRoutes(family);
  const reject = family === "ipv6" && (type === "UNREACHABLE" || type === "ANYCAST");
  const taken = unite(Object.values(fixed).flat());
  // a group is no address of a host, so none of anycast (net/ipv6/anycast.c __ipv6_dev_ac_inc)
  const groups = family === "ipv6" && type === "ANYCAST" ? MULTICAST.ipv6 : [];
  const free = minus(allValues(field, family), unite([...taken, ...groups]));
  if (!local || reject)
    return any(beforehand, all(within(field, free, wants), opaque(field, side ? `${type} on the ${side}` : type)));
  const isOf = (kind: string): Condition => {
    const rows = local.filter((each) => each.type.toUpperCase() === kind);
    const devices = side ? [...new Set(rows.map(({ dev }) => dev))] : [null];
    return any(
      ...devices.map((dev) => {
        const ranges = unite(rows.filter((each) => dev === null || each.dev === dev).flatMap((each) => each.ranges));
        const own = kind === "LOCAL" && !side ? "an address of this host" : wants;
        const address = within(field, minus(ranges, taken), own);
        return side && dev !== null ? all(within(side, exactly(dev), dev), address) : address;
      }),
    );
  };
  if (type !== "UNICAST") return any(beforehand, isOf(type));
  const kinds = [...new Set(local.map((each) => each.type.toUpperCase()))].filter((kind) => kind !== "UNICAST");
  return all(within(field, free, wants), not(any(...kinds.map(isOf))));
}
/** Neither `::`, nor an IPv4 address in IPv6, nor multicast. net/ipv6/addrconf_core.c __ipv6_addr_type */
const UNICAST_SIX = minus(minus(allValues("source", "ipv6"), MULTICAST.ipv6), [
  [0n, 1n],
  [0xffffn << 32n, 0x10000n << 32n],
]);
const KINDS_SIX: Readonly<Record<string, Ranges>> = {
  MULTICAST: MULTICAST.ipv6,
  UNICAST: UNICAST_SIX,
  UNSPEC: [[0n, 1n]],
};
/** Of IPv6 addresses each kind that is listed must hold, and one of the types that routes give. xt_addrtype.c match_type6 */
function hasTypesSix(field: Field, types: readonly string[], has: (type: string) => Condition): Condition {
  const routed = types.filter((type) => !Object.hasOwn(KINDS_SIX, type));
  const kinds = types.flatMap((type) => {
    const ranges = KINDS_SIX[type];
    return ranges ? [within(field, ranges, `an address of type ${type}`)] : [];
  });
  return all(...kinds, ...(routed.length > 0 ? [any(...routed.map(has))] : []));
}
const opaque = (field: Field, type: string): Condition => ({
  is: "opaque",
  key: `${field} type ${type}`,
  settledBy: "host facts: addr, route",
});
