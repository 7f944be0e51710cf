import { describe, expect, test } from "vitest";
import { readAddress, readMac } from "../../src/facts/index.ts";
import { type BridgeEvent, type IpEvent, readTrace, timeOf } from "../../src/trace/index.ts";
import { bytes, has, list } from "./recordings.ts";

const ip = (line: string) => readTrace(line).events[0] as IpEvent;
const frame = (line: string) => readTrace(line).events[0] as BridgeEvent;
const TCP = (ports: string) => `LEN=60 TOS=0x18 PREC=0xA0 TTL=63 ID=7 DF PROTO=TCP ${ports}`;
const WAY = "IN=eth0 OUT= MAC=02:42:ff:27:17:4d:02:42:c0:a8:00:02:08:00 SRC=10.0.0.1 DST=10.0.0.2";

describe("ids, read from the right", () => {
  test.each([
    ["raw:a:b:return:1", "raw", "a:b", "return", 1],
    ["raw:has:rule:1:return:1", "raw", "has:rule:1", "return", 1],
    ["filter:rule:rule:12", "filter", "rule", "rule", 12],
    ['mangle:x=",[:policy:2', "mangle", 'x=",[', "policy", 2],
  ])("%s", (id, table, chain, kind, number) => {
    const line = `TRACE: ${id} IN= OUT=lo SRC=127.0.0.1 DST=127.0.0.1 LEN=28 TOS=0x00 PREC=0x00 TTL=64 ID=1 PROTO=2 `;
    expect(ip(line)).toMatchObject({ id, table, chain, kind, number, family: "ipv4", line: 1, text: line });
  });
});

