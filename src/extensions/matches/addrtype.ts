import {
  all,
  always,
  any,
  type Condition,
  type Family,
  type Field,
  type Host,
  not,
  type Range,
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
const ROUTE_TYPES: Readonly<Record<string, string>> = { LOCAL: "local", BROADCAST: "broadcast", UNICAST: "unicast" };

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

function hasType(field: Field, type: string, host: Host, family: Family): Condition {
  if (type === "MULTICAST")
    return within(field, [family === "ipv6" ? MULTICAST_6 : MULTICAST_4], "a multicast address");
  const local = type === "LOCAL" ? host.localAddresses(family) : undefined;
  if (local) return within(field, local, "an address of this host");
  const routes = ROUTE_TYPES[type] && host.routes(family)?.filter((route) => route.type === ROUTE_TYPES[type]);
  if (!routes) return opaque(field, type);
  return within(field, unite(routes.flatMap(({ ranges }) => ranges)), `an address of type ${type}`);
}
const MULTICAST_4: Range = [0xe0000000, 0xf0000000];
const MULTICAST_6: Range = [0xffn << 120n, 1n << 128n];
const opaque = (field: Field, type: string): Condition => ({
  is: "opaque",
  key: `${field} type ${type}`,
  settledBy: "host facts: addr, route",
});
