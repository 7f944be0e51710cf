/** What a connection keeps from packet to packet: nf_conntrack_core.c, nf_nat_core.c; semantics 4.2, 6.4. */
import { expect, test } from "vitest";
import { Connections, leftBy } from "../../src/drift/connections.ts";
import { best } from "../../src/drift/fit.ts";
import { Host, packetJson } from "../../src/facts/index.ts";
import { loadDump, toRuleset } from "../../src/model/index.ts";
import { Source } from "../../src/source.ts";
import { parse } from "../../src/syntax/index.ts";
import { readTrace, type TraceEvent } from "../../src/trace/index.ts";
import { group } from "../trace/recordings.ts";

const HOST = new Host({
  kernel: "6.18",
  addr: [
    { ifname: "ext0", addr_info: [{ family: "inet", local: "10.88.0.1", prefixlen: 24 }] },
    { ifname: "lan0", addr_info: [{ family: "inet", local: "10.9.0.1", prefixlen: 24 }] },
  ],
  route: [
    { dst: "10.88.0.0/24", dev: "ext0", prefsrc: "10.88.0.1" },
    { dst: "10.9.0.0/24", dev: "lan0", prefsrc: "10.9.0.1" },
  ],
  conntrack: [],
  sysctl: { "net.ipv4.ip_forward": "1" },
});
const worldOf = (dump: string) => ({
  ruleset: toRuleset([loadDump(parse(new Source("t.save", dump)), HOST)]),
  host: HOST,
});
/** The packets of a log as they entered, each found by the walks of those before it. */
function enteredBy(dump: string, events: readonly TraceEvent[]) {
  const world = worldOf(dump);
  const connections = new Connections(world);
  return group(events).map((traced) => {
    const entered = connections.enter(traced);
    const { path, divergence } = best(world.ruleset, HOST, { entered, events: traced.events });
    if (path && !divergence) connections.keep(entered, leftBy(path, entered));
    return { json: packetJson(entered.packet), attached: entered.attached, explained: !divergence };
  });
}
const read = (...lines: string[]) => readTrace(lines.map((line) => `${line}\n`).join("")).events;
const HEAD = "LEN=40 TOS=0x00 PREC=0x00 TTL=64 ID=7 ";
const TCP = "RES=0x00 WINDOW=9 ";
const ip = (id: string, way: string, rest: string) => `TRACE: ${id} ${way} ${rest}`;

const MASQUERADED = `*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A PREROUTING -j TRACE
COMMIT
*mangle
:PREROUTING ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
-A FORWARD -p tcp -m tcp --tcp-flags SYN SYN -j CONNMARK --set-xmark 0x7/0xffffffff
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A POSTROUTING -o ext0 -j SNAT --to-source 10.88.0.77
COMMIT
`;
const ASKED = "SRC=10.9.0.2 DST=10.88.0.9";
const SYN = `PROTO=TCP SPT=5000 DPT=80 SEQ=1 ACK=0 ${TCP}SYN URGP=0 `;
const LOG = read(
  ip("raw:PREROUTING:policy:2", "IN=lan0 OUT= MAC=", `${ASKED} ${HEAD}${SYN}`),
  ip("mangle:PREROUTING:policy:1", "IN=lan0 OUT= MAC=", `${ASKED} ${HEAD}${SYN}`),
  ip("nat:PREROUTING:policy:1", "IN=lan0 OUT= MAC=", `${ASKED} ${HEAD}${SYN}`),
  ip("mangle:FORWARD:rule:1", "IN=lan0 OUT=ext0 MAC=", `${ASKED} ${HEAD.replace("64", "63")}${SYN}`),
  ip("mangle:FORWARD:policy:2", "IN=lan0 OUT=ext0 MAC=", `${ASKED} ${HEAD.replace("64", "63")}${SYN}`),
  ip("nat:POSTROUTING:rule:1", "IN=lan0 OUT=ext0 MAC=", `${ASKED} ${HEAD.replace("64", "63")}${SYN}`),
  // the reply as it comes in: dropped here, no line shows what it would be translated to
  ip(
    "raw:PREROUTING:policy:2",
    "IN=ext0 OUT= MAC=",
    `SRC=10.88.0.9 DST=10.88.0.77 ${HEAD}PROTO=TCP SPT=80 DPT=5000 SEQ=1 ACK=2 ${TCP}ACK SYN URGP=0 `,
  ),
);

