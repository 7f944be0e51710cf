/**
 * Matches that ask the host, the connection, the clock or chance, one by one: where facts settle them, where both
 * polarities are no, and where nothing stated does. Semantics 6.2 and the kernel files that each extension names; what a
 * kernel itself answered stands in facts.test.ts.
 */
import { describe, expect, test } from "vitest";
import { evaluate, type Field, Host, type HostJson, readPacket, refine } from "../../src/facts/index.ts";
import { bind, meaningOf, ruleOfText } from "../../src/model/index.ts";

type Values = Partial<Record<Field, string | null>>;
type Case = readonly [rule: string, packet: Values, host: HostJson, answer: "yes" | "no" | "unknown"];
const condition = (body: string, host: HostJson, family: "ipv4" | "ipv6" | "bridge" = "ipv4") => {
  const rule = ruleOfText(family, "FORWARD", body);
  expect(bind(rule).problems, body).toEqual([]);
  return meaningOf(rule, new Host(host)).condition;
};

const TRACKED: Values = { ctstate: "ESTABLISHED" };
const INVALID: Values = { ctstate: "INVALID" };
const FRESH: Values = { ctstate: "NEW", ctstatus: "NONE" };
const LINKS: HostJson = {
  link: [
    { ifname: "eth0", group: "default" },
    { ifname: "veth1", group: "7" },
    { ifname: "veth2", group: "dmz" },
  ],
};
const ROUTES: HostJson = {
  addr: [
    { ifname: "eth0", addr_info: [{ family: "inet", local: "192.0.2.1", prefixlen: 24 }] },
    { ifname: "eth1", addr_info: [{ family: "inet", local: "198.51.100.1", prefixlen: 24 }] },
  ],
  route: [
    { dst: "192.0.2.0/24", dev: "eth0", prefsrc: "192.0.2.1" },
    { dst: "198.51.100.0/24", dev: "eth1", prefsrc: "198.51.100.1" },
    { dst: "default", gateway: "192.0.2.254", dev: "eth0" },
    { type: "blackhole", dst: "203.0.113.0/24" },
  ],
};
const MARKED: HostJson = {
  ...ROUTES,
  rule: [
    { priority: 0, src: "all", table: "local" },
    { priority: 1, src: "all", fwmark: "0x1", table: "main" },
  ],
};
const OWN = { inInterface: null, physdevIn: null, outInterface: "eth0" };
const SIDED: HostJson = {
  ...ROUTES,
  route: [...(ROUTES.route ?? []), { dst: "default", dev: "eth1", table: "77" }],
  rule: [
    { priority: 0, src: "all", table: "local" },
    { priority: 1, src: "192.0.2.1", table: "77" },
    { priority: 2, src: "all", table: "main" },
  ],
};

