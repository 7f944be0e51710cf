/** What the kernel's own lines have shown of bridges and NAT: Linux 6.18, each found by test/kernel/walk. */
import { expect, test } from "vitest";
import { packetJson, readPacket } from "../../src/facts/index.ts";
import { loadDump, toRuleset } from "../../src/model/index.ts";
import { walk } from "../../src/path/index.ts";
import { Source } from "../../src/source.ts";
import { parse } from "../../src/syntax/index.ts";
import { EB, FRAME, HOST, only, SIX, table } from "./measuring.ts";

test("what nat sends to the host is addressed to the bridge (br_nf_pre_routing_finish)", () => {
  const eb = `${EB}*filter\n:INPUT ACCEPT\n-A INPUT -d 02:00:00:00:00:01 -j CONTINUE\n`;
  const path = only([table("nat", "-A PREROUTING -j REDIRECT"), eb], "ipv4", FRAME);
  expect(path?.assumptions).toEqual([]);
  expect(path?.steps.map(({ id }) => id)).toContain("eb:filter:INPUT:rule:1");
});

test.each(["00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"])("no bridge takes a frame from %s (br_handle_frame)", (mac) => {
  const path = only([table("raw", "-A PREROUTING -j ACCEPT")], "ipv4", { ...FRAME, macSource: mac });
  expect(path).toMatchObject({ verdict: "LOST", steps: [] });
});

test("the bridge's TRACE sets the flag for xtables: its own first TRACE rule is printed", () => {
  const eb = `${EB}*nat\n:PREROUTING ACCEPT\n-A PREROUTING -j TRACE\n`;
  const printed = (dumps: readonly string[]) =>
    only(dumps, "ipv4", FRAME)?.steps.find(({ id }) => id === "raw:PREROUTING:rule:1")?.printed;
  expect(printed([table("raw", "-A PREROUTING -j TRACE"), eb])).toBe(true);
  expect(printed([table("raw", "-A PREROUTING -j TRACE")])).toBe(false);
});

test("nat to the address that the connection has changes nothing, though NPT has given the packet another", () => {
  const npt = "-A PREROUTING -j DNPT --src-pfx fd00:2::/64 --dst-pfx fd00:2::/64";
  const dumps = [`${SIX}${table("mangle", npt)}${table("nat", "-A PREROUTING -j NETMAP --to fd00:1::/64")}`];
  const path = only(dumps, "ipv6", {
    inInterface: "ext0",
    source: "fd00:9::9",
    destination: "fd00:1::ffff:0:0:4",
    protocol: "udp",
    ctstate: "NEW",
    ctstatus: "NONE",
  });
  expect(path?.steps.at(-1)?.id).toBe("nat:PREROUTING:rule:1");
  expect(path?.packet.fields.destination).not.toMatchObject({ ranges: [[0xfd000001n << 96n, expect.anything()]] });
  expect(path?.steps.flatMap(({ changes }) => changes).filter(({ by }) => by === "target")).toHaveLength(1);
});

test("nat to what NPT has made of a packet is set up all the same: replies come to that", () => {
  const npt = "-A POSTROUTING -j SNPT --src-pfx fd93:9::/64 --dst-pfx fd93:1::/48";
  const dumps = [`${SIX}${table("mangle", npt)}${table("nat", "-A POSTROUTING -j NETMAP --to fd93:1::/64")}`];
  const path = only(dumps, "ipv6", {
    inInterface: "ext0",
    source: "fd93:2::93:ff:fe00:202",
    destination: "fd93:9::9",
    protocol: "udp",
    ctstate: "NEW",
    ctstatus: "NONE",
  });
  expect(path && packetJson(path.packet)).toMatchObject({
    source: "fd93:1::9b:ff:fe00:202",
    ctrepldst: "fd93:1::9b:ff:fe00:202",
    ctnat: "SNAT",
  });
});

test.each([
  ["fd00:200::/32", "LOST", "the difference is not that of the address: its checksum is wrong"],
  ["fd00:1::/32", "ACCEPT", "it stays right"],
])("nat sums an error of this host's that DNPT from %s has changed: %s", (from, verdict) => {
  const npt = `-A OUTPUT -j DNPT --src-pfx ${from} --dst-pfx fd00:2::/32`;
  const error = {
    inInterface: null,
    source: "fd00:1::1",
    destination: "fd00:1::1",
    protocol: "ipv6-icmp",
    icmpType: "1/4",
    ctstate: "RELATED",
    mark: "0x0",
  };
  const dumps = (nat: string) => [
    `${SIX}${table("mangle", npt)}${table("filter", "-A OUTPUT -m conntrack --ctstate RELATED")}${nat}`,
  ];
  const paths = (nat: string) => only(dumps(nat), "ipv6", error);
  expect(paths(table("nat", "-A OUTPUT -s ::1"))?.verdict).toBe(verdict);
  // without the table nobody sums it
  expect(paths("")?.steps.map(({ id }) => id)).toContain("filter:OUTPUT:rule:1");
});

