import { all, always, any, type Condition, has, never, not, within } from "../../facts/index.ts";
import { match, type One, type Value } from "../define.ts";
import {
  addressIs,
  asks,
  byteIs,
  compares,
  ebtByte,
  ebtProtocol,
  firstFragment,
  type IcmpNames,
  icmpRange,
  laterFragment,
  type Network,
  needsProtocol,
  network,
  ofHeader,
  ports,
  type Written,
} from "../values.ts";

/** libxtables' names (extensions/libxt_icmp.h); `since`: releases before do not have it. */
const ICMP6: IcmpNames = [
  ["destination-unreachable", "1"],
  ["no-route", "1/0"],
  ["communication-prohibited", "1/1"],
  ["beyond-scope", "1/2", 10600],
  ["address-unreachable", "1/3"],
  ["port-unreachable", "1/4"],
  ["failed-policy", "1/5", 10600],
  ["reject-route", "1/6", 10600],
  ["packet-too-big", "2"],
  ["time-exceeded", "3"],
  ["ttl-exceeded", "3"],
  ["ttl-zero-during-transit", "3/0"],
  ["ttl-zero-during-reassembly", "3/1"],
  ["parameter-problem", "4"],
  ["bad-header", "4/0"],
  ["unknown-header-type", "4/1"],
  ["unknown-option", "4/2"],
  ["echo-request", "128"],
  ["ping", "128"],
  ["echo-reply", "129"],
  ["pong", "129"],
  ["mld-listener-query", "130", 10810],
  ["mld-listener-report", "131", 10810],
  ["mld-listener-done", "132", 10810],
  ["mld-listener-reduction", "132", 10810],
  ["router-solicitation", "133"],
  ["router-advertisement", "134"],
  ["neighbour-solicitation", "135"],
  ["neighbor-solicitation", "135"],
  ["neighbour-advertisement", "136"],
  ["neighbor-advertisement", "136"],
  ["redirect", "137"],
];
const ip6Network = (alias: string): Value<Network> => ({
  ...network({ aliases: [alias], bare: true, family: "ipv6" }),
  write: ({ text }) => [text],
});
const PORTS = ["--ip6-sport", "--ip6-dport"] as const;
const WITH_PORTS = ["tcp", "udp", "udplite", "sctp", "dccp"];

const FRAGMENT = 44;
/**
 * The first that is no extension header; of later fragments their own header, and no way to ask where nothing follows
 * (net/ipv6/exthdrs_core.c ipv6_skip_exthdr).
 */
function protocolIs(given: One<Written> | undefined): Condition {
  if (!given) return always;
  const later = has(given.value.ranges, FRAGMENT) === given.negated ? never : laterFragment;
  return all(not(within("protocol", [[59, 60]], "ipv6-nonxt")), any(firstFragment(compares("protocol", given)), later));
}

/** IPv6 header fields of a bridged frame. net/bridge/netfilter/ebt_ip6.c */
export const ebtIp6 = match({
  name: "ip6",
  families: ["bridge"],
  implicit: "other",
  options: {
    "--ip6-src": ip6Network("--ip6-source"),
    "--ip6-dst": ip6Network("--ip6-destination"),
    "--ip6-tclass": ebtByte(),
    "--ip6-proto": ebtProtocol({ aliases: ["--ip6-protocol"] }),
    "--ip6-sport": ports({ aliases: ["--ip6-source-port"] }),
    "--ip6-dport": ports({ aliases: ["--ip6-destination-port"] }),
    "--ip6-icmp-type": icmpRange(ICMP6, ["echo-request", "135", "1:4/0:3", "1/1"]),
  },
  placement: { protocols: ["IPv6"] },
  check: (given) =>
    needsProtocol(given["--ip6-proto"], PORTS, given, WITH_PORTS) ??
    needsProtocol(given["--ip6-proto"], ["--ip6-icmp-type"], given, ["ipv6-icmp"]),
  means(given) {
    const inside = all(
      asks("sourcePort", given["--ip6-sport"]),
      asks("destinationPort", given["--ip6-dport"]),
      asks("icmpType", given["--ip6-icmp-type"]),
    );
    const isWhole = inside.is === "all" && inside.of.length === 0;
    return all(
      addressIs("source", given["--ip6-src"]),
      addressIs("destination", given["--ip6-dst"]),
      byteIs("tos", given["--ip6-tclass"]),
      protocolIs(given["--ip6-proto"]),
      isWhole ? always : ofHeader(4, inside),
    );
  },
});