describe("IPv4", () => {
  // recordings t02a, t02b: udp-ipopt-lsrr, udp-badlen
  test("IP options by their numbers, and the length that the udp header says", () => {
    const { values } = ip(
      `TRACE: raw:PREROUTING:policy:2 ${WAY} LEN=41 TOS=0x00 PREC=0x00 TTL=64 ID=4097 OPT (8307040A59004D00) PROTO=UDP SPT=40015 DPT=5000 LEN=3 `,
    );
    expect(values).toMatchObject({ ipOptions: (1n << 131n) | 1n, length: 41, udpLength: 3 });
  });
  test("tcp: ACK= is a field, ACK a flag; the type of service but for its lowest bit", () => {
    const { values } = ip(
      `TRACE: raw:PREROUTING:policy:2 ${WAY} ${TCP("SPT=80 DPT=4000 SEQ=5 ACK=6 WINDOW=64 RES=0x00 ACK SYN URGP=0 OPT (0204) ")}`,
    );
    expect(values).toMatchObject({
      inInterface: "eth0",
      outInterface: null,
      physdevIn: null,
      source: readAddress("10.0.0.1"),
      protocol: 6,
      sourcePort: 80,
      destinationPort: 4000,
      seq: 5,
      ack: 6,
      tcpFlags: 2 | 16,
      tosEven: 0xb8,
      ttl: 63,
      length: 60,
      ipId: 7,
      fragmentOffset: 0,
      mark: 0,
      macSource: readMac("02:42:c0:a8:00:02"),
      macDestination: readMac("02:42:ff:27:17:4d"),
    });
    expect(values.uidOwner).toBeUndefined();
    expect(values.tos).toBeUndefined();
  });

  test("udp has a second LEN=, echo a second ID=", () => {
    const udp = ip(
      `TRACE: raw:PREROUTING:policy:2 ${WAY} LEN=31 TOS=0x00 PREC=0x00 TTL=64 ID=7 PROTO=UDP SPT=1 DPT=2 LEN=11 `,
    );
    expect(udp.values).toMatchObject({ length: 31, ipId: 7, sourcePort: 1, destinationPort: 2 });
    const echo = ip(
      `TRACE: raw:OUTPUT:rule:1 IN= OUT=lo SRC=127.0.0.1 DST=127.0.0.1 LEN=84 TOS=0x00 PREC=0x00 TTL=64 ID=9 DF PROTO=ICMP TYPE=8 CODE=0 ID=30 SEQ=2 UID=5 GID=6 MARK=0x2a `,
    );
    expect(echo.values).toMatchObject({
      ipId: 9,
      icmpId: 30,
      icmpSeq: 2,
      icmpType: 2048,
      uidOwner: 5,
      gidOwner: 6,
      mark: 42,
    });
    expect(echo.values.macSource).toBeUndefined();
  });

  test("an ICMP error holds another packet, and may hold a bracket in that", () => {
    const inner = "SRC=10.0.0.2 DST=10.0.0.1 LEN=32 TOS=0x00 PREC=0x00 TTL=63 ID=11 DF PROTO=UDP SPT=5 DPT=9 LEN=12 ";
    const rest = "LEN=60 TOS=0x00 PREC=0xC0 TTL=64 ID=4 PROTO=ICMP TYPE=3 CODE=4";
    const { values } = ip(`TRACE: raw:PREROUTING:policy:2 ${WAY} ${rest} [${inner}] MTU=1400 MARK=0x1 `);
    expect(values).toMatchObject({
      ipId: 4,
      icmpType: 772,
      innerText: inner,
      mark: 1,
      inner: { ipId: 11, sourcePort: 5 },
    });
    const cut = "SRC=10.0.0.2 DST=10.0.0.1 LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=12 PROTO=TCP INCOMPLETE [8 bytes] ";
    expect(ip(`TRACE: raw:PREROUTING:policy:2 ${WAY} ${rest} [${cut}] `).values).toMatchObject({
      innerText: cut,
      inner: { protocol: 6 },
    });
  });

  test("fragments, other protocols, devices without a link header", () => {
    const later = ip(
      `TRACE: raw:PREROUTING:policy:2 ${WAY} LEN=60 TOS=0x00 PREC=0x00 TTL=64 ID=4 MF FRAG:185 PROTO=UDP `,
    );
    expect(later.values).toMatchObject({ fragmentOffset: 185, protocol: 17, moreFragments: 1 });
    expect(later.values.sourcePort).toBeUndefined();
    expect(
      ip(`TRACE: raw:PREROUTING:policy:2 ${WAY} LEN=60 TOS=0x00 PREC=0x00 TTL=64 ID=4 FRAG:3 `).values.protocol,
    ).toBe(51);
    const sctp = `TRACE: raw:PREROUTING:policy:2 IN=tun0 OUT= MAC= SRC=10.0.0.1 DST=10.0.0.2 LEN=60 TOS=0x00 PREC=0x00 TTL=64 ID=4 PROTO=132 `;
    expect(ip(sctp).values).toMatchObject({ protocol: 132, macSource: null });
  });
});

describe("IPv6", () => {
  const way = "IN= OUT=lo SRC=fd00:0000:0000:0000:0000:0000:0000:0001 DST=fd00:0000:0000:0000:0000:0000:0000:0002";
  test("HOPLIMIT, TC, and a fragment's offset in bytes", () => {
    const line = `TRACE: raw:OUTPUT:policy:2 ${way} LEN=80 TC=184 HOPLIMIT=63 FLOWLBL=5 OPT ( FRAG:24 INCOMPLETE ID:12345678 ) PROTO=UDP `;
    expect(ip(line)).toMatchObject({
      family: "ipv6",
      values: { ttl: 63, tos: 184, fragmentOffset: 3, ipId: 0x12345678 },
    });
  });
  test("ESP ends the line", () => {
    const { values } = ip(`TRACE: raw:OUTPUT:policy:2 ${way} LEN=80 TC=0 HOPLIMIT=63 FLOWLBL=5 OPT ( ESP SPI=0x12 )`);
    expect(values.protocol).toBe(50);
    expect(values.mark).toBeUndefined();
  });
});

