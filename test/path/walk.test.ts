/** Ways that no recording of the cases shows by itself; what is expected stands in semantics section 4. */
import { describe, expect, test } from "vitest";
import { Host, type HostJson, readPacket } from "../../src/facts/index.ts";
import { loadDump, toRuleset } from "../../src/model/index.ts";
import { type Path, walk } from "../../src/path/index.ts";
import { Source } from "../../src/source.ts";
import { parse } from "../../src/syntax/index.ts";

const HOST: HostJson = {
  kernel: "6.1",
  addr: [
    { ifname: "ext0", addr_info: [{ family: "inet", local: "10.88.0.1", prefixlen: 24 }] },
    {
      ifname: "docker0",
      address: "02:42:00:00:00:fe",
      addr_info: [{ family: "inet", local: "172.27.0.1", prefixlen: 16 }],
    },
    ...["v1", "v2", "v3"].map((ifname, at) => ({ ifname, ifindex: at + 10, master: "docker0" })),
  ],
  link: [{ ifname: "docker0", linkinfo: { info_kind: "bridge" } }],
  route: [
    { dst: "10.88.0.0/24", dev: "ext0", prefsrc: "10.88.0.1" },
    { dst: "172.27.0.0/16", dev: "docker0", prefsrc: "172.27.0.1" },
    { type: "broadcast", dst: "172.27.255.255", dev: "docker0", table: "local" },
  ],
  neigh: [
    { dst: "172.27.0.2", lladdr: "02:42:00:00:00:02" },
    { dst: "172.27.0.3", lladdr: "02:42:00:00:00:03" },
  ],
  fdb: [
    { mac: "02:42:00:00:00:02", ifname: "v1", master: "docker0" },
    { mac: "02:42:00:00:00:03", ifname: "v2", master: "docker0" },
  ],
  sysctl: { "net.ipv4.ip_forward": "1", "net.bridge.bridge-nf-call-iptables": "1" },
};
const DUMP = `*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -p tcp -m tcp --dport 8077 -j DNAT --to-destination 172.27.0.2:80
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -p tcp -m tcp --dport 8077 -j DROP
COMMIT
`;
const paths = (values: Record<string, string | null>, dump = DUMP, host: HostJson = HOST): readonly Path[] => {
  const known = new Host(host);
  return walk(
    { ruleset: toRuleset([loadDump(parse(new Source("t.save", dump)), known)]), host: known },
    readPacket("ipv4", values),
  ).paths;
};
const ids = ({ steps }: Path) => steps.map(({ id }) => id);

describe("later packets of a connection", () => {
  const later = {
    inInterface: "ext0",
    source: "10.88.0.9",
    destination: "10.88.0.1",
    protocol: "tcp",
    destinationPort: "8077",
    ctstate: "ESTABLISHED",
    ctdir: "ORIGINAL",
    ctreplsrc: "172.27.0.2",
  };
  test("the port of a published one is rewritten as well", () => {
    const [path] = paths({ ...later, ctreplsrcport: "80" });
    expect(path?.verdict).toBe("ACCEPT");
  });
  test("a port that nothing states is not known after translation", () => {
    expect(
      paths(later)
        .map(({ verdict }) => verdict)
        .sort(),
    ).toEqual(["ACCEPT", "DROP"]);
  });
});

