/** Lines of both monitors of iptables-nft, from recordings t05a to t05e and from their sources. */
import { describe, expect, test } from "vitest";
import { readAddress, readMac } from "../../src/facts/index.ts";
import { readTrace } from "../../src/trace/index.ts";
import { bytes, has, list, packetsOf } from "./recordings.ts";

const IN = "IN=docker0 MACSRC=2:42:ac:1b:0:2 MACDST=2:42:ac:1b:0:3 MACPROTO=0800 SRC=172.27.0.2 DST=172.27.0.3";
const XTABLES = [
  `PACKET: 2 1c870bb9 ${IN} LEN=60 TOS=0x10 TTL=64 ID=4429 DF SPORT=40001 DPORT=5001 SYN MARK=0x2a `,
  ' TRACE: 2 1c870bb9 filter:FORWARD:rule:0x1b:JUMP:a:b  -4 -t filter -A FORWARD -m comment --comment "x:rule:0x1:DROP  -4" -j a:b',
  " TRACE: 2 1c870bb9 filter:a:b:rule:0x1f:0xfffffffb  -4 -t filter -A a:b -j RETURN",
  " TRACE: 2 1c870bb9 filter:FORWARD:rule:0x20:0x38003  -4 -t filter -A FORWARD -j NFQUEUE --queue-num 3 --queue-bypass",
  " TRACE: 2 1c870bb9 filter:FORWARD:policy:DROP ",
];

describe("xtables-monitor", () => {
  const { events, reader } = readTrace(XTABLES.join("\n"));

  test("a line with the packet tells the fields of those that follow", () => {
    expect(reader).toMatchObject({ lines: 5, unread: 0, foreign: 0 });
    expect(events.map(({ line }) => line)).toEqual([2, 3, 4, 5]);
    expect(events[0]?.values).toMatchObject({
      inInterface: "docker0",
      outInterface: null,
      macSource: readMac("02:42:ac:1b:00:02"),
      source: readAddress("172.27.0.2"),
      destination: readAddress("172.27.0.3"),
      protocol: 6,
      sourcePort: 40001,
      tcpFlags: 2,
      length: 60,
      tos: 16,
      ttl: 64,
      ipId: 4429,
      dontFragment: 1,
      mark: 42,
    });
    expect(events[0]?.values).not.toHaveProperty("physdevIn");
  });

  test("what rules may have changed since is not told", () => {
    for (const name of ["mark", "ttl", "tos"]) expect(events[1]?.values).not.toHaveProperty(name);
    expect(events[1]?.values).toMatchObject({ protocol: 6, sourcePort: 40001 });
  });

  test("ids from the left, verdicts by name", () => {
    expect(events).toMatchObject([
      { table: "filter", chain: "FORWARD", kind: "rule", nft: { handle: 27, verdict: "JUMP a:b", first: true } },
      { table: "filter", chain: "a:b", nft: { handle: 31, verdict: "RETURN", rule: "-A a:b -j RETURN", first: false } },
      { chain: "FORWARD", nft: { verdict: "QUEUE" } },
      { chain: "FORWARD", kind: "policy", nft: { handle: null, verdict: "DROP" } },
    ]);
  });

  test("a frame's header is printed byte by byte, signed", () => {
    // recording t05c
    const head = "PACKET: 7 364a30f3 IN=vethc1 OUT=vethc2 MACSRC=2:42:ac:1b:0:2 MACDST=2:42:ac:1b:0:3 MACPROTO=0800";
    const network = "45000054ffffffc3ffffffb2400040011effffffbbffffffac1b0002ffffffac1b0003";
    const read = readTrace(`${head} NH=${network}\n TRACE: 7 364a30f3 nat:PREROUTING:rule:0x2:CONTINUE  \n`);
    expect(read.events).toMatchObject([
      {
        layer: "bridge",
        prefix: "TRACE: eb:nat:PREROUTING:rule:0x2",
        nft: { table: "nat", chain: "PREROUTING", handle: 2, rule: "" },
        values: {
          physdevIn: "vethc1",
          physdevOut: "vethc2",
          etherType: 0x0800,
          protocol: 1,
          ttl: 64,
          ipId: 0xc3b2,
          length: 84,
          source: readAddress("172.27.0.2"),
          destination: readAddress("172.27.0.3"),
        },
      },
    ]);
  });

  test("a later fragment has no ports, whatever is printed", () => {
    const line = `PACKET: 2 bc9bb724 ${IN} LEN=44 TOS=0x0 TTL=64 ID=12289 FRAG:3 SPORT=30840 DPORT=30840 `;
    const read = readTrace(`${line}\n TRACE: 2 bc9bb724 raw:PREROUTING:policy:ACCEPT \n`);
    expect(read.events[0]?.values).toMatchObject({ fragmentOffset: 3 });
    expect(read.events[0]?.values).not.toHaveProperty("sourcePort");
  });

  test("a line of a packet that nothing told of is unread", () => {
    const { reader: alone } = readTrace(" TRACE: 2 1c870bb9 filter:FORWARD:policy:DROP \n");
    expect(alone).toMatchObject({ lines: 0, unread: 1 });
  });

  test("a LOG prefix that imitates its lines is none of them", () => {
    const log = "IN=lo OUT= MAC=00 SRC=1.2.3.4 DST=1.2.3.4 LEN=28 TOS=0x00 PREC=0x00 TTL=64 ID=1 PROTO=2 ";
    const { reader: read } = readTrace(`${XTABLES[0]}\n TRACE: 2 1c870bb9 f:a:policy:D${log}\n`);
    expect(read).toMatchObject({ lines: 1, unread: 1 });
  });
});