describe("ebtables watcher lines", () => {
  const macs = "MAC source = 2:42:c0:a8:0:2 MAC dest = 02:42:c0:a8:00:03";
  test("with addresses and ports", () => {
    const rest = "proto = 0x0800 IP SRC=10.0.0.1 IP DST=10.0.0.2, IP tos=0xB8, IP proto=6 SPT=80 DPT=5";
    const event = frame(`[ 1.2] TRACE: eb:nat:PREROUTING IN=veth1 OUT= ${macs} ${rest}`);
    expect(event).toMatchObject({ layer: "bridge", prefix: "TRACE: eb:nat:PREROUTING" });
    expect(event.values).toMatchObject({
      physdevIn: "veth1",
      physdevOut: null,
      protocol: 6,
      sourcePort: 80,
      tos: 0xb8,
    });
    expect(event.values.macSource).toBe(readMac("02:42:c0:a8:00:02"));
  });
  test("any prefix, or none", () => {
    expect(frame(`[ 1.2] x  IN= OUT=veth1 ${macs} proto = 0x0806`).prefix).toBe("x ");
    expect(frame(` IN=veth1 OUT=veth2 ${macs} proto = 0x0800`)).toMatchObject({
      prefix: "",
      values: { etherType: 0x800 },
    });
  });
  test("a torn line is joined again, in its place", () => {
    const other = `[ 1.3] TRACE: raw:PREROUTING:policy:2 ${WAY} LEN=28 TOS=0x00 PREC=0x00 TTL=64 ID=1 PROTO=2 `;
    const torn = `[ 1.2] TRACE: eb:nat:OUTPUT IN= OUT=veth1 ${macs} proto = 0x0800`;
    const { events, reader } = readTrace(
      `${torn}\n${other}\n[ 1.4]  IP SRC=10.0.0.1 IP DST=10.0.0.2, IP tos=0x00, IP proto=1\n`,
    );
    expect(events.map(({ line }) => line)).toEqual([1, 2]);
    expect(events[0]?.values).toMatchObject({ protocol: 1, source: readAddress("10.0.0.1") });
    expect([reader.lines, reader.unread, reader.foreign]).toEqual([2, 0, 0]);
  });
});

describe("what is no trace line", () => {
  test("a LOG line whose prefix imitates one", () => {
    const { events, reader } = readTrace(
      [
        `[ 1.0] odd"q 'x' TRACE: filter:X:rIN= OUT=lo SRC=127.0.0.1`,
        `[ 1.0] x TRACE: filter:X:rule:1 ${WAY} PROTO=2 `,
        "",
        "hello",
      ].join("\n"),
    );
    expect(events).toEqual([]);
    expect([reader.unread, reader.foreign, reader.unreadLines.map(({ line }) => line)]).toEqual([2, 1, [1, 2]]);
  });
  test("a line without end costs nothing", () => {
    const { reader } = readTrace(`${"TRACE: a IN= ".repeat(1_000_000)}\nTRACE: raw:X:rule:1 ${WAY} PROTO=2 `);
    expect([reader.lines, reader.unread, reader.foreign]).toEqual([1, 0, 1]);
  });
});

describe("what loggers put before a line", () => {
  const message = `TRACE: raw:OUTPUT:policy:2 ${WAY} ID=1 PROTO=2 `;
  test.each([
    "Nov 22 22:44:45 vm kernel: ",
    "Sun 2026-11-22 22:44:45 UTC vm kernel: ",
    "[ 3426.207277] vm kernel: ",
    "1795387485.823007 vm kernel: ",
    "<4>1 2026-11-22T22:44:45.823007+00:00 vm kernel - - - [ 3426.207277] ",
    "4,25215,1818192843,-;",
    '         "msg": "',
  ])("%s", (decoration) => expect(readTrace(decoration + message).reader.lines).toBe(1));

  const folder = "recordings/f01-line-prefixes/";
  const names = list(folder).filter((name) => name !== "DESCRIPTION");
  test.skipIf(!has(folder)).each(has(folder) ? names : ["none here"])("recorded: %s", (name) => {
    const text = bytes(folder + name);
    const { reader } = readTrace(text);
    expect([reader.lines, reader.unread]).toEqual([text.match(/TRACE: /g)?.length, 0]);
  });
});