describe("a bridge", () => {
  const frame = { inInterface: "docker0", protocol: "tcp", ctstate: "NEW" };
  const published = {
    ...frame,
    physdevIn: "v2",
    source: "172.27.0.3",
    destination: "10.88.0.1",
    destinationPort: "8077",
    macDestination: "02:42:00:00:00:fe",
  };
  test("bridged DNAT goes to the port of the new neighbour (4.4 I)", () => {
    const [path, ...others] = paths(published);
    expect(others).toEqual([]);
    expect(path?.branches).toEqual([]);
    const forward = path?.steps.find(({ hook }) => hook === "FORWARD")?.seen.fields;
    expect(forward?.physdevOut?.ranges[0]?.[0]).toBe("v1");
    // the frame came to the bridge's own MAC, and stays one for this host (seen on 6.18 by `--pkttype-type otherhost`)
    expect(forward?.pktType?.ranges[0]?.[0]).toBe(0);
  });
  // as the running kernel did: eb INPUT's line came behind nat's
  test("bridged DNAT goes up where the mark leads to another device", () => {
    const host = {
      ...HOST,
      rule: [
        { priority: 0, src: "all", table: "local" },
        { priority: 1, src: "all", fwmark: "0x1", table: "77" },
        { priority: 32766, src: "all", table: "main" },
      ],
      route: [...(HOST.route ?? []), { dst: "default", gateway: "10.88.0.9", dev: "ext0", table: "77" }],
    };
    const [path] = paths({ ...published, mark: "1" }, DUMP, host);
    const forward = path?.steps.find(({ hook, layer }) => hook === "FORWARD" && layer === "ip");
    expect(forward?.seen.fields.outInterface?.ranges[0]?.[0]).toBe("ext0");
  });
  test("bridged DNAT onto the own port is lost without hairpin (4.4 H)", () => {
    const [path] = paths({
      ...frame,
      physdevIn: "v1",
      source: "172.27.0.2",
      destination: "10.88.0.1",
      destinationPort: "8077",
      macDestination: "02:42:00:00:00:fe",
    });
    expect(path?.verdict).toBe("LOST");
    expect(path?.lost?.after).toBe("nat:PREROUTING:rule:1");
  });
  // PHYSOUT is printed in bridged FORWARD and POSTROUTING only (4.5); classic bridges lead on to a gateway behind a port
  test.each([
    ["from port to port", { inInterface: "docker0", physdevIn: "v1" }],
    ["to an address behind a gateway", { inInterface: "docker0", physdevIn: "v1", destination: "192.0.2.1" }],
    ["no device said", {}],
  ])("a stated port out says bridged: %s", (_, fields) => {
    const ways = paths({ ...fields, physdevOut: "v2", protocol: "udp", ctstate: "NEW" });
    const last = ways.map(({ steps }) => steps.at(-1)?.seen.fields);
    expect(ways.length).toBeGreaterThan(0);
    for (const path of ways.filter(({ branches }) => branches.length === 0))
      expect(ids(path)).toContain("filter:FORWARD:policy:2");
    expect(new Set(last.map((seen) => seen?.outInterface?.ranges[0]?.[0]))).toEqual(new Set(["docker0"]));
    expect(ways.flatMap(({ assumptions }) => assumptions.map(({ taken }) => taken))).not.toContain("the bridge's");
  });
  test("a port of another bridge is where a routed packet leaves", () => {
    const ways = paths({ inInterface: "ext0", destination: "172.27.0.2", physdevOut: "v1", protocol: "udp" });
    expect(
      ways.every(({ steps }) =>
        steps.some(({ hook, seen }) => hook === "FORWARD" && !seen.fields.physdevIn?.ranges.length),
      ),
    ).toBe(true);
  });
  test("a flooded frame meets nat:POSTROUTING once: its copies share the connection", () => {
    const [path] = paths({
      ...frame,
      physdevIn: "v1",
      source: "172.27.0.2",
      destination: "172.27.0.9",
      destinationPort: "1",
      macDestination: "02:42:00:00:00:09",
    });
    const all = [path, ...(path?.branches ?? [])].flatMap((each) => (each ? ids(each) : []));
    expect(path?.branches).toHaveLength(1);
    expect(all.filter((id) => id.startsWith("nat:POSTROUTING"))).toEqual(["nat:POSTROUTING:policy:1"]);
    expect(all.filter((id) => id.startsWith("filter:FORWARD"))).toHaveLength(2);
  });
  test("a broadcast goes to every other port, and to the host last (4.4 O)", () => {
    const [path] = paths({
      ...frame,
      protocol: "udp",
      physdevIn: "v1",
      source: "172.27.0.2",
      destination: "172.27.255.255",
    });
    expect(path?.branches).toHaveLength(2);
    expect(path?.branches.at(-1)?.steps.map(({ hook }) => hook)).toEqual(["INPUT"]);
  });
});

