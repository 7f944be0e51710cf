/** What each match says of a packet: semantics 6.2, its traps above all. */
import { expect, test } from "vitest";
import { evaluate, type Field, Host, readPacket } from "../../src/facts/index.ts";
import { bind, meaningOf, ruleOfText } from "../../src/model/index.ts";

type Values = Partial<Record<Field, string | null>>;
const HOST = new Host({
  route: [
    { type: "local", dst: "203.0.113.9", dev: "eth0", table: "local" },
    { type: "broadcast", dst: "203.0.113.255", dev: "eth0", table: "local" },
    { dst: "203.0.113.0/24", dev: "eth0" },
  ],
});
const answer = (body: string, packet: Values, host: Host, family: "ipv4" | "ipv6" | "bridge") => {
  const rule = ruleOfText(family, "FORWARD", body);
  expect(bind(rule).problems, body).toEqual([]);
  return evaluate(meaningOf(rule, host).condition, readPacket(family === "bridge" ? "ipv4" : family, packet)).is;
};

test.each<[string, Values, "yes" | "no" | "unknown"]>([
  // the ip part: `!` is true where the value is absent
  ["-s 10.0.0.0/8", { source: "10.1.2.3" }, "yes"],
  ["! -s 10.0.0.0/8", { source: "10.1.2.3" }, "no"],
  ["-s 10.0.0.0/8", {}, "unknown"],
  ["-s 10.0.0.0/8", { source: "10.0.0.0/7" }, "unknown"],
  ["-s 10.0.0.0/255.0.255.0", { source: "10.9.0.1" }, "yes"],
  ["! -s 10.0.0.0/255.0.255.0", { source: "10.9.1.1" }, "yes"],
  ["-s 10.0.0.0/255.0.255.0", {}, "unknown"],
  ["! -d 0.0.0.0/0", { destination: "1.2.3.4" }, "no"],
  ["-i eth+", { inInterface: "eth12" }, "yes"],
  ["-i eth+", { inInterface: "et" }, "no"],
  ["-i eth+", { inInterface: null }, "no"],
  ["! -i eth+", { inInterface: null }, "yes"],
  ["! -o docker0", { outInterface: "docker0" }, "no"],
  ["-p tcp", { protocol: "udp" }, "no"],
  ["! -p tcp", { protocol: "47" }, "yes"],
  ["-f", {}, "no"],
  ["! -f", { fragmentOffset: "185" }, "no"],
  // ports: no in both polarities without them, and for later fragments
  ["-p tcp --dport 80", { protocol: "tcp", destinationPort: "80" }, "yes"],
  ["-p tcp ! --dport 80", { protocol: "tcp", destinationPort: "81" }, "yes"],
  ["-p tcp ! --dport 80", { protocol: "tcp", fragmentOffset: "185", destinationPort: null }, "no"],
  ["-p tcp --dport 80", { protocol: "tcp", fragmentOffset: "185" }, "no"],
  ["-p tcp --dport 1000:2000", { protocol: "tcp", destinationPort: "1500:2500" }, "unknown"],
  ["-p tcp --tcp-flags SYN,ACK SYN", { protocol: "tcp", tcpFlags: "SYN,PSH" }, "yes"],
  ["-p tcp --syn", { protocol: "tcp", tcpFlags: "SYN,ACK" }, "no"],
  ["-p tcp ! --syn", { protocol: "tcp", tcpFlags: "SYN,ACK" }, "yes"],
  ["-p tcp --tcp-option 8", { protocol: "tcp" }, "unknown"],
  ["-p udp -m multiport --dports 53,60:70", { protocol: "udp", destinationPort: "65" }, "yes"],
  ["-p udp -m multiport ! --ports 53", { protocol: "udp", sourcePort: "53", destinationPort: "9" }, "no"],
  ["-p udp -m multiport ! --ports 53", { protocol: "udp", sourcePort: "5", destinationPort: "9" }, "yes"],
  ["-p udp -m multiport ! --ports 53", { protocol: "udp", fragmentOffset: "8" }, "no"],
  ["-p icmp --icmp-type 8", { protocol: "icmp", icmpType: "8/0" }, "yes"],
  ["-p icmp --icmp-type 3/4", { protocol: "icmp", icmpType: "3" }, "unknown"],
  ["-p icmp --icmp-type any", { protocol: "icmp" }, "yes"],
  ["-p icmp ! --icmp-type 8", { protocol: "icmp", fragmentOffset: "8" }, "no"],
  // conntrack: without a connection only --ctstate is looked at
  ["-m conntrack --ctstate RELATED,ESTABLISHED", { ctstate: "NEW" }, "no"],
  ["-m conntrack --ctstate RELATED,ESTABLISHED", {}, "unknown"],
  ["-m conntrack ! --ctstate NEW", { ctstate: "INVALID" }, "yes"],
  ["-m conntrack --ctstate INVALID --ctorigsrc 1.2.3.4", { ctstate: "INVALID", ctorigsrc: null }, "yes"],
  ["-m conntrack --ctorigsrc 1.2.3.4", { ctstate: "INVALID" }, "no"],
  ["-m conntrack ! --ctorigsrc 1.2.3.4", { ctstate: "UNTRACKED" }, "no"],
  [
    "-m conntrack --ctorigdstport 8080 --ctdir ORIGINAL",
    { ctstate: "NEW", ctorigdstport: "8080", ctdir: "ORIGINAL" },
    "yes",
  ],
  // a protocol without ports has 0 there
  ["-m conntrack --ctorigsrcport 0:100", { ctstate: "NEW", protocol: "esp", ctorigsrcport: null }, "yes"],
  ["-m conntrack ! --ctorigsrcport 0:100", { ctstate: "NEW", protocol: "esp", ctorigsrcport: null }, "no"],
  ["-m conntrack ! --ctorigsrcport 80", { ctstate: "NEW", protocol: "esp", ctorigsrcport: null }, "yes"],
  ["-m conntrack --ctdir REPLY", { ctstate: "ESTABLISHED", ctdir: "ORIGINAL" }, "no"],
  ["-m conntrack --ctstatus NONE", { ctstate: "NEW", ctstatus: "NONE" }, "no"],
  ["-m conntrack --ctstatus CONFIRMED", { ctstate: "NEW", ctstatus: "CONFIRMED,SEEN_REPLY" }, "yes"],
  ["-m conntrack --ctstate DNAT", { ctstate: "NEW" }, "unknown"],
  ["-m state --state INVALID", { ctstate: "INVALID" }, "yes"],
  // facts of the host
  ["-m addrtype --dst-type LOCAL", { destination: "203.0.113.9" }, "yes"],
  ["-m addrtype ! --dst-type LOCAL", { destination: "203.0.113.10" }, "yes"],
  ["-m addrtype --dst-type BROADCAST", { destination: "203.0.113.255" }, "yes"],
  ["-m addrtype --dst-type MULTICAST", { destination: "224.0.0.1" }, "yes"],
  // marks and ports of the bridge
  ["-m mark --mark 0x1", { mark: "0x1" }, "yes"],
  ["-m mark --mark 0x100/0xffffff00", { mark: "0x1ff" }, "yes"],
  ["-m mark --mark 0x1/0x3", { mark: "0x1" }, "yes"],
  ["-m mark --mark 0x1/0x3", { mark: "0x2" }, "no"],
  ["-m mark --mark 0x1/0x3", {}, "unknown"],
  ["-m physdev --physdev-in veth1", { physdevIn: "veth1" }, "yes"],
  ["-m physdev --physdev-in veth1", { physdevIn: null }, "no"],
  ["-m physdev ! --physdev-in veth1", { physdevIn: null }, "yes"],
  ["-m physdev ! --physdev-out veth1", { physdevIn: "veth2", physdevOut: null }, "no"],
  ["-m physdev ! --physdev-out veth1", { physdevIn: null, physdevOut: null }, "yes"],
  ["-m physdev --physdev-is-bridged", { physdevIn: "veth2", physdevOut: null }, "no"],
  ["-m physdev --physdev-is-bridged", { physdevIn: "veth2", physdevOut: "veth1" }, "yes"],
  // what the packet cannot tell
  ["-m set --match-set blocked src", { source: "10.0.0.1" }, "unknown"],
  ["-m comment --comment words", {}, "yes"],
  ["-m u32 --u32 0x0=0x0", {}, "unknown"],
])("%s of %o: %s", (body, packet, expected) => {
  expect(answer(body, packet, HOST, "ipv4")).toBe(expected);
});