describe("nft monitor", () => {
  const packet = 'packet: iif "docker0" oif "br:0" ether saddr 02:42:ac:1b:00:02 ether daddr 02:42:ac:1b:00:03';
  const ip = "ip saddr 172.27.0.2 ip daddr 172.27.0.3 ip dscp af21 ip ecn ect0 ip ttl 64 ip id 0 ip length 60";
  const head = (rest: string) => `trace id 8095202a ip filter FORWARD ${rest}`;

  test("tcp", () => {
    const { events, reader } = readTrace(
      [
        head(`${packet} ${ip} tcp sport 80 tcp dport 50928 tcp flags == 0x12 tcp window 65160 `),
        head('rule iifname "docker0" counter packets 0 bytes 0 jump DOCKER # handle 13 (verdict jump DOCKER)'),
        head("policy drop meta mark 0x0000002a "),
      ].join("\n"),
    );
    expect(reader).toMatchObject({ lines: 3, unread: 0 });
    expect(events).toMatchObject([
      {
        table: "filter",
        chain: "FORWARD",
        nft: { handle: 13, verdict: "JUMP DOCKER", words: "nft", first: true },
        values: { outInterface: "br:0", protocol: 6, sourcePort: 80, tcpFlags: 18, tos: 0x4a, length: 60 },
      },
      { kind: "policy", nft: { verdict: "DROP" }, values: { mark: 42 } },
    ]);
  });

  test.each([
    ["icmp type echo-request icmp code net-unreachable icmp id 4039 icmp sequence 1 @th,64,96 0xa3", 0x800],
    ["icmp type 8 icmp code 0 icmp id 4039 icmp sequence 1", 0x800],
    ["icmp type destination-unreachable icmp code port-unreachable", 0x303],
  ])("%s", (words, icmpType) => {
    const { events } = readTrace(`${head(`${packet} ${ip} ${words} `)}\n${head("policy accept ")}\n`);
    expect(events[0]?.values).toMatchObject({ protocol: 1, icmpType });
  });

  test("icmpv6: the payload's length is printed", () => {
    const six = "ip6 saddr fd27::2 ip6 daddr fd88::9 ip6 dscp cs0 ip6 ecn not-ect ip6 hoplimit 64 ip6 flowlabel 862846";
    const rest = "ip6 length 64 icmpv6 type echo-request icmpv6 code no-route icmpv6 parameter-problem 288751617";
    const line = (text: string) => `trace id a9601ab8 ip6 raw PREROUTING ${text}`;
    const { events } = readTrace(`${line(`${packet} ${six} ${rest} `)}\n${line("policy accept ")}\n`);
    expect(events[0]).toMatchObject({
      family: "ipv6",
      values: { length: 104, protocol: 58, icmpType: 0x8000, ttl: 64, flowLabel: 862846 },
    });
  });
});

const LOGS = list("recordings").flatMap((name) =>
  name.startsWith("t05")
    ? list(`recordings/${name}`)
        .filter((file) => file.endsWith(".trace"))
        .map((file) => [name, file])
    : [],
) as [string, string][];

describe.skipIf(!has("recordings"))("recordings of both monitors", () => {
  test.each(LOGS)("%s/%s: every line is read, but for what the monitor itself broke off", (name, file) => {
    const { reader, events } = readTrace(bytes(`recordings/${name}/${file}`));
    expect(reader).toMatchObject({ unread: 0, foreign: 0 });
    const lines = bytes(`recordings/${name}/${file}`)
      .split("\n")
      .filter((line) => line !== "");
    expect(reader.lines).toBe(lines.length);
    expect(events).toHaveLength(lines.filter((line) => !/^PACKET: | packet: /.test(line)).length);
  });

  test("a packet is a packet in whatever words it is printed", () => {
    for (const name of ["t05a-nft-kinds", "t05b-nft-docker", "t05c-nft-bridge-trace"]) {
      const [xtables, nft, numeric] = ["xtables-monitor", "nft-monitor", "nft-nn-monitor"].map((file) =>
        packetsOf(bytes(`recordings/${name}/${file}.trace`)).map(({ events }) =>
          events.map((event) => [
            event.layer === "ip" ? `${event.table}:${event.chain}` : event.nft?.chain,
            event.nft?.verdict,
            event.values.source,
            event.values.destination,
          ]),
        ),
      );
      expect(nft).toEqual(xtables);
      expect(numeric).toEqual(xtables);
    }
  });
});
