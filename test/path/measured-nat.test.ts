/** What the kernel's own lines have shown of conntrack and NAT, and of routes after it: Linux 6.18, each found by test/kernel/walk. */
import { expect, test } from "vitest";
import { Host, packetJson, readPacket } from "../../src/facts/index.ts";
import { loadDump, toRuleset } from "../../src/model/index.ts";
import { walk } from "../../src/path/index.ts";
import { Source } from "../../src/source.ts";
import { parse } from "../../src/syntax/index.ts";
import { EB, FRAME, HOST, only, SIX, table } from "./measuring.ts";

test.each([
  ["6.18.44", "2905", "conntrack reads no port of it"],
  ["6.1.176", "53", "conntrack knows dccp"],
  [undefined, "53,2905", "neither is known"],
])("DNAT of dccp on Linux %s: the port becomes %s, since %s", (kernel, port, _) => {
  const host = new Host({ ...HOST.json, ...(kernel === undefined ? {} : { kernel }) });
  const packet = { ...FRAME, protocol: "dccp", sourcePort: "5000", destinationPort: "2905" };
  const dumps = [table("nat", "-A PREROUTING -p dccp -j DNAT --to-destination 10.8.0.5:53")];
  const path = only(dumps, "ipv4", packet, host);
  expect(path && packetJson(path.packet)).toMatchObject({ destination: "10.8.0.5", destinationPort: port });
});

test("a mark of the bridge's INPUT comes too late for the route of what nat has readdressed", () => {
  const host = new Host({
    ...HOST.json,
    route: [...(HOST.json.route ?? []), { dst: "default", dev: "ext1", table: "77" }],
    rule: [
      { priority: 0, src: "all", table: "local" },
      { priority: 1, src: "all", fwmark: "0x1", table: "77" },
      { priority: 32766, src: "all", table: "main" },
    ],
  });
  const eb = `${EB}*filter\n:INPUT ACCEPT\n-A INPUT -j mark --mark-or 1\n`;
  const out = (nat: readonly string[]) => {
    const path = only([...nat, table("mangle", "-A FORWARD -j ACCEPT"), eb], "ipv4", { ...FRAME, mark: "0x0" }, host);
    const last = path?.steps.at(-1);
    return last && [last.id, packetJson(last.seen)["outInterface"], packetJson(last.seen)["mark"]];
  };
  expect(out([table("nat", "-A PREROUTING -j DNAT --to-destination 10.8.0.5")])).toEqual([
    "mangle:FORWARD:policy:1",
    "ext0",
    "0x1",
  ]);
  expect(out([])).toEqual(["mangle:FORWARD:policy:1", "ext1", "0x1"]);
});

test("what the loopback brings back has the connection's addresses again behind nat, whatever NPT made of them", () => {
  const npt = "-A PREROUTING -j DNPT --src-pfx fd00:8::/64 --dst-pfx fd00::/64";
  const mangle = table("mangle", npt, "-A INPUT -j ACCEPT");
  const path = only([`${SIX}${mangle}${table("nat", "-A OUTPUT -j REDIRECT")}`], "ipv6", {
    inInterface: null,
    outInterface: "ext0",
    source: "fd00:8::1",
    destination: "fd00:8::9",
    protocol: "udp",
    ctstate: "NEW",
    ctstatus: "NONE",
  });
  const seen = path?.steps.map(({ id, seen: at }) => [id, packetJson(at)["destination"]]);
  expect(seen?.slice(-2)).toEqual([
    ["mangle:PREROUTING:policy:2", "fd00::8:0:0:1"],
    ["mangle:INPUT:policy:1", "::1"],
  ]);
});

// nf_conntrack_core.c nf_ct_tmpl_alloc gives it neither extension; without them xt_connlabel.c does not match, nor xt_connbytes.c
test("what CT attaches in raw has no labels, and counts nothing", () => {
  const rules = [
    "-A PREROUTING -j CT",
    "-A PREROUTING -m connlabel --label 127 --set",
    '-A PREROUTING -m connlabel ! --label 127 --set -m comment --comment "none"',
    "-A PREROUTING -m connbytes ! --connbytes 2:5 --connbytes-mode packets --connbytes-dir both",
  ];
  const path = only([table("raw", ...rules)], "ipv4", { ...FRAME, ctstatus: null });
  expect(path?.steps.map(({ id }) => id).filter((id) => id.startsWith("raw"))).toEqual([
    "raw:PREROUTING:rule:1",
    "raw:PREROUTING:rule:3",
    "raw:PREROUTING:policy:5",
  ]);
});

