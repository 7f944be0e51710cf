import { match } from "../define.ts";
import { asks, firstCode, icmpTypes, ofHeader, truncated } from "../values.ts";

/** iptables' own names; printed as numbers. extensions/libxt_icmp.h */
const NAMES: Readonly<Record<string, string>> = {
  "destination-unreachable": "1",
  "no-route": "1/0",
  "communication-prohibited": "1/1",
  "beyond-scope": "1/2",
  "address-unreachable": "1/3",
  "port-unreachable": "1/4",
  "failed-policy": "1/5",
  "reject-route": "1/6",
  "packet-too-big": "2",
  "time-exceeded": "3",
  "ttl-exceeded": "3",
  "ttl-zero-during-transit": "3/0",
  "ttl-zero-during-reassembly": "3/1",
  "parameter-problem": "4",
  "bad-header": "4/0",
  "unknown-header-type": "4/1",
  "unknown-option": "4/2",
  "echo-request": "128",
  ping: "128",
  "echo-reply": "129",
  pong: "129",
  "mld-listener-query": "130",
  "mld-listener-report": "131",
  "mld-listener-done": "132",
  "mld-listener-reduction": "132",
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
  aliases: ["icmpv6", "ipv6-icmp"],
  loadedBy: ["ipv6-icmp", "icmpv6", "icmp6"],
  options: { "--icmpv6-type": firstCode(icmpTypes(NAMES)) },
  needs: [["--icmpv6-type"]],
  placement: { protocols: ["ipv6-icmp"] },
  means: (given) => ofHeader(8, asks("icmpType", given["--icmpv6-type"])),
  dropsIf: () => truncated(8),
});