test("the reply to what SNAT made of a packet is found, and has the mark that the packet left", () => {
  const [first, reply] = enteredBy(MASQUERADED, LOG);
  expect(first?.explained).toBe(true);
  expect(first?.json).toMatchObject({ ctstate: "NEW", ctmark: "0x0" });
  expect(reply?.json).toMatchObject({
    ctstate: "ESTABLISHED",
    ctdir: "REPLY",
    ctmark: "0x7",
    ctrepldst: "10.88.0.77",
    ctorigsrc: "10.9.0.2",
  });
});

test("nothing is read from numbers, kinds or chains of lines", () => {
  const { ruleset } = worldOf(MASQUERADED);
  const states = (events: readonly TraceEvent[]) => {
    const connections = new Connections({ ruleset, host: HOST });
    return group(events).map((traced) => packetJson(connections.enter(traced).packet));
  };
  const expected = states(LOG);
  for (const at of LOG.keys())
    for (const change of [{ number: 99, id: "x" }, { kind: "return" }])
      expect(states(LOG.map((event, i) => (i === at ? ({ ...event, ...change } as TraceEvent) : event)))).toEqual(
        expected,
      );
});

const FILTERED = (rule: string) => `*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A PREROUTING -j TRACE
-A OUTPUT -m conntrack --ctstate RELATED
-A OUTPUT -j TRACE
COMMIT
*filter
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
${rule}COMMIT
`;
const UDP = "SRC=10.9.0.2 DST=10.9.0.1 LEN=40 TOS=0x00 PREC=0x00 TTL=64 ID=7 PROTO=UDP SPT=5 DPT=6 LEN=20 ";
const ERROR = `SRC=10.9.0.1 DST=10.9.0.2 LEN=68 TOS=0x00 PREC=0xC0 TTL=64 ID=8 PROTO=ICMP TYPE=3 CODE=3 [${UDP}] `;

test.each([
  ["udp lets go of the connection before it says that a port is closed: net/ipv4/udp.c __udp4_lib_rcv", "", false],
  [
    "a rule's error carries it: net/ipv4/netfilter/nf_reject_ipv4.c, nf_ct_attach",
    "-A INPUT -p udp -j REJECT --reject-with icmp-port-unreachable\n",
    true,
  ],
])("%s", (_, rule, attached) => {
  const [, error] = enteredBy(
    FILTERED(rule),
    read(
      ip("raw:PREROUTING:policy:2", "IN=lan0 OUT= MAC=", UDP),
      ip(`filter:INPUT:${rule === "" ? "policy" : "rule"}:1`, "IN=lan0 OUT= MAC=", UDP),
      ip("raw:OUTPUT:policy:3", "IN= OUT=lan0", ERROR),
      ip("filter:OUTPUT:policy:1", "IN= OUT=lan0", ERROR),
    ),
  );
  expect(error).toMatchObject({ attached, explained: true, json: { ctstate: "RELATED" } });
});

test("a connection whose first packet is dropped behind conntrack is not kept: the next opens it again", () => {
  const twice = [
    ip(
      "raw:OUTPUT:policy:3",
      "IN= OUT=lan0",
      UDP.replace("10.9.0.2", "10.9.0.1").replace("DST=10.9.0.1", "DST=10.9.0.9"),
    ),
    ip(
      "filter:OUTPUT:rule:1",
      "IN= OUT=lan0",
      UDP.replace("10.9.0.2", "10.9.0.1").replace("DST=10.9.0.1", "DST=10.9.0.9"),
    ),
  ];
  const dump = FILTERED("-A OUTPUT -m connmark --mark 0x0/0x6 -j DROP\n");
  // as the kernel did: the line of the rule is there for either
  for (const each of enteredBy(dump, read(...twice, ...twice.map((line) => line.replace("ID=7", "ID=8")))))
    expect(each).toMatchObject({ explained: true, json: { ctstate: "NEW", ctstatus: "NONE", ctmark: "0x0" } });
});

