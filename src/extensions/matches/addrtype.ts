import {
  all,
  allValues,
  always,
  any,
  type Condition,
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
    const limited = given["--limit-iface-in"] ?? given["--limit-iface-out"];
    const ask = (field: Field, types: One<readonly string[]> | undefined): Condition => {
      if (!types) return always;
      const has = (type: string) =>
        limited ? opaque(field, `${type} on the interface`) : hasType(field, type, host, family);
      const wanted = family === "ipv6" ? hasTypesSix(field, types.value, has) : any(...types.value.map(has));
      return types.negated ? not(wanted) : wanted;
    };
    return all(ask("source", given["--src-type"]), ask("destination", given["--dst-type"]));
  },
});

/** The main table has no say: an address that is neither local, broadcast nor multicast is UNICAST (fib_frontend.c inet_addr_type). */
function hasType(field: Field, type: string, host: Host, family: Family): Condition {
  const wants = `an address of type ${type}`;
  if (type === "MULTICAST") return within(field, MULTICAST[family], "a multicast address");
  const local = host.localAddresses(family);
  if (type === "LOCAL" && local) return within(field, local, "an address of this host");
  const routes = host.routes(family);
  if (!routes || !local) return opaque(field, type);
  const broadcast = unite(routes.filter((route) => route.type === "broadcast").flatMap(({ ranges }) => ranges));
  if (type === "BROADCAST") return within(field, broadcast, wants);
  if (type !== "UNICAST") return opaque(field, type);
  return within(field, minus(minus(minus(allValues(field, family), local), broadcast), MULTICAST[family]), wants);
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
