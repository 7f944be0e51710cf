/**
 * Matches on headers, one by one: with the header, without it, in both polarities, cut off, of a later fragment, and where
 * the packet's description does not tell. Semantics 6.1 and 6.2, the kernel files that each extension names.
 */
import { expect, test } from "vitest";
import { evaluate, type Family, type Field, Host, only, readPacket, withFields } from "../../src/facts/index.ts";
import { bind, meaningOf, type Rule, ruleOfText } from "../../src/model/index.ts";

type Values = Partial<Record<Field, string | number | null>>;
type Case = readonly [rule: string, packet: Values, answer: "yes" | "no" | "unknown"];

function ask(rule: Rule, family: Family, { frameProtocol, ...values }: Values) {
  expect(bind(rule).problems, rule.text).toEqual([]);
  const packet = readPacket(family, values);
  const seen =
    frameProtocol === undefined ? packet : withFields(packet, { frameProtocol: only(Number(frameProtocol)) });
  return evaluate(meaningOf(rule, new Host()).condition, seen).is;
}
const answer = (family: Family, [body, values]: Case, backend: "legacy" | "nft" = "legacy") =>
  ask(ruleOfText(family, "FORWARD", body, { backend, release: 10811 }), family, values);
const frameAnswer = ([body, values]: Case, backend: "legacy" | "nft" = "legacy") =>
  ask(
    ruleOfText("bridge", "FORWARD", body, { backend, release: backend === "legacy" ? 10000 : 10809 }),
    "ipv4",
    values,
  );
const LATER = { fragmentOffset: 3 };

