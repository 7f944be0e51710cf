import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readTrace, type TraceEvent, TraceReader } from "../../src/trace/index.ts";
import { bytes, group, has, list, packetsOf } from "./recordings.ts";

const SEED = ["container-to-container.log", "local-process-to-container.log", "container-to-external.log"];
const lengths = (name: string) => packetsOf(bytes(`seed/${name}`)).map(({ events }) => events.length);

describe.skipIf(!has("seed/trace-document.txt"))("the seed", () => {
  test("the document: 185 lines, 18 packets", () => {
    const { events, reader } = readTrace(bytes("seed/trace-document.txt"));
    expect([reader.lines, reader.unread, group(events).length]).toEqual([185, 0, 18]);
  });

  test("each section", () => {
    expect(lengths("container-to-container.log")).toEqual([14, 10, 10, 10, 10, 10]);
    expect(lengths("local-process-to-container.log")).toEqual([12, 7, 7, 7, 7, 7]);
    expect(lengths("container-to-external.log")).toEqual([14, 12, 12, 12, 12, 12]);
  });

  test("rule numbers, kinds and chains do not matter", () => {
    const shape = (events: readonly TraceEvent[]) =>
      group(events).map((packet) => packet.events.map(({ line }) => line));
    for (const name of SEED) {
      const { events } = readTrace(bytes(`seed/${name}`));
      const expected = shape(events);
      const altered = (at: number, change: object) =>
        events.map((event, i) => (i === at && event.layer === "ip" ? { ...event, ...change } : event));
      for (const at of events.keys()) {
        expect(shape(altered(at, { number: 99, id: "x" }))).toEqual(expected);
        expect(shape(altered(at, { kind: "return" }))).toEqual(expected);
        expect(shape(altered(at, { chain: "OTHER" }))).toEqual(expected);
      }
    }
  });

  test("chunks may be cut anywhere", () => {
    const text = bytes("seed/trace-document.txt");
    const { events } = readTrace(text);
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 40 }), (cuts) => {
        const reader = new TraceReader();
        const places = [0, ...cuts.sort((a, b) => a - b), text.length];
        const got = places.flatMap((place, i) => reader.push(text.slice(place, places[i + 1])));
        got.push(...reader.end());
        expect(got).toEqual(events);
      }),
      { numRuns: 20 },
    );
  });
});

describe("recordings", () => {
  const names = list("recordings").filter((name) => /^s\d/.test(name) && has(`recordings/${name}/dmesg.log`));
  test.skipIf(names.length === 0)("every line that a kernel wrote is read", () => {
    for (const name of names) {
      const text = bytes(`recordings/${name}/dmesg.log`);
      const { reader } = readTrace(text);
      expect([name, reader.unread, reader.lines]).toEqual([name, 0, text.match(/TRACE: /g)?.length]);
    }
  });

  test.skipIf(names.length === 0)("packets of two CPUs are told apart: s16a, 24 packets", () => {
    expect(packetsOf(bytes("recordings/s16a-interleaved/dmesg.log"))).toHaveLength(24);
  });

  test.skipIf(names.length === 0)("a redirect made while a packet is routed is a packet of its own: s16c", () => {
    const packets = packetsOf(bytes("recordings/s16c-routed-same-bridge/dmesg.log"));
    expect(packets.slice(0, 4).map(({ family, events }) => [family, events.length])).toEqual([
      ["ipv4", 19],
      ["ipv4", 2],
      ["bridge", 6],
      ["bridge", 2],
    ]);
  });
});

const ip = (id: string, way: string, rest = "LEN=28 TOS=0x00 PREC=0x00 TTL=64 ID=0 DF PROTO=UDP SPT=5 DPT=6 LEN=8 ") =>
  `TRACE: ${id} ${way} ${rest}`;