test("a connection that is ESTABLISHED has been confirmed, and has had a reply", () => {
  const rules = [
    "-A PREROUTING -m conntrack --ctstatus CONFIRMED",
    "-A PREROUTING -m conntrack ! --ctstatus SEEN_REPLY",
  ];
  const dumps = [`*mangle\n:PREROUTING DROP [0:0]\n${rules.join("\n")}\nCOMMIT\n`];
  const path = only(dumps, "ipv4", {
    inInterface: "ext0",
    source: "10.9.9.9",
    destination: "10.0.0.7",
    protocol: "udp",
    ctstate: "ESTABLISHED",
  });
  expect(path?.steps.map(({ id }) => id).filter((id) => id.startsWith("mangle:PREROUTING"))).toEqual([
    "mangle:PREROUTING:rule:1",
    "mangle:PREROUTING:policy:3",
  ]);
});

test.each([
  ["without the whole header of tcp is not put together (nf_conntrack_reasm.c): -m tcp drops it", "16", ["LOST"]],
  ["with it waits for the others", null, ["ACCEPT", "STOLEN"]],
])("a first piece of IPv6 %s", (_, incomplete, verdicts) => {
  const rules = [table("mangle", "-A PREROUTING -p tcp -m tcp --dport 9"), table("raw", "-A PREROUTING -j ACCEPT")];
  const conntrack = table("filter", "-A FORWARD -m conntrack --ctstate NEW");
  const loaded = [...rules, conntrack].map((text, at) =>
    loadDump(parse(new Source(`${at}.save`, `${SIX}${text}`)), HOST),
  );
  const packet = readPacket("ipv6", {
    inInterface: "ext0",
    source: "fd00:9::9",
    destination: "fd00:5::1",
    protocol: "tcp",
    sourcePort: "5",
    destinationPort: "6",
    fragmentOffset: "0",
    moreFragments: "1",
    extensionHeaders: "ipv6-frag",
    incomplete,
    ctstate: "NEW",
  });
  const { paths } = walk({ ruleset: toRuleset(loaded), host: HOST }, packet);
  expect(paths.map(({ verdict }) => verdict).sort()).toEqual(verdicts);
});

test("a template has no protocol: in raw --ctproto asks it where a rule has attached one", () => {
  const rules = ["-A OUTPUT -j CT", "-A OUTPUT -m conntrack --ctproto 6", "-A OUTPUT -m conntrack ! --ctproto 6"];
  const path = only([`*raw\n:OUTPUT DROP [0:0]\n${rules.join("\n")}\nCOMMIT\n`], "ipv4", {
    inInterface: null,
    source: "10.0.0.1",
    destination: "10.0.0.7",
    protocol: "tcp",
    tcpFlags: "SYN",
  });
  expect(path?.steps.map(({ id }) => id)).toEqual(["raw:OUTPUT:rule:1", "raw:OUTPUT:rule:3", "raw:OUTPUT:policy:4"]);
});

test("what asks for a neighbour shows its device as IN in POSTROUTING, though DNPT has made one of the group", () => {
  const npt = "-A OUTPUT -j DNPT --src-pfx fd00:1::/56 --dst-pfx fd00:8::/48";
  const path = only([`${SIX}*mangle\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING DROP [0:0]\n${npt}\nCOMMIT\n`], "ipv6", {
    inInterface: null,
    outInterface: "ext0",
    source: "fd00:8::1",
    destination: "ff02::1:ff00:3",
    protocol: "ipv6-icmp",
    icmpType: "135/0",
    ctstate: "UNTRACKED",
  });
  const last = path?.steps.at(-1);
  expect(last?.id).toBe("mangle:POSTROUTING:policy:1");
  expect(last && packetJson(last.seen)).toMatchObject({ inInterface: "ext0", outInterface: "ext0" });
});

test("INPUT sees the pieces of IPv6, which are put together behind it where no rule needs conntrack", () => {
  const path = only([`${SIX}${table("mangle", "-A INPUT -p esp -m esp -j DROP", "-A INPUT -p esp")}`], "ipv6", {
    inInterface: "ext0",
    outInterface: null,
    source: "fd00:9::9",
    destination: "fd00:8::1",
    protocol: "esp",
    fragmentOffset: "1",
    moreFragments: "1",
    extensionHeaders: "ipv6-frag",
  });
  expect(path?.steps.map(({ id }) => id)).toEqual(["mangle:INPUT:rule:2", "mangle:INPUT:policy:3"]);
});

test.each([
  ["6", "DROP"],
  [null, "ACCEPT"],
])("TCPOPTSTRIP drops a packet whose tcp header is cut off (%s bytes: %s)", (incomplete, verdict) => {
  const path = only([`${SIX}${table("mangle", "-A FORWARD -p tcp -j TCPOPTSTRIP --strip-options mss")}`], "ipv6", {
    inInterface: "ext0",
    source: "fd00:9::9",
    destination: "fd00:5::1",
    protocol: "tcp",
    fragmentOffset: "0",
    moreFragments: "0",
    incomplete,
  });
  expect(path?.verdict).toBe(verdict);
});