test.each<Case>([
  // ip: addresses, devices, protocol, fragments
  ["-s 10.0.0.0/8", { source: "10.1.2.3" }, "yes"],
  ["-s 10.0.0.2/255.0.0.255", { source: "10.9.9.2" }, "yes"],
  ["! -s 10.0.0.2/255.0.0.255", { source: "10.9.9.2" }, "no"],
  ["-i eth+", { inInterface: "eth0.7" }, "yes"],
  ["-i eth+", { inInterface: "et" }, "no"],
  // where there is no device the name is empty
  ["! -i eth0", { inInterface: null }, "yes"],
  ["-i eth+", { inInterface: null }, "no"],
  ["-o eth0", { outInterface: null }, "no"],
  ["-p udp", { protocol: "udp", ...LATER }, "yes"],
  ["-f", LATER, "yes"],
  ["-f", {}, "no"],
  ["! -f", {}, "yes"],
  ["! -f", LATER, "no"],
  // tcp
  ["-p tcp --dport 80", { protocol: "tcp", destinationPort: 80 }, "yes"],
  ["-p tcp ! --dport 80", { protocol: "tcp", ...LATER }, "no"],
  ["-p tcp ! --dport 80", { protocol: "tcp", incomplete: 19, destinationPort: 81 }, "no"],
  ["-p tcp --tcp-flags ALL SYN", { protocol: "tcp", tcpFlags: "SYN" }, "yes"],
  ["-p tcp --tcp-option 8", { protocol: "tcp", tcpOptions: "2,4,8,1,3" }, "yes"],
  ["-p tcp --tcp-option 5", { protocol: "tcp", tcpOptions: "2,4,8" }, "no"],
  ["-p tcp ! --tcp-option 8", { protocol: "tcp", tcpOptions: "NONE" }, "yes"],
  ["-p tcp --tcp-option 8", { protocol: "tcp" }, "unknown"],
  ["-p tcp ! --tcp-option 8", { protocol: "tcp", ...LATER }, "no"],
  // tcpmss: a packet without the option is in no range
  ["-p tcp -m tcpmss --mss 1400:1500", { protocol: "tcp", tcpMss: 1460 }, "yes"],
  ["-p tcp -m tcpmss --mss 1400:1500", { protocol: "tcp", tcpMss: 536 }, "no"],
  ["-p tcp -m tcpmss --mss 1400:1500", { protocol: "tcp", tcpMss: null }, "no"],
  ["-p tcp -m tcpmss ! --mss 1400:1500", { protocol: "tcp", tcpMss: null }, "yes"],
  ["-p tcp -m tcpmss --mss 1400:1500", { protocol: "tcp" }, "unknown"],
  ["-p tcp -m tcpmss ! --mss 1400:1500", { protocol: "tcp", incomplete: 20, tcpMss: null }, "no"],
  ["-p tcp -m tcpmss --mss 1400:1500", { protocol: "tcp", ...LATER }, "unknown"],
  // ecn
  ["-m ecn --ecn-ip-ect 1", { tos: 1 }, "yes"],
  ["-m ecn --ecn-ip-ect 1", { tos: "0xb8:0xb9" }, "unknown"],
  ["-m ecn ! --ecn-ip-ect 2", { tos: "0xb8:0xb9" }, "yes"],
  ["-p tcp -m ecn --ecn-tcp-ece", { protocol: "tcp", tcpEcn: "ECE,CWR" }, "yes"],
  ["-p tcp -m ecn --ecn-tcp-cwr", { protocol: "tcp", tcpEcn: "ECE" }, "no"],
  ["-p tcp -m ecn ! --ecn-tcp-cwr", { protocol: "tcp", tcpEcn: "NONE" }, "yes"],
  ["-p tcp -m ecn ! --ecn-tcp-cwr", { protocol: "tcp", tcpEcn: "NONE", incomplete: 12 }, "no"],
  ["-p tcp -m ecn --ecn-tcp-ece", { protocol: "tcp" }, "unknown"],
  ["-p tcp -m ecn ! --ecn-tcp-ece", { protocol: "tcp", ...LATER }, "unknown"],
  // udp, sctp, dccp, multiport
  ["-p udp --sport 53", { protocol: "udp", sourcePort: 53 }, "yes"],
  ["-p udp ! --sport 53", { protocol: "udp", ...LATER }, "no"],
  ["-p udp ! --sport 53", { protocol: "udp", incomplete: 6, sourcePort: 54 }, "no"],
  ["-p sctp -m sctp --dport 3868", { protocol: "sctp", destinationPort: 3868 }, "yes"],
  ["-p sctp -m sctp --dport 3868", { protocol: "sctp" }, "unknown"],
  ["-p sctp -m sctp ! --dport 3868", { protocol: "sctp", ...LATER }, "no"],
  ["-p sctp -m sctp --dport 3868 --chunk-types any INIT", { protocol: "sctp", destinationPort: 3868 }, "unknown"],
  ["-p sctp -m sctp --dport 3868 --chunk-types any INIT", { protocol: "sctp", destinationPort: 1 }, "no"],
  ["-p dccp -m dccp --dport 5001", { protocol: "dccp", destinationPort: 5001 }, "yes"],
  ["-p dccp -m dccp ! --dport 5001", { protocol: "dccp", ...LATER }, "no"],
  ["-p dccp -m dccp --dccp-types REQUEST", { protocol: "dccp" }, "unknown"],
  ["-p tcp -m multiport --ports 80,443", { protocol: "tcp", sourcePort: 443, destinationPort: 9 }, "yes"],
  ["-p tcp -m multiport ! --ports 80,443", { protocol: "tcp", sourcePort: 443, destinationPort: 9 }, "no"],
  ["-p tcp -m multiport ! --dports 80", { protocol: "tcp", ...LATER }, "no"],
  ["-p tcp -m multiport ! --dports 80", { protocol: "tcp", incomplete: 3, destinationPort: 9 }, "no"],
  ["-p tcp -m multiport ! --dports 80", { protocol: "tcp", incomplete: 4, destinationPort: 9 }, "yes"],
  // icmp: 255 is any, whatever the code
  ["-p icmp --icmp-type any", { protocol: "icmp" }, "yes"],
  ["-p icmp --icmp-type 255/3", { protocol: "icmp", icmpType: "8/0" }, "yes"],
  ["-p icmp ! --icmp-type any", { protocol: "icmp" }, "no"],
  ["-p icmp --icmp-type any", { protocol: "icmp", ...LATER }, "no"],
  ["-p icmp --icmp-type any", { protocol: "icmp", incomplete: 7 }, "no"],
  ["-p icmp --icmp-type 3/4", { protocol: "icmp", icmpType: "3/4" }, "yes"],
  // ah, esp, ipcomp
  ["-p ah -m ah --ahspi 500", { protocol: "ah", ahSpi: 500 }, "yes"],
  ["-p ah -m ah ! --ahspi 500", { protocol: "ah", ahSpi: 500 }, "no"],
  ["-p ah -m ah --ahspi 500", { protocol: "ah" }, "unknown"],
  ["-p ah -m ah ! --ahspi 500", { protocol: "ah", ...LATER }, "no"],
  ["-p ah -m ah ! --ahspi 500", { protocol: "ah", ahSpi: 1, incomplete: 11 }, "no"],
  ["-p ah -m ah", { protocol: "ah" }, "yes"],
  ["-p esp -m esp --espspi 0x100:0x1ff", { protocol: "esp", espSpi: "0x180" }, "yes"],
  ["-p esp -m esp ! --espspi 0x100:0x1ff", { protocol: "esp", espSpi: "0x200" }, "yes"],
  ["-p esp -m esp ! --espspi 0:4294967295", { protocol: "esp" }, "no"],
  ["-p esp -m esp ! --espspi 1", { protocol: "esp", espSpi: 2, incomplete: 7 }, "no"],
  ["-p ipcomp -m ipcomp --ipcompspi 0:65535", { protocol: "ipcomp" }, "yes"],
  ["-p ipcomp -m ipcomp --ipcompspi 2", { protocol: "ipcomp" }, "unknown"],
  ["-p ipcomp -m ipcomp ! --ipcompspi 2", { protocol: "ipcomp", ...LATER }, "no"],
  // length, ttl, tos, dscp, mark
  ["-m length --length 100:200", { length: 200 }, "yes"],
  ["-m length ! --length 100:200", { length: 150 }, "no"],
  ["-m length --length 100:200", {}, "unknown"],
  ["-m ttl --ttl-gt 63", { ttl: 64 }, "yes"],
  ["-m ttl --ttl-lt 64", { ttl: 64 }, "no"],
  ["-m ttl ! --ttl-eq 64", { ttl: 63 }, "yes"],
  ["-m tos --tos 0x10/0x10", { tos: "0xb8" }, "yes"],
  ["-m tos ! --tos 0x00/0x01", { tos: "0xb8" }, "no"],
  ["-m dscp --dscp 0x2e", { tos: "0xb8:0xb9" }, "yes"],
  ["-m mark --mark 0x10/0xf0", { mark: "0x1f" }, "yes"],
  ["-m mark ! --mark 0x10/0xf0", { mark: null }, "yes"],
  ["-m mark --mark 0", { mark: null }, "yes"],
  // mac: without an Ethernet header neither way
  ["-m mac --mac-source 02:42:00:00:00:01", { macSource: "02:42:00:00:00:01" }, "yes"],
  ["-m mac ! --mac-source 02:42:00:00:00:01", { macSource: "02:42:00:00:00:02" }, "yes"],
  ["-m mac ! --mac-source 02:42:00:00:00:01", { macSource: null }, "no"],
  // pkttype
  ["-m pkttype --pkt-type unicast", { macDestination: "02:42:00:00:00:01" }, "yes"],
  ["-m pkttype --pkt-type unicast", { macDestination: null }, "yes"],
  ["-m pkttype --pkt-type broadcast", { macDestination: "ff:ff:ff:ff:ff:ff" }, "yes"],
  ["-m pkttype --pkt-type multicast", { macDestination: "ff:ff:ff:ff:ff:ff" }, "no"],
  ["-m pkttype --pkt-type multicast", { macDestination: "01:00:5e:00:00:01" }, "yes"],
  ["-m pkttype --pkt-type broadcast", {}, "unknown"],
  ["-m pkttype --pkt-type broadcast", { pktType: "broadcast" }, "yes"],
  ["-m pkttype --pkt-type otherhost", { macDestination: "02:42:00:00:00:01" }, "no"],
  // iprange
  ["-m iprange --src-range 10.0.0.1-10.0.0.9", { source: "10.0.0.9" }, "yes"],
  ["-m iprange ! --dst-range 10.0.0.1-10.0.0.9", { destination: "10.0.0.10" }, "yes"],
  // physdev
  ["-m physdev --physdev-in veth1", { physdevIn: "veth1" }, "yes"],
  ["-m physdev ! --physdev-in veth1", { physdevIn: null }, "yes"],
  ["-m physdev --physdev-is-in", { physdevIn: null }, "no"],
  ["-m physdev --physdev-out veth1", { physdevIn: "v", physdevOut: null }, "no"],
  ["-m physdev ! --physdev-out veth1", { physdevIn: "v", physdevOut: null }, "no"],
  ["-m physdev ! --physdev-out veth1", { physdevIn: null }, "yes"],
  ["-m physdev ! --physdev-is-out", { physdevIn: null }, "yes"],
  ["-m physdev --physdev-is-bridged", { physdevIn: "v", physdevOut: "w" }, "yes"],
  // bytes that no description holds
  ['-m u32 --u32 "6&0xFF=17"', { protocol: "udp" }, "unknown"],
  ["-m string --algo bm --string hello", { protocol: "udp" }, "unknown"],
  ['-m bpf --bytecode "1,6 0 0 1"', { protocol: "udp" }, "unknown"],
])("%s of %o: %s", (...given) => {
  expect(answer("ipv4", given)).toBe(given[2]);
});