test.each<Case>([
  // addrtype: the local table, as addresses make it where it was not printed
  ["-m addrtype --dst-type LOCAL", { destination: "198.51.100.1" }, ROUTES, "yes"],
  ["-m addrtype --dst-type LOCAL", { destination: "127.8.8.8" }, ROUTES, "yes"],
  ["-m addrtype --dst-type BROADCAST", { destination: "198.51.100.255" }, ROUTES, "yes"],
  // the network's own address was one before 5.14 (fib_add_ifaddr)
  ["-m addrtype --dst-type BROADCAST", { destination: "198.51.100.0" }, { ...ROUTES, kernel: "5.10" }, "yes"],
  ["-m addrtype --dst-type BROADCAST", { destination: "198.51.100.0" }, { ...ROUTES, kernel: "6.1" }, "no"],
  // no table is needed for these
  ["-m addrtype --dst-type BROADCAST", { destination: "255.255.255.255" }, {}, "yes"],
  ["-m addrtype --src-type BROADCAST", { source: "0.0.0.0" }, {}, "yes"],
  ["-m addrtype --dst-type UNICAST", { destination: "224.0.0.1" }, {}, "no"],
  ["-m addrtype --dst-type UNICAST", { destination: "192.0.2.7" }, {}, "unknown"],
  // the other tables have no say
  ["-m addrtype --dst-type BLACKHOLE", { destination: "203.0.113.9" }, ROUTES, "no"],
  ["-m addrtype --dst-type LOCAL --limit-iface-in", { destination: "192.0.2.1", inInterface: "eth0" }, ROUTES, "yes"],
  ["-m addrtype --dst-type LOCAL --limit-iface-in", { destination: "192.0.2.1", inInterface: "eth1" }, ROUTES, "no"],
  ["-m addrtype --dst-type LOCAL --limit-iface-in", { destination: "192.0.2.1" }, ROUTES, "unknown"],
  // rpfilter
  ["-m rpfilter", { source: "192.0.2.9", inInterface: "eth0" }, ROUTES, "yes"],
  ["-m rpfilter", { source: "192.0.2.9", inInterface: "eth1" }, ROUTES, "no"],
  ["-m rpfilter --loose", { source: "192.0.2.9", inInterface: "eth1" }, ROUTES, "yes"],
  ["-m rpfilter --invert", { source: "192.0.2.9", inInterface: "eth1" }, ROUTES, "yes"],
  ["-m rpfilter --loose", { source: "203.0.113.9", inInterface: "eth0" }, ROUTES, "no"],
  ["-m rpfilter --loose", { source: "192.0.2.1", inInterface: "eth0" }, ROUTES, "no"],
  ["-m rpfilter --accept-local", { source: "192.0.2.1", inInterface: "eth0" }, ROUTES, "yes"],
  ["-m rpfilter", { source: "203.0.113.9", inInterface: "lo" }, {}, "yes"],
  ["-m rpfilter", { source: "192.0.2.9", inInterface: "eth0" }, {}, "unknown"],
  // rules choose the table of the way back, which has no mark unless --validmark gives it the packet's
  ["-m rpfilter", { source: "192.0.2.9", inInterface: "eth0", mark: "0x1" }, MARKED, "no"],
  ["-m rpfilter --validmark", { source: "192.0.2.9", inInterface: "eth0", mark: "0x1" }, MARKED, "yes"],
  ["-m rpfilter --validmark", { source: "192.0.2.9", inInterface: "eth0", mark: "0x2" }, MARKED, "no"],
  ["-m rpfilter --validmark", { source: "192.0.2.9", inInterface: "eth0" }, MARKED, "unknown"],
  // the addresses have changed sides: `from` of a rule is what the packet is for
  ["-m rpfilter", { source: "192.0.3.9", destination: "192.0.2.1", inInterface: "eth1" }, SIDED, "yes"],
  ["-m rpfilter", { source: "192.0.3.9", destination: "198.51.100.1", inInterface: "eth1" }, SIDED, "no"],
  ["-m rpfilter", { source: "192.0.3.9", destination: "198.51.100.1", inInterface: "eth0" }, SIDED, "yes"],
  // owner, cgroup: without a socket an option of owner is true iff inverted, cgroup is no either way
  ["-m owner --uid-owner 0-99", { uidOwner: "7" }, {}, "yes"],
  ["-m owner ! --uid-owner 7", { uidOwner: "7" }, {}, "no"],
  ["-m owner --uid-owner 7", { uidOwner: null }, {}, "no"],
  ["-m owner ! --uid-owner 7", { uidOwner: null }, {}, "yes"],
  ["-m owner --uid-owner postfix", { uidOwner: "7" }, {}, "unknown"],
  ["-m owner --uid-owner postfix", { uidOwner: null }, {}, "no"],
  ["-m owner --gid-owner 7 --suppl-groups", { gidOwner: "8" }, {}, "unknown"],
  // measured on 6.18 of a process in group 0 with 33 besides, and by a forwarded packet
  ["-m owner --gid-owner 33 --suppl-groups", { gidOwner: "0", furtherGroup: "33" }, {}, "yes"],
  ["-m owner --gid-owner 33", { gidOwner: "0", furtherGroup: "33" }, {}, "no"],
  ["-m owner --gid-owner 1-32 --suppl-groups", { gidOwner: "0", furtherGroup: "33" }, {}, "no"],
  ["-m owner --gid-owner 7 --suppl-groups", { gidOwner: "8", furtherGroup: null }, {}, "no"],
  ["-m owner --gid-owner 7 --suppl-groups", { gidOwner: null }, {}, "no"],
  ["-m owner --socket-exists", { uidOwner: "7" }, {}, "yes"],
  ["-m owner ! --socket-exists", { uidOwner: null, inInterface: "eth0" }, {}, "yes"],
  ["-m owner --socket-exists", { uidOwner: null, inInterface: null, physdevIn: null }, {}, "unknown"],
  ["-m cgroup ! --path /a", { uidOwner: null, inInterface: "eth1", outInterface: "eth0", protocol: "udp" }, {}, "no"],
  // seen in OUTPUT on 6.18: --cgroup 0 holds for the stack's own reset, which has a socket; REJECT's has none; that of a
  // SYN-ACK is a request, no full one (xt_cgroup.c sk_fullsock)
  ["-m cgroup --path /", { uidOwner: null, ...OWN, protocol: "tcp", tcpFlags: "RST,ACK" }, {}, "unknown"],
  ["-m cgroup --path /", { uidOwner: null, ...OWN, protocol: "tcp", tcpFlags: "RST", socket: "no" }, {}, "no"],
  ["-m cgroup --path /", { uidOwner: null, ...OWN, protocol: "tcp", tcpFlags: "SYN,ACK" }, {}, "no"],
  // an error of the kernel's own, seen in OUTPUT on 6.18: its socket is nobody's, and in a group like any other
  ["-m cgroup --path /", { uidOwner: null, ...OWN, protocol: "icmp" }, {}, "yes"],
  ["-m cgroup --path /a", { uidOwner: null, ...OWN, protocol: "icmp" }, {}, "unknown"],
  // measured on 6.18 with counters: the kernel's ICMP has a socket and no owner; a TCP reset has one if the stack sent it,
  // and none if REJECT did
  ["-m owner --socket-exists", { uidOwner: null, inInterface: null, protocol: "icmp", icmpType: "0/0" }, {}, "yes"],
  ["-m owner --socket-exists", { uidOwner: null, inInterface: null, protocol: "icmp", icmpType: "3/13" }, {}, "yes"],
  ["-m owner ! --uid-owner 0", { uidOwner: null, inInterface: null, protocol: "icmp", icmpType: "0/0" }, {}, "yes"],
  ["-m owner --socket-exists", { inInterface: null, protocol: "icmp" }, {}, "yes"],
  ["-m owner --socket-exists", { uidOwner: null, inInterface: "eth0", protocol: "icmp" }, {}, "no"],
  ["-m owner --socket-exists", { uidOwner: null, inInterface: null, physdevIn: "v1", protocol: "icmp" }, {}, "no"],
  ["-m owner --socket-exists", { uidOwner: null, inInterface: null, protocol: "tcp", tcpFlags: "RST" }, {}, "unknown"],
  ["-m cgroup --path /", { uidOwner: "0", outInterface: "eth0" }, {}, "yes"],
  ["-m cgroup --path /a", { uidOwner: "0", outInterface: "eth0" }, {}, "unknown"],
  // socket: nothing but tcp, udp and errors about them
  ["-m socket", { protocol: "gre" }, {}, "no"],
  ["-m socket --transparent", { protocol: "tcp" }, {}, "unknown"],
  // realm, devgroup, policy
  ["-m realm --realm 0", {}, ROUTES, "yes"],
  ["-m realm ! --realm 4", {}, ROUTES, "yes"],
  ["-m realm --realm 4", {}, { route: [{ dst: "default", dev: "eth0", flow: { to: "4" } }] }, "unknown"],
  ["-m realm --realm 0", {}, {}, "unknown"],
  ["-m devgroup --src-group default", { inInterface: "eth0" }, LINKS, "yes"],
  ["-m devgroup --src-group 0x3/0x3", { inInterface: "veth1" }, LINKS, "yes"],
  ["-m devgroup ! --src-group 7", { inInterface: "veth1" }, LINKS, "no"],
  ["-m devgroup --dst-group dmz", { outInterface: "veth2" }, LINKS, "yes"],
  // the number of a name is the host's own
  ["-m devgroup --dst-group 9", { outInterface: "veth2" }, LINKS, "unknown"],
  ["-m devgroup --src-group 7", { inInterface: "eth9" }, LINKS, "unknown"],
  ["-m policy --dir in --pol none", {}, { xfrm: "" }, "yes"],
  ["-m policy --dir in --pol ipsec", {}, { xfrm: "" }, "no"],
  ["-m policy --dir in --pol ipsec", {}, { xfrm: "src 192.0.2.1 dst 192.0.2.2\n\tproto esp" }, "unknown"],
  ["-m policy --dir in --pol none", {}, {}, "unknown"],
  // conntrack: without a connection --ctstate alone is looked at
  ["-m conntrack --ctstate INVALID --ctproto 6", { ...INVALID, protocol: "udp" }, {}, "yes"],
  ["-m conntrack ! --ctproto 6", { ...INVALID, protocol: "udp" }, {}, "no"],
  ["-m conntrack --ctstate DNAT", { ...TRACKED, ctnat: "DNAT" }, {}, "yes"],
  ["-m conntrack --ctstate SNAT", { ...TRACKED, ctnat: "DNAT" }, {}, "no"],
  ["-m conntrack ! --ctstate SNAT,DNAT", { ...TRACKED, ctnat: "NONE" }, {}, "yes"],
  ["-m conntrack --ctstate ESTABLISHED,DNAT", { ...TRACKED, ctnat: "NONE" }, {}, "yes"],
  ["-m conntrack --ctstatus NONE", TRACKED, {}, "no"],
  ["-m conntrack ! --ctstatus NONE", TRACKED, {}, "yes"],
  ["-m conntrack --ctexpire 1:10", TRACKED, {}, "unknown"],
  ["-m conntrack --ctexpire 1:10", INVALID, {}, "no"],
  ["-m state --state UNTRACKED", { ctstate: "UNTRACKED" }, {}, "yes"],
  ["-m state ! --state UNTRACKED", { ctstate: "UNTRACKED" }, {}, "no"],
  // both polarities no without a connection
  ["-m connmark --mark 0x1", INVALID, {}, "no"],
  ["-m connmark ! --mark 0x1", INVALID, {}, "no"],
  ["-m connmark --mark 0x1/0xf", { ...TRACKED, ctmark: "0x21" }, {}, "yes"],
  ["-m connmark --mark 0x1", TRACKED, {}, "unknown"],
  ["-m connbytes --connbytes 2: --connbytes-mode packets --connbytes-dir both", FRESH, {}, "no"],
  ["-m connbytes ! --connbytes 2:5 --connbytes-mode packets --connbytes-dir both", FRESH, {}, "yes"],
  [
    "-m connbytes --connbytes 100: --connbytes-mode bytes --connbytes-dir original",
    { ...FRESH, length: "99" },
    {},
    "no",
  ],
  ["-m connbytes --connbytes 2: --connbytes-mode packets --connbytes-dir both", INVALID, {}, "no"],
  ["-m connbytes --connbytes 2: --connbytes-mode packets --connbytes-dir both", TRACKED, {}, "unknown"],
  ["-m connlabel --label 3", INVALID, {}, "no"],
  ["-m connlabel ! --label 3", INVALID, {}, "yes"],
  ["-m connlabel --label 3 --set", FRESH, {}, "yes"],
  ["-m connlabel --label 3", TRACKED, {}, "unknown"],
  ["-m helper --helper ftp", INVALID, {}, "no"],
  ["-m helper ! --helper ftp", INVALID, {}, "yes"],
  ["-m helper --helper ftp", FRESH, {}, "no"],
  ["-m helper --helper ftp", { ctstate: "RELATED" }, {}, "unknown"],
  ["-m cluster --cluster-total-nodes 2 --cluster-local-node 1 --cluster-hash-seed 1", INVALID, {}, "no"],
  ["-m cluster --cluster-total-nodes 2 --cluster-local-node 1 --cluster-hash-seed 1", TRACKED, {}, "unknown"],
  ["-m cluster --cluster-total-nodes 2 --cluster-local-nodemask 0x3 --cluster-hash-seed 1", TRACKED, {}, "yes"],
  // chance, and where there is none
  ["-m statistic --mode random --probability 1", {}, {}, "yes"],
  ["-m statistic --mode random ! --probability 1", {}, {}, "no"],
  ["-m statistic --mode random --probability 0", {}, {}, "no"],
  ["-m statistic --mode nth --every 1 --packet 0", {}, {}, "yes"],
  ["-m statistic --mode nth --every 3 --packet 0", {}, {}, "unknown"],
  ["-m limit --limit 1/sec", {}, {}, "unknown"],
  ["-m hashlimit --hashlimit-upto 1/sec --hashlimit-name h", {}, {}, "unknown"],
  ["-m quota --quota 100", { length: "101" }, {}, "no"],
  ["-m quota ! --quota 100", { length: "101" }, {}, "yes"],
  ["-m quota --quota 100", { length: "60" }, {}, "unknown"],
  ["-m recent --set --name s", {}, {}, "yes"],
  ["-m recent ! --set --name s", {}, {}, "no"],
  ["-m recent --rcheck --name s", {}, {}, "unknown"],
  // the packet's own connection is counted
  ["-m connlimit --connlimit-above 0", {}, {}, "yes"],
  ["-m connlimit --connlimit-upto 0", {}, {}, "no"],
  ["-m connlimit --connlimit-above 3", {}, {}, "unknown"],
  ["-m rateest --rateest-delta --rateest RE --rateest-bps1 8bit --rateest-gt --rateest-bps2 8bit", {}, {}, "unknown"],
  ["-m nfacct --nfacct-name a", {}, {}, "yes"],
  ["-m cpu --cpu 0", {}, {}, "unknown"],
  ["-m comment --comment x", {}, {}, "yes"],
  // what the packet's bytes would tell
  ["-p tcp -m osf --genre Linux", { protocol: "tcp", tcpFlags: "ACK" }, {}, "no"],
  ["-p tcp -m osf ! --genre Linux", { protocol: "tcp", tcpFlags: "ACK" }, {}, "no"],
  ["-p tcp -m osf --genre Linux", { protocol: "tcp", tcpFlags: "SYN" }, {}, "unknown"],
  ["-m ipvs ! --ipvs", {}, {}, "unknown"],
  ['-m bpf --bytecode "1,6 0 0 65536"', {}, {}, "unknown"],
])("%s of %o with %o: %s", (body, packet, host, expected) => {
  expect(evaluate(condition(body, host), readPacket("ipv4", packet)).is).toBe(expected);
});