test("an error of this host's about a first packet that was lost on its way has that one's connection and mark", () => {
  const asked = `SRC=10.9.0.2 DST=10.88.0.9 LEN=40 TOS=0x00 PREC=0x00 TTL=1 ID=7 PROTO=UDP SPT=5 DPT=6 LEN=20 `;
  const error = `SRC=10.9.0.1 DST=10.9.0.2 LEN=68 TOS=0x00 PREC=0xC0 TTL=64 ID=8 PROTO=ICMP TYPE=11 CODE=0 [${asked}] `;
  const [, about] = enteredBy(
    FILTERED("-A OUTPUT -m connmark --mark 0x0/0xff\n"),
    read(
      ip("raw:PREROUTING:policy:2", "IN=lan0 OUT= MAC=", asked),
      ip("raw:OUTPUT:rule:2", "IN= OUT=lan0", error),
      ip("raw:OUTPUT:policy:4", "IN= OUT=lan0", error),
      ip("filter:OUTPUT:rule:1", "IN= OUT=lan0", error),
      ip("filter:OUTPUT:policy:2", "IN= OUT=lan0", error),
    ),
  );
  expect(about).toMatchObject({ json: { ctstate: "RELATED", ctmark: "0x0" } });
});

test("what raw queues conntrack has not seen: a reply that is queued answers nothing", () => {
  const dump = MASQUERADED.replace("COMMIT", "-A PREROUTING -p icmp -m icmp --icmp-type 0 -j NFQUEUE\nCOMMIT");
  const echo = (type: number, id: number) =>
    `${HEAD.replace("ID=7", `ID=${id}`)}PROTO=ICMP TYPE=${type} CODE=0 ID=4 SEQ=1 `;
  const packets = enteredBy(
    dump,
    read(
      ip("raw:PREROUTING:policy:3", "IN=lan0 OUT= MAC=", `SRC=10.9.0.2 DST=10.9.0.9 ${echo(8, 7)}`),
      ip("raw:PREROUTING:rule:2", "IN=lan0 OUT= MAC=", `SRC=10.9.0.9 DST=10.9.0.2 ${echo(0, 8)}`),
      ip("raw:PREROUTING:policy:3", "IN=lan0 OUT= MAC=", `SRC=10.9.0.2 DST=10.9.0.9 ${echo(8, 9)}`),
    ),
  );
  expect(packets.map(({ json }) => json["ctstate"])).toEqual(["NEW", "ESTABLISHED", "NEW"]);
});

const DATAGRAM = (way: string, id: number) =>
  `${way} LEN=28 TOS=0x00 PREC=0x00 TTL=64 ID=${id} PROTO=UDP SPT=${way === ASKED_BY_HOST ? "5 DPT=6" : "6 DPT=5"} LEN=8 `;
const ASKED_BY_HOST = "SRC=10.9.0.1 DST=10.9.0.9";
const ANSWER = "SRC=10.9.0.9 DST=10.9.0.1";

test("a reply that a rule in raw may drop is one that conntrack has missed, where its lines end there", () => {
  const dump = FILTERED("").replace("COMMIT", "-A PREROUTING -m quota --quota 99 -j DROP\nCOMMIT");
  const own = (id: number) => [
    ip("raw:OUTPUT:policy:3", "IN= OUT=lan0", DATAGRAM(ASKED_BY_HOST, id)),
    ip("filter:OUTPUT:policy:1", "IN= OUT=lan0", DATAGRAM(ASKED_BY_HOST, id)),
  ];
  const packets = enteredBy(
    dump,
    read(...own(7), ip("raw:PREROUTING:rule:2", "IN=lan0 OUT= MAC=", DATAGRAM(ANSWER, 8)), ...own(9)),
  );
  expect(packets.map(({ json }) => json["ctstate"])).toEqual(["NEW", "ESTABLISHED", "NEW"]);
});