describe("a routed packet that leaves by a bridge", () => {
  const ports = (destination: string, facts: HostJson = {}) =>
    paths({ inInterface: "ext0", source: "10.88.0.9", destination, protocol: "udp", ctstate: "NEW" }, DUMP, {
      ...HOST,
      ...facts,
    }).map(({ branches, assumptions }) => [
      1 + branches.length,
      assumptions.map(({ fact, taken }) => `${fact} ${taken}`).join(),
    ]);
  const learnt = (port: string) => [1, `neighbour answers,fdb learnt behind ${port}`];
  const unanswered = [1, "neighbour does not answer"];
  // measured on 6.18, counters of ebtables OUTPUT by port: with no entry in the neighbour table one copy, behind the port
  // that answered, and none if nobody did; with an entry, STALE or permanent, that the bridge has forgotten, a copy for every port
  test("the bridge has learnt who had to be asked for its MAC", () => {
    expect(ports("172.27.0.9")).toEqual([unanswered, learnt("v3"), learnt("v2"), learnt("v1")]);
    expect(ports("172.27.0.9", { fdb: [] })).toEqual([unanswered, learnt("v3"), learnt("v2"), learnt("v1")]);
  });
  test("who is in the neighbour table may have been forgotten by the bridge", () => {
    expect(ports("172.27.0.2", { fdb: [] })).toEqual([[3, ""]]);
    const { neigh: _, fdb: __, ...nothing } = HOST;
    expect(paths({ inInterface: "ext0", destination: "172.27.0.9", protocol: "udp" }, "", nothing)).toHaveLength(4);
  });
  test("a group has a MAC of its own, behind no port", () => {
    const sent = (destination: string) =>
      paths({
        inInterface: null,
        outInterface: "docker0",
        source: "172.27.0.1",
        destination,
        protocol: "udp",
        ctstate: "NEW",
      });
    expect(sent("172.27.255.255").map(({ branches }) => branches.length)).toEqual([2]);
    expect(sent("224.0.0.251").map(({ branches }) => branches.length)).toEqual([2]);
  });
});

describe("routing", () => {
  test("broadcast and multicast are never forwarded by a unicast route", () => {
    const of = (destination: string) =>
      paths({ inInterface: "ext0", source: "10.88.0.9", destination, protocol: "udp", ctstate: "NEW" });
    expect(of("255.255.255.255").map(({ verdict, decidedBy }) => [verdict, decidedBy])).toEqual([
      ["ACCEPT", "filter:INPUT:policy:1"],
    ]);
    expect(
      of("224.0.0.251")
        .map(({ verdict }) => verdict)
        .sort(),
    ).toEqual(["ACCEPT", "LOST"]);
  });
  test("an address of the host is its own, whether the local table was printed or not", () => {
    const [path] = paths({
      inInterface: "ext0",
      source: "10.88.0.9",
      destination: "10.88.0.1",
      protocol: "tcp",
      destinationPort: "22",
      ctstate: "NEW",
    });
    expect(path?.decidedBy).toBe("filter:INPUT:policy:1");
  });
  test("no forwarding: lost after PREROUTING, and said (4.9)", () => {
    const [path] = paths({ inInterface: "ext0", destination: "172.27.0.2", ctstate: "NEW", protocol: "udp" }, DUMP, {
      ...HOST,
      sysctl: { "net.ipv4.ip_forward": 0 },
    });
    expect(path).toMatchObject({
      verdict: "LOST",
      lost: { after: "nat:PREROUTING:policy:2", reason: "net.ipv4.ip_forward is 0" },
    });
  });
});

test("a first piece with 16 bytes of tcp is not cut off once conntrack has put its packet together (4.1)", () => {
  const piece = { inInterface: "ext0", source: "10.88.0.9", destination: "10.88.0.1", protocol: "tcp", length: "36" };
  const ways = paths({ ...piece, moreFragments: "1", destinationPort: "22", ctstate: "NEW" });
  expect(ways.map(({ verdict }) => verdict)).toEqual(["STOLEN", "ACCEPT"]);
});

// measured on 6.18 with counters of `owner --socket-exists` in raw OUTPUT
test.each([
  ["icmp-admin-prohibited", "raw:OUTPUT:rule:1"],
  ["tcp-reset", "raw:OUTPUT:policy:2"],
])("REJECT with %s: whether its answer has a socket", (how, id) => {
  const dump = `*raw\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -m owner --socket-exists -j ACCEPT\nCOMMIT
*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp -j REJECT --reject-with ${how}\nCOMMIT\n`;
  const [path] = paths({ inInterface: "ext0", source: "10.88.0.9", destination: "10.88.0.1", protocol: "tcp" }, dump);
  expect(path?.generated.map(({ steps }) => steps[0]?.id)).toEqual([id]);
});