test("without host facts the type of an address is not known", () => {
  expect(answer("-m addrtype --dst-type LOCAL", { destination: "203.0.113.9" }, new Host(), "ipv4")).toBe("unknown");
});

test.each<[string, Values, "yes" | "no" | "unknown"]>([
  ["-s fd00::/8", { source: "fd00::1" }, "yes"],
  ["-p ipv6-icmp --icmpv6-type echo-request", { protocol: "ipv6-icmp", icmpType: "128/0" }, "yes"],
  ["-p tcp --dport 443", { protocol: "tcp", destinationPort: "443" }, "yes"],
  // multicast of IPv6 is ff00::/8 (RFC 4291)
  ["-m addrtype --dst-type MULTICAST", { destination: "ff02::1" }, "yes"],
  ["-m addrtype --dst-type MULTICAST", { destination: "fe80::1" }, "no"],
  // measured on 6.18: a group is no anycast address
  ["-m addrtype --dst-type MULTICAST,ANYCAST", { destination: "ff02::1:ff00:4" }, "no"],
])("ipv6: %s of %o: %s", (body, packet, expected) => {
  expect(answer(body, packet, HOST, "ipv6")).toBe(expected);
});

test.each<[string, Values, "yes" | "no" | "unknown"]>([
  ["-p IPv4 --ip-proto icmp -j CONTINUE", { source: "10.0.0.1", protocol: "icmp" }, "yes"],
  ["-p IPv6 -j DROP", { source: "10.0.0.1" }, "no"],
  ["-p ! IPv6 -j DROP", { source: "10.0.0.1" }, "yes"],
  ["-p ARP -j DROP", { source: "10.0.0.1" }, "no"],
  ["-i veth1 -j DROP", { physdevIn: "veth1", source: "10.0.0.1" }, "yes"],
  ["-o ! veth1 -j DROP", { physdevOut: "veth1" }, "no"],
  ["-p IPv4 --ip-src ! 10.0.0.1 -j DROP", { source: "10.0.0.1" }, "no"],
  ["-d Broadcast -j DROP", { macDestination: "ff:ff:ff:ff:ff:ff" }, "yes"],
  ["-s 2:42:ac:1b:77:0 -j DROP", { macSource: "02:42:ac:1b:77:00" }, "yes"],
])("bridge: %s of %o: %s", (body, packet, expected) => {
  expect(answer(body, packet, HOST, "bridge")).toBe(expected);
});