test("a reply that a rule keeps from conntrack leaves nothing to the connection: an error about it finds the mark", () => {
  const dump = FILTERED("-A OUTPUT -p icmp -m connmark --mark 0x0/0x6\n").replace(
    "COMMIT",
    "-A PREROUTING -j NOTRACK\nCOMMIT",
  );
  const about = `SRC=10.9.0.1 DST=10.9.0.9 LEN=56 TOS=0x00 PREC=0xC0 TTL=64 ID=9 PROTO=ICMP TYPE=3 CODE=3 [${DATAGRAM(ANSWER, 8)}] `;
  const packets = enteredBy(
    dump,
    read(
      ip("raw:OUTPUT:policy:3", "IN= OUT=lan0", DATAGRAM(ASKED_BY_HOST, 7)),
      ip("filter:OUTPUT:policy:2", "IN= OUT=lan0", DATAGRAM(ASKED_BY_HOST, 7)),
      ip("raw:PREROUTING:rule:2", "IN=lan0 OUT= MAC=", DATAGRAM(ANSWER, 8)),
      ip("raw:PREROUTING:policy:3", "IN=lan0 OUT= MAC=", DATAGRAM(ANSWER, 8)),
      ip("filter:INPUT:policy:1", "IN=lan0 OUT= MAC=", DATAGRAM(ANSWER, 8)),
      ip("raw:OUTPUT:policy:3", "IN= OUT=lan0", about),
      ip("filter:OUTPUT:rule:1", "IN= OUT=lan0", about),
      ip("filter:OUTPUT:policy:2", "IN= OUT=lan0", about),
    ),
  );
  expect(packets[2]).toMatchObject({ explained: true, json: { ctstate: "RELATED", ctmark: "0x0" } });
});

test.each([
  ["a rule's chance has kept the reply from conntrack: what answers it opens", "rule:2", "NEW"],
  ["it has not", "policy:3", "ESTABLISHED"],
])("%s", (_, way, ctstate) => {
  const dump = `*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A PREROUTING -j TRACE
-A PREROUTING -m connlimit --connlimit-upto 16 --connlimit-mask 32 --connlimit-saddr -j CT --notrack
-A OUTPUT -j TRACE
COMMIT
*filter
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
COMMIT
`;
  const there = UDP.replace("10.9.0.2", "10.9.0.1").replace("DST=10.9.0.1", "DST=10.9.0.2");
  const asked = (number: number) => [
    ip("raw:OUTPUT:policy:2", "IN= OUT=lan0", there.replace("ID=7", `ID=${number}`)),
    ip("filter:OUTPUT:policy:1", "IN= OUT=lan0", there.replace("ID=7", `ID=${number}`)),
  ];
  const back = UDP.replace("SPT=5 DPT=6", "SPT=6 DPT=5");
  const answered = [
    ...(way === "rule:2" ? [ip("raw:PREROUTING:rule:2", "IN=lan0 OUT= MAC=", back)] : []),
    ip("raw:PREROUTING:policy:3", "IN=lan0 OUT= MAC=", back),
    ip("filter:INPUT:policy:1", "IN=lan0 OUT= MAC=", back),
  ];
  // as the kernel did (Linux 6.18) to a SYN and ACK: the reset that answered it was NEW
  const [, , last] = enteredBy(dump, read(...asked(1), ...answered, ...asked(2)));
  expect(last).toMatchObject({ explained: true, json: { ctstate } });
});

