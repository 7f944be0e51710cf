import { match } from "../define.ts";
import { asks, firstFragment, icmpTypes } from "../values.ts";

/** iptables' own names; printed as numbers. extensions/libxt_icmp.h */
const NAMES: Readonly<Record<string, string>> = {
  "destination-unreachable": "1",
  "no-route": "1/0",
  "communication-prohibited": "1/1",
  "beyond-scope": "1/2",
  "address-unreachable": "1/3",
  "port-unreachable": "1/4",
  "packet-too-big": "2",
  "time-exceeded": "3",
  "ttl-exceeded": "3",
  "parameter-problem": "4",
  "echo-request": "128",
  ping: "128",
  "echo-reply": "129",
  pong: "129",
  "router-solicitation": "133",
  "router-advertisement": "134",
  "neighbour-solicitation": "135",
  "neighbor-solicitation": "135",
  "neighbour-advertisement": "136",
  "neighbor-advertisement": "136",
  redirect: "137",
};

/** ICMPv6 type and code. net/ipv6/netfilter/ip6_tables.c icmp6_match; semantics 6.2. */
export const icmp6 = match({
  name: "icmp6",
  families: ["ipv6"],
  loadedBy: ["ipv6-icmp"],
  options: { "--icmpv6-type": icmpTypes(NAMES) },
  means: (given) => firstFragment(asks("icmpType", given["--icmpv6-type"])),
});