describe("passes", () => {
  const own = "SRC=127.0.0.1 DST=127.0.0.1";
  test("lo comes in again, once", () => {
    const pass = [
      ip("raw:OUTPUT:policy:1", `IN= OUT=lo ${own}`),
      ip("raw:PREROUTING:policy:1", `IN=lo OUT= MAC= ${own}`),
    ];
    expect(packetsOf([...pass, ...pass].join("\n")).map(({ events }) => events.length)).toEqual([2, 2]);
  });

  test("the same words again from raw on are another packet; bridge lines never repeat in one", () => {
    const way = "IN=br0 OUT= PHYSIN=veth1 MAC= SRC=10.0.0.1 DST=10.0.0.2";
    const frame =
      "TRACE: eb:nat:PREROUTING IN=veth1 OUT= MAC source = 02:42:c0:a8:00:02 MAC dest = 02:42:c0:a8:00:03 proto = 0x0800 IP SRC=10.0.0.1 IP DST=10.0.0.2, IP tos=0x00, IP proto=17 SPT=5 DPT=6";
    const pass = [frame, ip("raw:PREROUTING:policy:1", way), ip("filter:INPUT:policy:1", way)];
    expect(packetsOf([...pass, ...pass].join("\n")).map(({ events }) => events.length)).toEqual([3, 3]);
  });

  /** Watchers of the chains, as the differential test has them; recorded on 6.18. */
  const eb = (prefix: string, ports: string) =>
    `TRACE: eb:${prefix} ${ports} MAC source = 02:42:c0:a8:00:02 MAC dest = 02:42:c0:a8:00:03 proto = 0x0800 IP SRC=10.0.0.1 IP DST=10.0.0.2, IP tos=0x00, IP proto=17 SPT=5 DPT=6`;

  test("a user chain prints again when a frame comes to it twice", () => {
    const pass = ["nat:PREROUTING", "nat:up:1", "nat:up:1", "filter:INPUT"].map((chain) => eb(chain, "IN=veth1 OUT="));
    expect(packetsOf([...pass, ...pass].join("\n")).map(({ events }) => events.length)).toEqual([4, 4]);
  });

  test("copies of a flooded frame are one packet, with a line of the bridge before each", () => {
    const way = "MAC= SRC=10.0.0.1 DST=10.0.0.2";
    const copy = (port: string) => [
      eb("filter:FORWARD", `IN=veth1 OUT=${port}`),
      ip("filter:FORWARD:policy:1", `IN=br0 OUT=br0 PHYSIN=veth1 PHYSOUT=${port} ${way}`),
      ip("mangle:POSTROUTING:policy:1", `IN= OUT=br0 PHYSIN=veth1 PHYSOUT=${port} ${way.slice(5)}`),
    ];
    const pass = [ip("raw:PREROUTING:policy:1", `IN=br0 OUT= PHYSIN=veth1 ${way}`), ...copy("veth3"), ...copy("veth2")];
    expect(packetsOf(pass.join("\n")).map(({ events }) => events.length)).toEqual([7]);
  });

  test("a SYN that TCPMSS put an option into is the same packet, four bytes longer", () => {
    const syn = (length: number) =>
      `LEN=${length} TOS=0x00 PREC=0x00 TTL=64 ID=9 PROTO=TCP SPT=5 DPT=6 SEQ=1 ACK=0 WINDOW=9 RES=0x00 SYN URGP=0 `;
    const way = "IN=a OUT= MAC= SRC=10.0.0.1 DST=10.0.0.2";
    const lines = [ip("mangle:PREROUTING:rule:1", way, syn(40)), ip("mangle:PREROUTING:policy:2", way, syn(44))];
    expect(packetsOf(lines.join("\n")).map(({ events }) => events.length)).toEqual([2]);
  });

  test.each([
    ["by 48 bits", ["2001:db8:1:0:0:0:0:9", "fd00:0:0:d550:0:0:0:9"], [2]],
    // printed by Linux 6.18 for --src-pfx fdf1:1::/64 --dst-pfx fdf1:2::/64: SNPT asks for no prefix
    ["by 64, of an address of another prefix", ["fdf1:2:0:0:0:0:0:2", "fdf1:2:0:0:fffe:0:0:2"], [2]],
    ["another word has changed: another packet", ["fdf1:2:0:0:0:0:0:2", "fdf1:2:0:0:0:fffe:0:2"], [1, 1]],
  ])("SNPT in INPUT gives the packet another source, and it is the same packet: %s", (_, sources, packets) => {
    const lines = sources.map((source, at) =>
      ip(
        `mangle:INPUT:${at ? "policy:2" : "rule:1"}`,
        `IN=a OUT= MAC= SRC=${source} DST=fd00:0:0:0:0:0:0:1`,
        "LEN=48 TC=0 HOPLIMIT=2 FLOWLBL=7 PROTO=UDP SPT=80 DPT=8080 LEN=8 ",
      ),
    );
    expect(packetsOf(lines.join("\n")).map(({ events }) => events.length)).toEqual(packets);
  });

  test("dnat gives a frame another MAC between two lines of one chain", () => {
    const lines = [
      eb("nat:PREROUTING:1", "IN=veth1 OUT="),
      eb("nat:PREROUTING:2", "IN=veth1 OUT=").replace("00:03", "00:55"),
    ];
    expect(packetsOf(lines.join("\n")).map(({ events }) => events.length)).toEqual([2]);
  });

  test("never more than 64 open, closed in order", () => {
    const text = Array.from({ length: 100 }, (_, i) =>
      ip("raw:PREROUTING:policy:1", `IN=a OUT= MAC= SRC=10.0.0.${i} DST=10.1.0.${i}`),
    );
    expect(packetsOf(text.join("\n")).map(({ number }) => number)).toEqual(
      Array.from({ length: 100 }, (_, i) => i + 1),
    );
  });
});
