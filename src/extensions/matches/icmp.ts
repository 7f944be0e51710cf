import { match } from "../define.ts";
import { asks, firstFragment, icmpTypes } from "../values.ts";

/** iptables' own names; printed as numbers. extensions/libxt_icmp.h */
const NAMES: Readonly<Record<string, string>> = {
  "echo-reply": "0",
  pong: "0",
  "destination-unreachable": "3",
  "network-unreachable": "3/0",
  "host-unreachable": "3/1",
  "protocol-unreachable": "3/2",
  "port-unreachable": "3/3",
  "fragmentation-needed": "3/4",
  "source-quench": "4",
  redirect: "5",
  "echo-request": "8",
  ping: "8",
  "router-advertisement": "9",
  "router-solicitation": "10",
  "time-exceeded": "11",
  "ttl-exceeded": "11",
  "parameter-problem": "12",
  "timestamp-request": "13",
  "timestamp-reply": "14",
};
/** ICMP type and code. net/ipv4/netfilter/ip_tables.c icmp_match; semantics 6.2. */
export const icmp = match({
  name: "icmp",
  families: ["ipv4"],
  options: { "--icmp-type": icmpTypes({ any: "255", ...NAMES }, "any") },
  means: (given) => firstFragment(asks("icmpType", given["--icmp-type"])),
});