const NONE = { extensionHeaders: "NONE" };
test.each<Case>([
  // -p asks for what follows the extension headers: never for one of them, but for ESP and "nothing follows"
  ["-p tcp", { protocol: "tcp", extensionHeaders: "hop-by-hop" }, "yes"],
  ["-p ah", { protocol: "udp", extensionHeaders: "ah" }, "no"],
  ["! -p ipv6-frag", { protocol: "udp", extensionHeaders: "ipv6-frag" }, "yes"],
  ["-p esp", { protocol: "esp" }, "yes"],
  ["-p ipv6-nonxt", { protocol: 59 }, "yes"],
  // the headers' own matches: without the header neither way
  ["-m ah --ahspi 500", { extensionHeaders: "ah", ahSpi: 500 }, "yes"],
  ["-m ah ! --ahspi 500", { ...NONE, ahSpi: null }, "no"],
  ["-m ah ! --ahlen 0", { extensionHeaders: "ah" }, "yes"],
  ["-m ah --ahlen 24", { extensionHeaders: "ah" }, "unknown"],
  // no AH unless it is said to be there
  ["-m ah", {}, "no"],
  ["-m hbh", { extensionHeaders: "hop-by-hop" }, "yes"],
  ["-m hbh ! --hbh-len 8", NONE, "no"],
  ["-m hbh --hbh-opts 5", { extensionHeaders: "hop-by-hop" }, "unknown"],
  ["-m dst", { extensionHeaders: "ipv6-opts,ipv6-frag" }, "yes"],
  ["-m dst ! --dst-len 8", { extensionHeaders: "hop-by-hop" }, "no"],
  ["-m rt", { extensionHeaders: "ipv6-route" }, "yes"],
  ["-m rt ! --rt-type 0", NONE, "no"],
  ["-m rt ! --rt-type 0", { extensionHeaders: "ipv6-route" }, "unknown"],
  ["-m srh", NONE, "no"],
  ["-m srh", { extensionHeaders: "ipv6-route" }, "unknown"],
  ["-m frag", { extensionHeaders: "ipv6-frag" }, "yes"],
  ["-m frag", NONE, "no"],
  ["-m frag", LATER, "yes"],
  ["-m frag --fragfirst", LATER, "no"],
  ["-m frag --fragmore", { extensionHeaders: "ipv6-frag", moreFragments: 1 }, "yes"],
  ["-m frag --fraglast", { ...LATER, moreFragments: 0 }, "yes"],
  ["-m frag ! --fragid 7", { ...LATER, fragmentId: 7 }, "no"],
  ["-m frag --fragres", LATER, "unknown"],
  // ipv6header: exactly these, or with --soft at least these (`!`: none of these)
  ["-m ipv6header --header prot", { ...NONE, protocol: "tcp" }, "yes"],
  ["-m ipv6header --header prot", { extensionHeaders: "hop-by-hop", protocol: "tcp" }, "no"],
  ["-m ipv6header ! --header prot", { extensionHeaders: "hop-by-hop", protocol: "tcp" }, "yes"],
  ["-m ipv6header --header hop-by-hop,prot", { extensionHeaders: "hop-by-hop", protocol: "tcp" }, "yes"],
  ["-m ipv6header --header hop-by-hop", { extensionHeaders: "hop-by-hop", protocol: "tcp" }, "no"],
  ["-m ipv6header --header ah,esp", { extensionHeaders: "ah", protocol: "esp" }, "yes"],
  ["-m ipv6header --header none", { ...NONE, protocol: 59 }, "yes"],
  ["-m ipv6header --header route --soft", { extensionHeaders: "ipv6-route,ah" }, "yes"],
  ["-m ipv6header ! --header route,frag --soft", { extensionHeaders: "ah" }, "yes"],
  ["-m ipv6header ! --header route,ah --soft", { extensionHeaders: "ah" }, "no"],
  ["-m ipv6header --header frag --soft", {}, "unknown"],
  // eui64: ff:fe in the middle, and the bit of local MACs turned (measured: Linux 6.18)
  ["-m eui64", { source: "fe80::42:acff:fe1b:7702", macSource: "02:42:ac:1b:77:02" }, "yes"],
  ["-m eui64", { source: "fe80::242:acff:fe1b:7702", macSource: "02:42:ac:1b:77:02" }, "no"],
  ["-m eui64", { source: "fe80::42:acff:fe1b:7702" }, "unknown"],
  ["-m eui64", { source: "fe80::1" }, "no"],
  // by the loopback (measured: the first two); kernels differ in whether they look at its header of zeros
  ["-m eui64", { source: "fd54:4::200:ff:fe00:1", inInterface: "lo" }, "no"],
  ["-m eui64", { source: "fd54:4::5", inInterface: "lo", macSource: null }, "no"],
  ["-m eui64", { source: "fd54:4::200:ff:fe00:0", inInterface: "lo" }, "unknown"],
  ["-p mobility-header -m mh --mh-type 0:255", { protocol: "mobility-header" }, "yes"],
  ["-p mobility-header -m mh --mh-type 5", { protocol: "mobility-header" }, "unknown"],
  ["-p mobility-header -m mh ! --mh-type 5", { protocol: "mobility-header", ...LATER }, "no"],
  ["-m hl --hl-lt 2", { ttl: 1 }, "yes"],
  ["-m length --length 40", { length: 40 }, "yes"],
  ["-p ipv6-icmp --icmpv6-type 128", { protocol: "ipv6-icmp", icmpType: "128/0" }, "yes"],
  ["-p ipv6-icmp ! --icmpv6-type 128", { protocol: "ipv6-icmp", ...LATER }, "no"],
  ["-p ipv6-icmp ! --icmpv6-type 128", { protocol: "ipv6-icmp", icmpType: "1/0", incomplete: 7 }, "no"],
])("ipv6: %s of %o: %s", (...given) => {
  expect(answer("ipv6", given)).toBe(given[2]);
});