describe("several next hops of one route", () => {
  // as ip 6.1 prints them; measured on 6.18: 78 destinations in FORWARD, 45 by the one and 33 by the other
  const nexthops = [
    { gateway: "10.88.0.9", dev: "ext0", weight: 1, flags: [] as string[] },
    { gateway: "10.89.0.9", dev: "ext1", weight: 1, flags: [] as string[] },
  ];
  const host = (hops = nexthops, sysctl = {}): HostJson => ({
    ...HOST,
    route: [...(HOST.route ?? []), { dst: "10.89.0.0/24", dev: "ext1" }, { dst: "192.0.2.0/24", nexthops: hops }],
    sysctl: { ...HOST.sysctl, ...sysctl },
  });
  const packet = { inInterface: "docker0", physdevIn: "v1", macDestination: "02:42:00:00:00:fe", source: "172.27.0.2" };
  const out = (facts: HostJson, values = {}) =>
    paths({ ...packet, destination: "192.0.2.7", protocol: "udp", ctstate: "NEW", ...values }, DUMP, facts).map(
      ({ steps, assumptions }) => [
        steps.at(-1)?.seen.fields.outInterface?.ranges[0]?.[0],
        ...assumptions.map(({ fact, taken }) => `${fact} ${taken}`),
      ],
    );
  test("each may be taken, and the fact is named", () => {
    expect(out(host())).toEqual([
      ["ext0", "next hop routed by ext0"],
      ["ext1", "next hop routed by ext1"],
    ]);
    expect(out(host(), { outInterface: "ext1" })).toEqual([["ext1"]]);
  });
  test("a dead one is none, and two by one device are no question", () => {
    const [first, second] = nexthops as [(typeof nexthops)[0], (typeof nexthops)[0]];
    expect(out(host([{ ...first, flags: ["dead", "linkdown"] }, second]))).toEqual([["ext1"]]);
    expect(out(host([first, { ...second, dev: "ext0" }]))).toEqual([["ext0"]]);
  });
  test("rp_filter takes any of them as the way back (measured)", () => {
    const strict = host(nexthops, { "net.ipv4.conf.ext1.rp_filter": 1 });
    const back = {
      inInterface: "ext1",
      source: "192.0.2.7",
      destination: "10.88.0.1",
      protocol: "udp",
      ctstate: "NEW",
    };
    expect(paths(back, DUMP, strict).map(({ verdict }) => verdict)).toEqual(["ACCEPT"]);
  });
});

describe("chains", () => {
  const table = (rules: string) => `*filter\n:INPUT ACCEPT [0:0]\n:A - [0:0]\n:B - [0:0]\n${rules}COMMIT\n`;
  const input = { inInterface: "ext0", outInterface: null, protocol: "tcp" };
  test("a goto returns to the caller of its chain, at last to the policy (1.2)", () => {
    const [path] = paths(input, table("-A INPUT -j A\n-A A -g B\n-A A -j DROP\n-A B -p tcp -j RETURN\n"), {});
    expect(path && ids(path)).toEqual([
      "filter:INPUT:rule:1",
      "filter:A:rule:1",
      "filter:B:rule:1",
      "filter:INPUT:policy:2",
    ]);
  });
  test.each([
    ["goto", "-A INPUT -j A\n-A A -g B\n-A B -g A\n"],
    ["jump", "-A INPUT -j A\n-A A -j A\n"],
    [
      "jump behind unknown matches",
      "-A INPUT -j A\n-A A -m set --match-set S src -j B\n-A B -m set --match-set S src -j A\n",
    ],
  ])("a loop of chains (%s) ends, and is named", (_, rules) => {
    const ways = paths(input, table(rules), {});
    expect(ways.some(({ verdict }) => verdict === "UNDECIDED")).toBe(true);
    expect(ways.flatMap(({ assumptions }) => assumptions.map(({ fact }) => fact))).toContain("chain loop");
  });
  test("a target that nobody knows may do anything, and is named", () => {
    const ways = paths(input, table("-A INPUT -p tcp -j NOSUCH --x 1\n"), {});
    const taken = ways.map(({ assumptions: [first] }) => [first?.fact, first?.rule, first?.taken].join(" "));
    expect(taken.sort()).toEqual(
      ["ACCEPT", "DROP", "continue", "return"].map((way) => `target NOSUCH filter:INPUT:rule:1 ${way}`),
    );
  });
  test("an unknown match never settles a later one", () => {
    const ways = paths(
      input,
      table("-A INPUT -m limit --limit 1/s -j ACCEPT\n-A INPUT -m limit --limit 1/s -j DROP\n"),
      {},
    );
    expect(ways.map(({ verdict }) => verdict)).toContain("DROP");
  });
});