// the order of lines is that of Linux 6.18.44; net/netfilter/nf_synproxy_core.c, nf_conntrack_proto_tcp.c tcp_conntracks
test("SYNPROXY answers in the server's place: its packets have a connection in raw, and conntrack sees no reply", () => {
  const dump = FILTERED("-A INPUT -p tcp -j SYNPROXY\n-A OUTPUT -m conntrack --ctstate UNTRACKED\n").replace(
    "COMMIT",
    "-A OUTPUT -j NOTRACK\nCOMMIT",
  );
  const asked = "SRC=10.9.0.2 DST=10.9.0.1 ";
  const ports = "PROTO=TCP SPT=5000 DPT=80 SEQ=1 ACK=0 ";
  const comes = (rest: string) => [
    ip("raw:PREROUTING:policy:2", "IN=lan0 OUT= MAC=", rest),
    ip("filter:INPUT:rule:1", "IN=lan0 OUT= MAC=", rest),
  ];
  const leaves = (out: string, rest: string) => [
    ip("raw:OUTPUT:rule:3", `IN= OUT=${out}`, rest),
    ip("raw:OUTPUT:policy:4", `IN= OUT=${out}`, rest),
    ip("filter:OUTPUT:policy:2", `IN= OUT=${out}`, rest),
  ];
  const to = (id: number, flags: string) => `${asked}${HEAD.replace("ID=7", `ID=${id}`)}${ports}${TCP}${flags} URGP=0 `;
  const answer = (id: number) =>
    `SRC=10.9.0.1 DST=10.9.0.2 ${HEAD.replace("ID=7", `ID=${id}`)}PROTO=TCP SPT=80 DPT=5000 SEQ=9 ACK=2 ${TCP}ACK SYN URGP=0 `;
  const packets = enteredBy(
    dump,
    read(
      ...comes(to(1, "SYN")),
      ...leaves("lan0", answer(2)),
      ...comes(to(3, "ACK")),
      ...leaves("lo", to(4, "SYN")),
      ip("raw:PREROUTING:rule:1", "IN=lo OUT= MAC=", to(4, "SYN")),
      ip("raw:PREROUTING:policy:2", "IN=lo OUT= MAC=", to(4, "SYN")),
      ip("filter:INPUT:rule:1", "IN=lo OUT= MAC=", to(4, "SYN")),
      ...leaves("lan0", answer(5)),
      ...comes(to(6, "ACK PSH")),
    ),
  );
  expect(packets.map(({ json, explained }) => [json["ctstate"], explained])).toEqual([
    ["NEW", true],
    ["ESTABLISHED", true],
    ["NEW", true],
    ["NEW", true],
    ["ESTABLISHED", true],
    ["INVALID", true],
  ]);
  // its SYN-ACK has the client's connection, which nothing has confirmed
  expect(packets[1]?.json["ctstatus"]).toBe("NONE");
});

test("SYNPROXY's SYN to a server that does not answer: what the client sends then has no connection, and no DNAT", () => {
  const dump = `${FILTERED("-A INPUT -p tcp -j SYNPROXY\n")}*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A OUTPUT -p tcp -j DNAT --to-destination 10.88.0.9
COMMIT
`;
  const packet = (id: number, flags: string) =>
    `SRC=10.9.0.2 DST=10.9.0.1 ${HEAD.replace("ID=7", `ID=${id}`)}PROTO=TCP SPT=5000 DPT=80 SEQ=1 ACK=0 ${TCP}${flags} URGP=0 `;
  const comes = (...given: [id: number, flags: string]) => [
    ip("raw:PREROUTING:policy:2", "IN=lan0 OUT= MAC=", packet(...given)),
    ip("filter:INPUT:rule:1", "IN=lan0 OUT= MAC=", packet(...given)),
  ];
  const opens = (...given: [id: number, flags: string]) => {
    const [first, second] = comes(...given);
    return [first ?? "", ip("nat:PREROUTING:policy:1", "IN=lan0 OUT= MAC=", packet(...given)), second ?? ""];
  };
  const packets = enteredBy(
    dump,
    read(
      ...opens(1, "SYN"),
      ...opens(3, "ACK"),
      ip("raw:OUTPUT:policy:3", "IN= OUT=lo", packet(4, "SYN")),
      ip("nat:OUTPUT:rule:1", "IN= OUT=lo", packet(4, "SYN")),
      ip("filter:OUTPUT:policy:1", "IN= OUT=lo", packet(4, "SYN").replace("DST=10.9.0.1", "DST=10.88.0.9")),
      ...comes(6, "ACK PSH"),
    ),
  );
  expect(packets.map(({ json, explained }) => [json["ctstate"], explained])).toEqual([
    ["NEW", true],
    ["NEW", true],
    ["NEW", true],
    ["INVALID", true],
  ]);
});