/** 2026-11-25 is a Wednesday. */
test.each<[string, string, boolean]>([
  ["2026-11-25T08:30:00Z", "--timestart 08:00 --timestop 09:00", true],
  ["2026-11-25T09:00:00Z", "--timestart 08:00 --timestop 09:00", true],
  ["2026-11-25T09:00:01Z", "--timestart 08:00 --timestop 09:00", false],
  // past midnight
  ["2026-11-25T00:30:00Z", "--timestart 23:00 --timestop 01:00", true],
  ["2026-11-25T12:00:00Z", "--timestart 23:00 --timestop 01:00", false],
  // and then it belongs to the day before with --contiguous
  ["2026-11-25T00:30:00Z", "--timestart 23:00 --timestop 01:00 --weekdays Tue --contiguous", true],
  ["2026-11-25T00:30:00Z", "--timestart 23:00 --timestop 01:00 --weekdays Tue", false],
  ["2026-11-25T00:30:00Z", "--timestart 23:00 --timestop 01:00 --weekdays Wed", true],
  ["2026-11-29T12:00:00Z", "--weekdays Sun", true],
  ["2026-11-29T12:00:00Z", "! --weekdays Sat,Sun", false],
  ["2026-11-25T12:00:00Z", "--monthdays 1,25", true],
  ["2026-11-25T12:00:00Z", "! --monthdays 1,25", false],
  ["2026-11-25T12:00:00Z", "--datestart 2026-11-26", false],
  ["2026-11-25T12:00:00Z", "--datestart 2026-11-25T12:00:00 --datestop 2026-11-25T12:00:00", true],
  // UTC, unless the kernel's zone is asked for
  ["2026-11-25T00:30:00+01:00", "--timestart 23:00 --timestop 23:59", true],
  ["2026-11-25T00:30:00+01:00", "--timestart 00:00 --timestop 01:00 --kerneltz", true],
  ["2026-11-25T00:30:00+01:00", "--weekdays Wed --kerneltz", true],
  ["2026-11-25T00:30:00+01:00", "--weekdays Wed", false],
])("at %s -m time %s: %s", (time, options, expected) => {
  const answer = evaluate(condition(`-m time ${options}`, { time }), readPacket("ipv4", {}));
  expect(answer.is).toBe(expected ? "yes" : "no");
});
test("without a clock the time is not known", () => {
  expect(evaluate(condition("-m time --weekdays Sun", {}), readPacket("ipv4", {})).is).toBe("unknown");
});

describe("what stays open", () => {
  test("an answer that was taken holds for every rule that asks the same, but not where chance decides", () => {
    const holds = (body: string) => {
      const asked = condition(body, {});
      const [piece] = refine(asked, { packet: readPacket("ipv4", { protocol: "tcp" }), facts: [] }, true);
      return piece && evaluate(asked, piece.packet).is;
    };
    expect(holds("-m socket")).toBe("yes");
    expect(holds("-m set --match-set s src")).toBe("yes");
    expect(holds("-m limit --limit 1/sec")).toBe("unknown");
  });
});

test("ebtables limits by chance", () => {
  expect(evaluate(condition("--limit 1/sec -j DROP", {}, "bridge"), readPacket("ipv4", {})).is).toBe("unknown");
});