describe("from this host", () => {
  const DUMPED = (table: string, rule: string) => `*raw
:OUTPUT ACCEPT [0:0]
-A OUTPUT -m conntrack --ctstate RELATED
COMMIT
*${table}
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
${rule}
COMMIT
`;
  const MARKED: HostJson = {
    ...HOST,
    route: [...(HOST.route ?? []), { dst: "default", dev: "docker0", table: "77" }],
    rule: [
      { priority: 0, src: "all", table: "local" },
      { priority: 1, src: "all", fwmark: "0x1", table: "77" },
      { priority: 2, src: "all", table: "main" },
    ],
  };
  const own = { inInterface: null, source: "10.88.0.1", destination: "10.88.0.9", protocol: "udp", ctstate: "NEW" };
  // net/netfilter/nf_nat_proto.c nf_nat_ipv4_local_fn, net/ipv4/netfilter/iptable_mangle.c ipt_mangle_out
  test.each([
    ["mangle", "docker0"],
    ["nat", "ext0"],
  ])("a mark that %s OUTPUT sets: it leaves by %s", (table, out) => {
    const all = paths({ ...own, mark: "0x0" }, DUMPED(table, "-A OUTPUT -j MARK --set-xmark 0x1/0xffffffff"), MARKED);
    const last = all.map(({ steps }) => steps.findLast(({ hook }) => hook === "POSTROUTING")?.seen.fields.outInterface);
    expect([...new Set(last.map((set) => set?.ranges[0]?.[0]))]).toEqual([out]);
  });

  test("who sent a port unreachable is not told by itself: in raw it has a connection, or none", () => {
    const error = { ...own, protocol: "icmp", icmpType: "3/3", ctstate: "RELATED", mark: "0x0" };
    const all = paths(error, DUMPED("filter", ""));
    expect(all.map((path) => [path.assumptions.map(({ taken }) => taken), ids(path)[0]])).toEqual([
      [["sent by a rule"], "raw:OUTPUT:rule:1"],
      [["sent by udp"], "raw:OUTPUT:policy:2"],
    ]);
    // net unreachable is routing's
    expect(paths({ ...error, icmpType: "3/0" }, DUMPED("filter", "")).map((path) => ids(path)[0])).toEqual([
      "raw:OUTPUT:rule:1",
    ]);
  });
});

// recording t07, c-bcast; br_netfilter_hooks.c br_nf_local_in
describe("the host's own copy of a broadcast", () => {
  const first = {
    ...{ inInterface: "docker0", physdevIn: "v1", macDestination: "ff:ff:ff:ff:ff:ff", source: "172.27.0.2" },
    ...{ destination: "172.27.255.255", protocol: "udp", ctstate: "NEW", ctstatus: "NONE" },
  };
  const dump = (policy: string) =>
    `*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ${policy} [0:0]\n:OUTPUT ACCEPT [0:0]\n-A INPUT -m conntrack --ctstatus CONFIRMED\nCOMMIT\n`;
  const inputOf = (policy: string, kernel: string) => {
    const [path] = paths(first, dump(policy), { ...HOST, kernel });
    return path?.branches.at(-1)?.steps.map(({ id }) => id);
  };
  test("is of a connection that the copies before it have confirmed", () => {
    for (const kernel of ["6.1", "6.18"])
      expect(inputOf("ACCEPT", kernel)).toEqual(["filter:INPUT:rule:1", "filter:INPUT:policy:2"]);
  });
  test("or the bridge itself, since Linux 6.8", () => {
    expect(inputOf("DROP", "6.1")).toEqual(["filter:INPUT:policy:2"]);
    expect(inputOf("DROP", "6.18")).toEqual(["filter:INPUT:rule:1", "filter:INPUT:policy:2"]);
  });
});