// Linux 6.18 does so in both cases: test/kernel/walk; nf_conntrack_proto_icmp.c nf_conntrack_inet_error
test("what source NAT has made of a packet is no tuple of its connection, but errors about it are the connection's", () => {
  const reset = `SRC=10.88.0.77 DST=10.88.0.9 ${HEAD.replace("ID=7", "ID=9")}PROTO=TCP SPT=5000 DPT=80 SEQ=2 ACK=0 ${TCP}RST URGP=0 `;
  const about = (inner: string) =>
    ip(
      "raw:PREROUTING:policy:2",
      "IN=ext0 OUT= MAC=",
      `SRC=10.88.0.9 DST=10.88.0.77 LEN=68 TOS=0x00 PREC=0xC0 TTL=64 ID=8 PROTO=ICMP TYPE=3 CODE=3 [${inner} ${HEAD}${SYN}] `,
    );
  const states = (line: string) =>
    enteredBy(MASQUERADED, [...LOG.slice(0, 6), ...read(line)]).map(({ json }) => [json["ctstate"], json["ctdir"]])[1];
  expect(states(ip("raw:OUTPUT:policy:1", "IN= OUT=ext0", reset))).toEqual(["INVALID", undefined]);
  expect(states(about("SRC=10.88.0.77 DST=10.88.0.9"))).toEqual(["RELATED", "REPLY"]);
  expect(states(about(ASKED))).toEqual(["INVALID", undefined]);
});

test.each([
  ["conntrack refuses has none: UDP-Lite's checksum is wrong to it", "UDPLITE", "INVALID"],
  ["NAT has readdressed on no line has that one's", "UDP", "RELATED"],
])("an error of this host's about a first packet that %s", (_, protocol, ctstate) => {
  const dump = `${FILTERED("")}*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p udp -j DNAT --to-destination 10.88.0.9\nCOMMIT\n`;
  const asked = (to: string) =>
    `SRC=10.9.0.2 DST=${to} LEN=40 TOS=0x00 PREC=0x00 TTL=1 ID=7 PROTO=${protocol} SPT=5 DPT=6 LEN=20 `;
  const isNatted = protocol === "UDP";
  const inner = asked(isNatted ? "10.88.0.9" : "10.88.0.5");
  const error = `SRC=10.9.0.1 DST=10.9.0.2 LEN=68 TOS=0x00 PREC=0xC0 TTL=64 ID=8 PROTO=ICMP TYPE=11 CODE=0 [${inner}] `;
  const nat = isNatted ? [ip("nat:PREROUTING:rule:1", "IN=lan0 OUT= MAC=", asked("10.88.0.5"))] : [];
  const [first, about] = enteredBy(
    dump,
    read(
      ip("raw:PREROUTING:policy:2", "IN=lan0 OUT= MAC=", asked("10.88.0.5")),
      ...nat,
      ip("raw:OUTPUT:policy:4", "IN= OUT=lan0", error),
    ),
  );
  expect(first?.explained).toBe(true);
  expect(about?.json).toMatchObject({ ctstate });
});

// nf_conntrack_proto_tcp.c tcp_conntracks; Linux 6.18 does so where SNPT has hidden the answer from conntrack (test/kernel/walk)
test("an ACK behind a SYN whose answer conntrack has not seen is INVALID", () => {
  const goesOn = (flags: string) =>
    ip(
      "raw:PREROUTING:policy:2",
      "IN=lan0 OUT= MAC=",
      `${ASKED} ${HEAD.replace("ID=7", "ID=8")}PROTO=TCP SPT=5000 DPT=80 SEQ=2 ACK=2 ${TCP}${flags} URGP=0 `,
    );
  const state = (flags: string) =>
    enteredBy(MASQUERADED, [...LOG.slice(0, 6), ...read(goesOn(flags))])[1]?.json["ctstate"];
  expect(["ACK", "ACK PSH", "SYN", "RST"].map(state)).toEqual(["INVALID", "INVALID", "NEW", "NEW"]);
});

// Linux 6.18 (test/kernel/walk); nf_conntrack_core.c nf_ct_attach: only of what a rule kept from conntrack is there a mark on it
test.each([
  ["kept from conntrack: NOTRACK leaves it alone, and it has no connection", "-A PREROUTING -j NOTRACK\n", "INVALID"],
  ["of a connection: it has that one", "", "RELATED"],
])("a rule's error about a packet that was %s", (_, rule, ctstate) => {
  const dump = FILTERED("-A INPUT -p udp -j REJECT\n-A OUTPUT -m conntrack --ctstate UNTRACKED\n")
    .replace("-A OUTPUT -m conntrack --ctstate RELATED\n", "")
    .replace("COMMIT", `-A OUTPUT -j NOTRACK\n${rule}COMMIT`);
  const isKept = rule !== "";
  const [, error] = enteredBy(
    dump,
    read(
      ...(isKept ? [ip("raw:PREROUTING:rule:2", "IN=lan0 OUT= MAC=", UDP)] : []),
      ip(`raw:PREROUTING:policy:${isKept ? 3 : 2}`, "IN=lan0 OUT= MAC=", UDP),
      ip("filter:INPUT:rule:1", "IN=lan0 OUT= MAC=", UDP),
      ip("raw:OUTPUT:rule:2", "IN= OUT=lan0", ERROR),
      ip("raw:OUTPUT:policy:3", "IN= OUT=lan0", ERROR),
      ip("filter:OUTPUT:policy:2", "IN= OUT=lan0", ERROR),
    ),
  );
  expect(error).toMatchObject({ explained: true, attached: isKept ? "nothing" : true, json: { ctstate } });
});