// measured on 6.18 with counters of both backends side by side: iptables-nft stops at AH, xtables walks on
test.each<Case>([
  ["-p tcp", { protocol: "tcp", extensionHeaders: "ah" }, "no"],
  ["! -p tcp", { protocol: "tcp", extensionHeaders: "ah" }, "yes"],
  ["-p ah", { protocol: "tcp", extensionHeaders: "ah" }, "yes"],
  ["! -p ah", { protocol: "tcp", extensionHeaders: "ipv6-opts,ah" }, "no"],
  ["! -p udp", { protocol: "tcp", extensionHeaders: "ah" }, "yes"],
  ["-p ah", { protocol: "tcp", ...NONE }, "no"],
  ["! -p ah", { protocol: "tcp", ...NONE }, "yes"],
  ["-p tcp", { protocol: "tcp", extensionHeaders: "ipv6-opts" }, "yes"],
  ["-p tcp", { protocol: "tcp" }, "yes"],
  ["! -p tcp", { protocol: "tcp" }, "no"],
  ["-p tcp --dport 80", { protocol: "tcp", destinationPort: 80, extensionHeaders: "ah" }, "no"],
  ["! -p ipv6-opts", { protocol: "tcp", extensionHeaders: "ipv6-opts" }, "yes"],
  // a later fragment of what begins with an extension header has no protocol: neither way
  ["! -p udp", { protocol: null, ...LATER }, "no"],
  ["! -p ah", { protocol: null, ...LATER }, "no"],
  ["! -p ipv6-frag", { protocol: null, ...LATER }, "no"],
])("ip6tables-nft: %s of %o: %s", (...given) => {
  expect(answer("ipv6", given, "nft")).toBe(given[2]);
});