test.each([
  ["by a device: cut again as it came", { inInterface: "ext0", physdevIn: null }, true],
  ["by a bridge, whose IP hooks have put it together: the whole", { inInterface: "br1", physdevIn: "v2" }, false],
])("what was put together leaves by a bridge; it came in %s", (_, way, isCut) => {
  const host = new Host({
    ...HOST.json,
    link: [
      ...(HOST.json.link ?? []),
      { ifname: "br1", address: "02:00:00:00:00:02", linkinfo: { info_kind: "bridge" } },
      { ifname: "v2", master: "br1" },
    ],
    neigh: [{ dst: "10.0.0.2", lladdr: "02:00:00:00:00:a2" }],
  });
  const asks = "-p IPv4 --ip-proto udp";
  const eb = `${EB}*filter\n:OUTPUT ACCEPT\n-A OUTPUT ${asks} --ip-dport 53 -j CONTINUE\n-A OUTPUT ${asks} -j CONTINUE\n`;
  const conntrack = table("filter", "-A FORWARD -m conntrack --ctstate NEW");
  const packet = {
    ...FRAME,
    ...way,
    macDestination: way.physdevIn === null ? null : "02:00:00:00:00:02",
    source: "10.8.0.9",
    destination: "10.0.0.2",
    destinationPort: "53",
  };
  const rules = (values: Record<string, string>) => {
    const loaded = [conntrack, eb].map((text, at) => loadDump(parse(new Source(`${at}.save`, text)), host));
    const { paths } = walk({ ruleset: toRuleset(loaded), host }, readPacket("ipv4", { ...packet, ...values }));
    const sent = paths.filter(({ verdict }) => verdict === "ACCEPT");
    return sent.map(({ steps }) =>
      steps.filter(({ rule, layer }) => rule && layer === "bridge").map(({ number }) => number),
    );
  };
  expect(rules({ fragmentOffset: "0", moreFragments: "1" })).toEqual([[1, 2]]);
  // what a later piece's whole had as its ports is not told by it
  const later = rules({ fragmentOffset: "2", moreFragments: "0" });
  expect(later).toEqual(isCut ? [[2]] : [[1, 2], [2]]);
});

// nf_conntrack_core.c nf_ct_attach, xt_CT.c xt_ct_target: what is attached is nothing, and yet not nothing
test("NOTRACK leaves alone what a rule sends about a packet that was kept from conntrack", () => {
  const dumps = [
    table("raw", "-A PREROUTING -j NOTRACK", "-A OUTPUT -j NOTRACK"),
    table("filter", "-A INPUT -j REJECT", "-A OUTPUT -m conntrack --ctstate UNTRACKED"),
  ];
  const path = only(dumps, "ipv4", { ...FRAME, destination: "10.0.0.1", ctstate: null, ctstatus: null });
  const sent = path?.generated.flatMap(({ steps }) => steps.filter(({ layer }) => layer === "ip").map(({ id }) => id));
  expect(sent).toEqual(["raw:OUTPUT:rule:1", "raw:OUTPUT:policy:2", "filter:OUTPUT:policy:2"]);
});

test("what is for a group of IPv6 keeps its device, whatever mangle has changed (ip6_route_me_harder)", () => {
  const host = new Host({
    ...HOST.json,
    route: ["lan0", "ext0"].map((dev) => ({ dst: "ff00::/8", type: "multicast", dev, table: "local" })),
  });
  const mangle = table("mangle", "-A OUTPUT -j DSCP --set-dscp 0x1a", "-A POSTROUTING -j ACCEPT");
  const asks = { source: "fd00:8::1", destination: "ff02::1:ff00:1", protocol: "ipv6-icmp", icmpType: "135/0" };
  const path = only([`${SIX}${mangle}`], "ipv6", { ...asks, inInterface: null, outInterface: "ext0" }, host);
  const last = path?.steps.at(-1);
  expect(last && packetJson(last.seen)).toMatchObject({ inInterface: "ext0", outInterface: "ext0" });
});

// net/netfilter/utils.c nf_ip6_checksum: a sum of the whole, header and all, is kept from OUTPUT
test.each([
  ["stays right where SNPT alone has been at it", "-A PREROUTING -j ACCEPT", "ACCEPT"],
  ["is taken anew where the hop limit has changed", "-A PREROUTING -j HL --hl-inc 1", "LOST"],
])("the sum of an error that the loopback brings back %s", (_, rule, verdict) => {
  const mangle = table("mangle", rule, "-A POSTROUTING -j SNPT --src-pfx fd00::/64 --dst-pfx fd00:1::/48");
  const error = {
    inInterface: null,
    outInterface: "lo",
    source: "fd00:8::1",
    destination: "fd00:8::1",
    protocol: "ipv6-icmp",
    icmpType: "1/4",
    ctstate: "RELATED",
    ttl: "64",
  };
  const local = { type: "local", dst: "fd00:8::1", dev: "lo", table: "local" };
  const host = new Host({ ...HOST.json, route: [...(HOST.json.route ?? []), local] });
  const loaded = [`${SIX}${mangle}${table("nat", "-A PREROUTING -j REDIRECT")}`].map((text, at) =>
    loadDump(parse(new Source(`${at}.save`, text)), host),
  );
  const { paths } = walk({ ruleset: toRuleset(loaded), host }, readPacket("ipv6", error), { attached: true });
  expect(paths.map((path) => path.verdict)).toEqual([verdict]);
});
