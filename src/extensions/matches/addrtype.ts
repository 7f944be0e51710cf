import { all, always, any, type Condition, type Field, type Host, not, within } from "../../facts/index.ts";
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
  means(given, host) {
    const limited = given["--limit-iface-in"] ?? given["--limit-iface-out"];
    const ask = (field: Field, types: One<readonly string[]> | undefined): Condition => {
      if (!types) return always;
      const wanted = any(
        ...types.value.map((type) =>
          limited ? opaque(field, `${type} on the interface`) : hasType(field, type, host),
        ),
      );
      return types.negated ? not(wanted) : wanted;
    };
    return all(ask("source", given["--src-type"]), ask("destination", given["--dst-type"]));
  },
});

function hasType(field: Field, type: string, host: Host): Condition {
  if (type === "MULTICAST") return within(field, [[0xe0000000, 0xf0000000]], "a multicast address");
  const local = type === "LOCAL" ? host.localAddresses("ipv4") : undefined;
  if (local) return within(field, local, "an address of this host");
  const routes = ROUTE_TYPES[type] && host.routes("ipv4")?.filter((route) => route.type === ROUTE_TYPES[type]);
  if (!routes) return opaque(field, type);
  return within(
    field,
    routes.flatMap(({ ranges }) => ranges),
    `an address of type ${type}`,
  );
}
const opaque = (field: Field, type: string): Condition => ({
  is: "opaque",
  key: `${field} type ${type}`,
  settledBy: "host facts: addr, route",
});
