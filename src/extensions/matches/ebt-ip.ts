import { all, always } from "../../facts/index.ts";
import { match } from "../define.ts";
import {
  addressIs,
  asked,
  asks,
  byteIs,
  compares,
  ebtByte,
  ebtNetwork,
  ebtProtocol,
  type IcmpNames,
  icmpRange,
  needsProtocol,
  ofHeader,
  opaque,
  ports,
} from "../values.ts";

/** libxtables' names (extensions/libxt_icmp.h); `since`: ebtables' own tool does not have it. */
const ICMP: IcmpNames = [
  ["any", "255", 10600],
  ["echo-reply", "0"],
  ["pong", "0"],
  ["destination-unreachable", "3"],
  ["network-unreachable", "3/0"],
  ["host-unreachable", "3/1"],
  ["protocol-unreachable", "3/2"],
  ["port-unreachable", "3/3"],
  ["fragmentation-needed", "3/4"],
  ["source-route-failed", "3/5"],
  ["network-unknown", "3/6"],
  ["host-unknown", "3/7"],
  ["network-prohibited", "3/9"],
  ["host-prohibited", "3/10"],
  ["TOS-network-unreachable", "3/11"],
  ["TOS-host-unreachable", "3/12"],
  ["communication-prohibited", "3/13"],
  ["host-precedence-violation", "3/14"],
  ["precedence-cutoff", "3/15"],
  ["source-quench", "4"],
  ["redirect", "5"],
  ["network-redirect", "5/0"],
  ["host-redirect", "5/1"],
  ["TOS-network-redirect", "5/2"],
  ["TOS-host-redirect", "5/3"],
  ["echo-request", "8"],
  ["ping", "8"],
  ["router-advertisement", "9"],
  ["router-solicitation", "10"],
  ["time-exceeded", "11"],
  ["ttl-exceeded", "11"],
  ["ttl-zero-during-transit", "11/0"],
  ["ttl-zero-during-reassembly", "11/1"],
  ["parameter-problem", "12"],
  ["ip-header-bad", "12/0"],
  ["required-option-missing", "12/1"],
  ["timestamp-request", "13"],
  ["timestamp-reply", "14"],
  ["address-mask-request", "17"],
  ["address-mask-reply", "18"],
];
const IGMP: IcmpNames = [
  ["membership-query", "17"],
  ["membership-report-v1", "18"],
  ["membership-report-v2", "22"],
  ["leave-group", "23"],
  ["membership-report-v3", "34"],
];
const PORTS = ["--ip-sport", "--ip-dport"] as const;
const WITH_PORTS = ["tcp", "udp", "udplite", "sctp", "dccp"];

/**
 * IPv4 header fields of a bridged frame. net/bridge/netfilter/ebt_ip.c; semantics 5.3 and 6.2.
 * Ports and types of later fragments are no in both polarities; `any` is type 255 and nothing else.
 */
export const ebtIp = match({
  name: "ip",
  families: ["bridge"],
  implicit: "other",
  options: {
    "--ip-src": ebtNetwork({ aliases: ["--ip-source"] }),
    "--ip-dst": ebtNetwork({ aliases: ["--ip-destination"] }),
    "--ip-tos": ebtByte(),
    "--ip-proto": ebtProtocol({ aliases: ["--ip-protocol"] }),
    "--ip-sport": ports({ aliases: ["--ip-source-port"] }),
    "--ip-dport": ports({ aliases: ["--ip-destination-port"] }),
    "--ip-icmp-type": icmpRange(ICMP, ["echo-request", "3/4", "3:5/1:2", "dest"]),
    "--ip-igmp-type": icmpRange(IGMP, ["membership-query", "34", "leave"], false),
  },
  placement: { protocols: ["IPv4"] },
  check: (given) =>
    needsProtocol(given["--ip-proto"], PORTS, given, WITH_PORTS) ??
    needsProtocol(given["--ip-proto"], ["--ip-icmp-type"], given, ["icmp"]) ??
    needsProtocol(given["--ip-proto"], ["--ip-igmp-type"], given, ["igmp"]),
  means(given) {
    const inside = all(
      asks("sourcePort", given["--ip-sport"]),
      asks("destinationPort", given["--ip-dport"]),
      asks("icmpType", given["--ip-icmp-type"]),
      asked(given["--ip-igmp-type"], ({ text }) => opaque(`IGMP type is ${text}`, "the packet's IGMP header")),
    );
    const isWhole = inside.is === "all" && inside.of.length === 0;
    return all(
      addressIs("source", given["--ip-src"]),
      addressIs("destination", given["--ip-dst"]),
      byteIs("tos", given["--ip-tos"]),
      compares("protocol", given["--ip-proto"]),
      isWhole ? always : ofHeader(4, inside),
    );
  },
});
