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
  unite,
  within,
} from "../../facts/index.ts";
import { match, type One } from "../define.ts";
import { flag, names } from "../values.ts";

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
];

/** The route type of an address. net/netfilter/xt_addrtype.c; settled by host facts (semantics 6.2). */
export const addrtype = match({
  name: "addrtype",
  families: ["ipv4", "ipv6"],
  options: {
    "--src-type": names(TYPES),
    "--dst-type": names(TYPES),
    "--limit-iface-in": flag(),
    "--limit-iface-out": flag(),
  },
  means(given, host, family) {
    const limited = given["--limit-iface-in"] ?? given["--limit-iface-out"];
    const ask = (field: Field, types: One<readonly string[]> | undefined): Condition => {
      if (!types) return always;
      const wanted = any(
        ...types.value.map((type) =>
          limited ? opaque(field, `${type} on the interface`) : hasType(field, type, host, family),
        ),
      );
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
const opaque = (field: Field, type: string): Condition => ({
  is: "opaque",
  key: `${field} type ${type}`,
  settledBy: "host facts: addr, route",
});