// nf_nat_core.c nf_nat_l4proto_unique_tuple; Linux 6.18 does so (test/kernel/walk)
test("NAT to a port gives an ICMP packet another id: the answer to that is found", () => {
  const dump = MASQUERADED.replace(
    "-o ext0 -j SNAT --to-source 10.88.0.77",
    "-p icmp -j SNAT --to-source 10.88.0.77:40005",
  );
  const echo = (type: number, id: number) => `${HEAD}PROTO=ICMP TYPE=${type} CODE=0 ID=${id} SEQ=1 `;
  const asked = `${ASKED} ${echo(8, 4)}`;
  const forwarded = asked.replace("TTL=64", "TTL=63");
  const states = (id: number) =>
    enteredBy(
      dump,
      read(
        ip("raw:PREROUTING:policy:2", "IN=lan0 OUT= MAC=", asked),
        ip("mangle:PREROUTING:policy:1", "IN=lan0 OUT= MAC=", asked),
        ip("nat:PREROUTING:policy:1", "IN=lan0 OUT= MAC=", asked),
        ip("mangle:FORWARD:policy:2", "IN=lan0 OUT=ext0 MAC=", forwarded),
        ip("nat:POSTROUTING:rule:1", "IN=lan0 OUT=ext0 MAC=", forwarded),
        ip("raw:PREROUTING:policy:2", "IN=ext0 OUT= MAC=", `SRC=10.88.0.9 DST=10.88.0.77 ${echo(0, id)}`),
      ),
    ).map(({ json }) => json["ctstate"]);
  expect(states(40005)).toEqual(["NEW", "ESTABLISHED"]);
  expect(states(4)).toEqual(["NEW", "INVALID"]);
});

// net/ipv6/udp.c __udp6_lib_rcv: nf_reset_ct; Linux 6.18 does so (test/kernel/walk)
test("udp's error about a packet that NPT has rewritten in INPUT is nobody's: udp has let go of the connection", () => {
  const six = `# Generated by ip6tables-save v1.8.9
*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A PREROUTING -j TRACE
COMMIT
*mangle
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -j SNPT --src-pfx fd00:2::/32 --dst-pfx fd00:1::/48
-A OUTPUT -m conntrack --ctstate RELATED
COMMIT
`;
  const packet = (source: string) =>
    `SRC=${source} DST=fd00:9::1 LEN=60 TC=0 HOPLIMIT=64 FLOWLBL=7 PROTO=UDP SPT=5 DPT=6 LEN=20 `;
  const error = `SRC=fd00:9::1 DST=fd00:1:0:1::2 LEN=108 TC=0 HOPLIMIT=64 FLOWLBL=8 PROTO=ICMPv6 TYPE=1 CODE=4 [${packet("fd00:1:0:1::2")}] `;
  const [first, about] = enteredBy(
    six,
    read(
      ip("raw:PREROUTING:policy:2", "IN=lan0 OUT= MAC=", packet("fd00:2::2")),
      ip("mangle:INPUT:rule:1", "IN=lan0 OUT= MAC=", packet("fd00:2::2")),
      ip("mangle:INPUT:policy:2", "IN=lan0 OUT= MAC=", packet("fd00:1:0:1::2")),
      ip("raw:OUTPUT:policy:1", "IN= OUT=lan0", error),
    ),
  );
  expect(first?.explained).toBe(true);
  expect(about?.json).toMatchObject({ ctstate: "INVALID" });
});