/** Semantics 1.7 has these: what one line was printed with by each. */
describe("the time of a line, in its own words", () => {
  test.each([
    ["[ 3426.207277] ", "3426.207277"],
    ["[Sun Nov 22 22:44:45 2026] ", "Sun Nov 22 22:44:45 2026"],
    ["kern  :warn  : [ 3426.207277] ", "3426.207277"],
    ["<4>[ 3426.207277] ", "3426.207277"],
    ["[ 3426.207277 <   75.929777>] ", "3426.207277"],
    ["[Nov22 22:44] ", "Nov22 22:44"],
    ["[  +0.000011] ", null],
    ["[<   75.929777>] ", null],
    ["2026-11-22T22:44:45,207277+00:00 ", "2026-11-22T22:44:45,207277+00:00"],
    ["2026-11-22T22:44:45.823007+00:00 vm kernel: [ 3426.207277] ", "2026-11-22T22:44:45.823007+00:00"],
    ["<4>Nov 22 22:44:45 vm kernel:[ 3426.207277] ", "Nov 22 22:44:45"],
    ["<4>1 2026-11-22T22:44:45.823007+00:00 vm kernel - - - [ 3426.207277] ", "2026-11-22T22:44:45.823007+00:00"],
    ["Nov 22 22:44:45 vm kernel: ", "Nov 22 22:44:45"],
    ["1795387485.823007 vm kernel: ", "1795387485.823007"],
    ["4,25215,1818192843,-;", "1818192843"],
    ["", null],
  ])("%s", (decoration, time) => {
    expect(timeOf(`${decoration}TRACE: raw:PREROUTING:policy:2 ${WAY} PROTO=2 [ 9.5] 2026-11-22 10:10:10 `)).toBe(time);
  });
});

describe("what loggers wrap a line in", () => {
  const line = `TRACE: raw:PREROUTING:policy:2 ${WAY} LEN=28 TOS=0x00 PREC=0x00 TTL=64 ID=1 PROTO=2 `;
  test.each([
    ["journalctl -o json", JSON.stringify({ __CURSOR: "s=1", _TRANSPORT: "kernel", MESSAGE: line })],
    ["journalctl -o json, bytes", JSON.stringify({ MESSAGE: [...Buffer.from(line)] })],
    ["journalctl -o short", `Nov 22 22:44:45 vm kernel: ${line}`],
    ["Docker's json-file", `{"log":"[ 12.5] ${line}\\n","stream":"stdout","time":"2026-11-22T22:44:45.1Z"}`],
    ["RFC 5424", `<4>1 2026-11-22T22:44:45.823034+00:00 vm kernel - - - [ 3426.207277] ${line}`],
    ["/dev/kmsg", `4,25215,1818192843,-;${line}`],
  ])("%s", (_, text) => {
    expect(ip(text)).toMatchObject({ id: "raw:PREROUTING:policy:2", values: { ttl: 64, protocol: 2 } });
  });
  test("the monitors under systemd", () => {
    const from = (name: string) => `Nov 22 22:44:45 vm ${name}[123]: `;
    const packet = "PACKET: 2 1c870bb9 IN=lo LOOPBACK SRC=10.0.0.1 DST=10.0.0.2 LEN=28 TOS=0x0 TTL=64 ID=1 ";
    const policy = " TRACE: 2 1c870bb9 filter:FORWARD:policy:DROP ";
    const { events } = readTrace(`${from("xtables-monitor")}${packet}\n${from("xtables-monitor")}${policy}\n`);
    expect(events).toMatchObject([{ chain: "FORWARD", nft: { verdict: "DROP" } }]);
  });
  test("an object that carries no text, and one that is none, are other lines", () => {
    const { reader } = readTrace(`{"TRACE: ":1}\n{"MESSAGE":"TRACE: \n{"log":[1,"TRACE: "]}\n`);
    expect(reader).toMatchObject({ lines: 0, foreign: 0, unread: 3 });
  });
  test("where /dev/kmsg's numbers skip some, lines are missing", () => {
    const numbered = [7, 8, 11, 12].map((number) => `4,${number},1,-;${line}\n`).join("");
    expect(readTrace(numbered).events.map(({ gaps = 0 }) => gaps)).toEqual([0, 0, 1, 1]);
  });
});