// arptables: measured on 6.18 with arptables-nft's counters, of a request of 10.204.9.9 for 10.204.9.1 by ext0
test.each<Case>([
  ["-s 10.204.9.9", {}, "yes"],
  ["! -s 10.204.9.9", {}, "no"],
  ["-d 10.204.9.1", {}, "yes"],
  ["! -d 10.204.9.1", {}, "no"],
  ["-s 10.204.8.0/24", {}, "no"],
  ["-i ext0", {}, "yes"],
  ["! -i ext0", {}, "no"],
  ["-i ext+", {}, "yes"],
  ["-i br0", {}, "no"],
  ["--opcode 1", {}, "unknown"],
  ["-s 10.204.9.9", { source: "10.204.9.0/24" }, "unknown"],
])("arp: %s of %o: %s", (body, values, is) => {
  const request = { source: "10.204.9.9", destination: "10.204.9.1", inInterface: "ext0", ...values };
  expect(ask(ruleOfText("arp", "INPUT", body, { backend: "nft", release: 10809 }), "arp", request)).toBe(is);
});

// frames that carry an IPv4 packet
test.each<Case>([
  ["-p Length --802_3-sap 0x42 -j DROP", {}, "no"],
  ["-p ARP --arp-op Request -j DROP", {}, "no"],
  ["-p 802_1Q --vlan-id 1 -j DROP", {}, "no"],
  ["--mark 0x1/0x1 -j DROP", { mark: "0x3" }, "yes"],
  ["--mark 0x1/0x1 -j DROP", { mark: "0x2" }, "no"],
  ["--mark ! 0x1/0x1 -j DROP", { mark: "0x3" }, "no"],
  ["--logical-in br0 -j DROP", { inInterface: "br0" }, "yes"],
  ["--logical-in ! br0 -j DROP", { inInterface: "br0" }, "no"],
  // no port, no bridge to ask for: net/bridge/netfilter/ebtables.c ebt_basic_match
  ["--logical-in br0 -j DROP", { inInterface: null }, "yes"],
  ["--logical-in ! br0 -j DROP", { inInterface: null }, "yes"],
  ["-i v1 -j DROP", { physdevIn: null }, "no"],
  ["-i ! v1 -j DROP", { physdevIn: null }, "yes"],
  ["-p 802_1Q --vlan-id 5 -j DROP", { vlanTag: "0x2005" }, "yes"],
  ["-p 802_1Q --vlan-id ! 5 -j DROP", { vlanTag: "0x2005" }, "no"],
  ["-p 802_1Q --vlan-prio 1 -j DROP", { vlanTag: "0x2005" }, "yes"],
  ["-p 802_1Q --vlan-encap 0800 -j DROP", { vlanTag: "0x2005" }, "unknown"],
  ["-p IPv4 -j DROP", { vlanTag: "0x2005" }, "no"],
  ["-p IPv4 -j DROP", {}, "yes"],
  ["-d BGA --stp-type config -j DROP", { macDestination: "01:80:c2:00:00:00" }, "no"],
  ["-d BGA --stp-type config -j DROP", { macDestination: "01:80:c2:00:00:00", frameProtocol: 38 }, "unknown"],
  ["-p ARP --arp-op Request -j DROP", { frameProtocol: 0x0806 }, "unknown"],
  ["-p IPv4 --ip-proto tcp --ip-dport ! 80 -j DROP", { protocol: "tcp", destinationPort: 81 }, "yes"],
  ["-p IPv4 --ip-proto tcp --ip-dport ! 80 -j DROP", { protocol: "tcp", ...LATER }, "no"],
  ["-p IPv4 --ip-proto tcp --ip-dport 80 -j DROP", { protocol: "tcp", destinationPort: 80, incomplete: 4 }, "yes"],
  ["-p IPv4 --ip-proto igmp --ip-igmp-type 22 -j DROP", { protocol: "igmp" }, "unknown"],
  ["-p IPv4 --ip-tos 0xb8 -j DROP", { tos: "0xb8" }, "yes"],
  ["--pkttype-type broadcast -j DROP", { macDestination: "ff:ff:ff:ff:ff:ff" }, "yes"],
  ["--pkttype-type ! otherhost -j DROP", { pktType: "host" }, "yes"],
  ["--pkttype-type host -j DROP", { macDestination: "02:42:00:00:00:01" }, "unknown"],
  ["--mark 0x1 -j DROP", { mark: 1 }, "yes"],
  ["--mark ! /0x1 -j DROP", { mark: 2 }, "yes"],
  [
    "--among-src 2:0:0:0:0:1=10.0.0.1,2:0:0:0:0:2 -j DROP",
    { macSource: "02:00:00:00:00:02", source: "10.0.0.9" },
    "yes",
  ],
  ["--among-src 2:0:0:0:0:1=10.0.0.1 -j DROP", { macSource: "02:00:00:00:00:01", source: "10.0.0.9" }, "no"],
  ["--among-src ! 2:0:0:0:0:1=10.0.0.1 -j DROP", { macSource: "02:00:00:00:00:01", frameProtocol: 0x86dd }, "yes"],
  ["-s 02:00:00:00:00:03/ff:00:ff:00:ff:ff -j DROP", { macSource: "02:77:00:99:00:03" }, "yes"],
])("frame: %s of %o: %s", (...given) => {
  expect(frameAnswer(given)).toBe(given[2]);
});

// measured on Linux 6.18 with iptables-nft 1.8.9: its own expressions read what stands there
test.each<Case>([
  ["-p tcp --dport 5001", { protocol: "tcp", destinationPort: 5001, incomplete: 12 }, "yes"],
  ["-p tcp --syn", { protocol: "tcp", tcpFlags: "SYN", incomplete: 12 }, "no"],
  ["-p udp ! --dport 1", { protocol: "udp", destinationPort: 5000, incomplete: 6 }, "yes"],
  ["-p udp ! --dport 1", { protocol: "udp", ...LATER }, "unknown"],
  ["-p tcp --tcp-option 2", { protocol: "tcp", ...LATER }, "no"],
])("iptables-nft: %s of %o: %s", (...given) => {
  expect(answer("ipv4", given, "nft")).toBe(given[2]);
});
test("ebtables-nft asks for IPv4 where a list has an address", () => {
  const given: Case = [
    "--among-src ! 2:0:0:0:0:1=10.0.0.1 -j DROP",
    { macSource: "02:00:00:00:00:01", frameProtocol: 0x86dd },
    "no",
  ];
  expect(frameAnswer(given, "nft")).toBe("no");
});