// recording t03b, `ping -I v=x`; net/ipv4/netfilter.c ip_route_me_harder
test("a mark sends no packet elsewhere whose socket is bound to its device", () => {
  const dump = `*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A OUTPUT -j MARK --set-xmark 0x1/0xffffffff
COMMIT
`;
  const given = paths({ outInterface: "ext1", source: "10.88.0.1", destination: "10.88.0.9", protocol: "udp" }, dump);
  expect(given.map(({ packet }) => packet.fields.outInterface?.ranges[0]?.[0])).toEqual(["ext1"]);
});

// br_input.c br_handle_frame: is_valid_ether_addr; a walk that the running kernel printed no line of
test.each(["00:00:00:00:00:00", "03:42:00:00:00:02"])("a bridge takes no frame from %s", (macSource) => {
  const given = paths({ inInterface: "docker0", physdevIn: "v1", macSource, destination: "172.27.0.3" });
  expect(given.map(({ verdict, steps }) => [verdict, steps.length])).toEqual([["LOST", 0]]);
});

// br_input.c br_handle_frame_finish: br_fdb_update comes first; a walk that the running kernel ended so
test("a frame to its own source MAC goes nowhere: that is behind the port it came in by", () => {
  const mac = "00:11:22:33:44:55";
  const frame = { inInterface: "docker0", physdevIn: "v1", macSource: mac, macDestination: mac, source: "172.27.0.2" };
  const given = paths({ ...frame, destination: "172.27.0.3", ctstate: "INVALID" });
  expect(given.map(({ lost }) => lost?.reason)).toEqual([
    "the bridge has learnt the MAC behind the port it came in by, and that has no hairpin",
  ]);
});

/** What the differential test has shown of Linux 6.18. */
describe("a packet of this host", () => {
  const RAW = "*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n";
  const INPUT = "*mangle\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n";
  const own = { inInterface: null, source: "10.88.0.1", destination: "172.27.0.1", protocol: "udp", ctstate: "NEW" };
  test("has no socket any more when the loopback brings it back", () => {
    const looped = paths({ ...own, uidOwner: "0" }, `${INPUT}-A INPUT -j ACCEPT\nCOMMIT\n`)[0];
    const [, inbound] = ["OUTPUT", "INPUT"].map(
      (hook) => looped?.steps.find((step) => step.hook === hook)?.seen.fields,
    );
    expect(inbound?.uidOwner?.absent).toBe(true);
  });
  test("that is an error has a connection that no helper expects", () => {
    const error = { ...own, protocol: "icmp", icmpType: "3/3", ctstate: "RELATED", ctdir: "REPLY" };
    const ways = paths(error, `${INPUT}-A OUTPUT -m conntrack --ctstatus EXPECTED -j DROP\nCOMMIT\n`);
    expect(ways.map(({ verdict }) => verdict)).not.toContain("DROP");
  });
  test("to a group leaves by the device that its sender has chosen", () => {
    const group = { ...own, destination: "224.0.0.9", outInterface: "docker0" };
    const host = { ...HOST, route: [{ dst: "224.0.0.0/4", dev: "ext0" }, ...(HOST.route ?? [])] };
    for (const { steps } of paths(group, `${INPUT}-A OUTPUT -j MARK --set-xmark 1\nCOMMIT\n`, host))
      expect(steps[0]?.seen.fields.outInterface?.ranges[0]?.[0]).toBe("docker0");
  });
  test("what keeps packets from conntrack does not need it: pieces are not put together", () => {
    const piece = { inInterface: "ext0", source: "10.88.0.9", destination: "10.88.0.1", protocol: "udp" };
    const first = { ...piece, moreFragments: "1", fragmentOffset: "0" };
    const steps = paths(first, `${RAW}-A OUTPUT -j CT --notrack\nCOMMIT\n`).flatMap((path) => path.steps);
    expect(steps.map(({ hook }) => hook)).toContain("PREROUTING");
    expect(steps.every(({ seen }) => seen.fields.moreFragments?.ranges[0]?.[0] === 1)).toBe(true);
  });
});

test("a source of this network comes in to all only (net/ipv4/route.c ip_route_input_slow, ipv4_is_zeronet)", () => {
  const from = (source: string) =>
    paths({ inInterface: "ext0", source, destination: "172.27.0.2", protocol: "udp", ctstate: "NEW" }).map(
      ({ lost }) => lost?.reason,
    );
  expect(from("0.0.0.1")).toEqual(["a martian source: no host has this address"]);
  expect(from("10.88.0.9")).toEqual([undefined]);
});
