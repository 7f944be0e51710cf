/**
 * A packet that says by which routers it wants to go is not taken after PREROUTING, unless the host allows it; recorded
 * routes and timestamps do no harm. net/ipv4/ip_input.c ip_rcv_options, include/linux/inetdevice.h IN_DEV_SOURCE_ROUTE;
 * semantics 4.9, recording t02a.
 */
import { knownValue } from "../facts/index.ts";
import { lose, mayLose, nameOf, type Traveller, type World } from "./traveller.ts";

/** IPOPT_LSRR and IPOPT_SSRR of include/uapi/linux/ip.h */
const SOURCE_ROUTES = (1n << 131n) | (1n << 137n);

export function takeSourceRoute(traveller: Traveller, { host }: World): Traveller[] {
  const options = knownValue(traveller.packet, "ipOptions");
  if (typeof options !== "bigint" || (options & SOURCE_ROUTES) === 0n) return [traveller];
  const dev = nameOf(traveller.packet, "inInterface") ?? "";
  const reason = "it has a source route, and accept_source_route is 0";
  const allowed = ["all", dev].map((name) =>
    host.sysctl(`net.ipv4.conf.${name.replaceAll(".", "/")}.accept_source_route`),
  );
  if (allowed.includes(0)) return [lose(traveller, reason)];
  return allowed.includes(undefined) ? mayLose(traveller, "accept_source_route", ["1", "0"], reason) : [traveller];
}
