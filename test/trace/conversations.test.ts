import { describe, expect, test } from "vitest";
import { absent, isStated, only, readAddress, readMac, knownValue as value } from "../../src/facts/index.ts";
import { Conversations, entryPacket } from "../../src/trace/index.ts";
import { bytes, has, packetsOf } from "./recordings.ts";

function place(text: string) {
  const conversations = new Conversations();
  return packetsOf(text).map((packet) => conversations.place(packet));
}
const line = (way: string, rest: string, id = "raw:PREROUTING:policy:1") =>
  `TRACE: ${id} ${way} LEN=60 TOS=0x00 PREC=0x00 TTL=64 ${rest} `;
const tcp = (from: string, to: string, flags: string, id: number) =>
  line(
    `IN=eth0 OUT= MAC= SRC=${from} DST=${to}`,
    `ID=${id} PROTO=TCP SPT=1 DPT=1 SEQ=${id} ACK=0 WINDOW=1 RES=0x00 ${flags} URGP=0`,
  );

describe("conversations", () => {
  test.skipIf(!has("seed"))("pings through NAT are one conversation", () => {
    const placed = place(bytes("seed/container-to-external.log"));
    expect(
      placed.map(({ conversation, direction, first, replied, natVisited }) => [
        conversation,
        direction,
        first,
        replied,
        natVisited,
      ]),
    ).toEqual([
      [1, "ORIGINAL", true, false, true],
      [1, "REPLY", false, false, false],
      [1, "ORIGINAL", false, true, false],
      [1, "REPLY", false, true, false],
      [1, "ORIGINAL", false, true, false],
      [1, "REPLY", false, true, false],
    ]);
    expect(placed[0]?.original).toEqual({
      source: readAddress("192.168.0.2"),
      destination: readAddress("10.28.61.30"),
    });
    expect(placed[0]?.reply).toBeNull();
    expect(placed[1]?.reply).toEqual({ source: readAddress("10.28.61.30"), destination: readAddress("10.171.77.0") });
  });

  test.skipIf(!has("recordings/s06-external-to-published-brnf1"))(
    "DNAT: requests and replies of each connection",
    () => {
      const placed = place(bytes("recordings/s06-external-to-published-brnf1/dmesg.log"));
      const tcpOnly = placed.filter(({ original }) => original?.destinationPort === 8077);
      expect(new Set(tcpOnly.map(({ conversation }) => conversation)).size).toBe(1);
      expect(new Set(tcpOnly.map(({ direction }) => direction))).toEqual(new Set(["ORIGINAL", "REPLY"]));
      expect(tcpOnly.findLast(({ reply }) => reply)?.reply).toMatchObject({
        source: readAddress("172.27.0.2"),
        sourcePort: 80,
      });
    },
  );

  test("what comes out of the blue has no direction; a SYN after the end begins anew", () => {
    const [one, two] = ["10.0.0.1", "10.0.0.2"];
    const text = [
      tcp(one, two, "ACK", 1),
      tcp(two, one, "ACK", 2),
      tcp(one, two, "SYN", 3),
      tcp(two, one, "ACK SYN", 4),
    ];
    text.push(tcp(one, two, "RST", 5), tcp(one, two, "SYN", 6));
    expect(
      place(text.join("\n")).map(({ conversation, direction, first }) => [conversation, direction, first]),
    ).toEqual([
      [1, null, true],
      [1, null, false],
      [2, "ORIGINAL", true],
      [2, "REPLY", false],
      [2, "ORIGINAL", false],
      [3, "ORIGINAL", true],
    ]);
  });

  test("two hosts ping each other with one id; an error belongs to what it is about", () => {
    const echo = (from: string, to: string, id: number) =>
      line(`IN=eth0 OUT= MAC= SRC=${from} DST=${to}`, `ID=${id} PROTO=ICMP TYPE=8 CODE=0 ID=9 SEQ=1`);
    const inner =
      "SRC=10.0.0.1 DST=10.0.0.2 LEN=84 TOS=0x00 PREC=0x00 TTL=63 ID=1 DF PROTO=ICMP TYPE=8 CODE=0 ID=9 SEQ=1 ";
    const error = line("IN=eth0 OUT= MAC= SRC=10.0.0.3 DST=10.0.0.1", `ID=3 PROTO=ICMP TYPE=11 CODE=0 [${inner}]`);
    const placed = place([echo("10.0.0.1", "10.0.0.2", 1), echo("10.0.0.2", "10.0.0.1", 2), error].join("\n"));
    expect(placed.map(({ conversation, direction, related }) => [conversation, direction, related])).toEqual([
      [1, "ORIGINAL", false],
      [2, "ORIGINAL", false],
      [1, "REPLY", true],
    ]);
  });
});

describe("as it entered", () => {
  const entry = (text: string) => {
    const packet = packetsOf(text)[0];
    if (!packet) throw new Error("no packet");
    return entryPacket(packet);
  };

  test.skipIf(!has("seed"))("the seed's first packets", () => {
    const bridged = entry(bytes("seed/container-to-container.log"));
    expect(bridged).toMatchObject({ hook: "PREROUTING", position: "in", outPorts: ["veth57a3dec"], afterNat: false });
    expect(bridged.packet.fields).toMatchObject({
      inInterface: only("docker0"),
      outInterface: only("docker0"),
      ttl: only(64),
    });
    expect(value(bridged.packet, "macSource")).toBe(readMac("02:42:c0:a8:00:02"));
    expect(value(bridged.packet, "tos")).toBe(0);

    const local = entry(bytes("seed/local-process-to-container.log"));
    expect(local).toMatchObject({ hook: "OUTPUT", position: "out", outPorts: ["veth57a3dec", "veth0594f4b"] });
    expect(local.packet.fields).toMatchObject({ inInterface: absent, physdevIn: absent, uidOwner: only(0) });
    expect(isStated(local.packet, "physdevOut")).toBe(false);

    const routed = entry(bytes("seed/container-to-external.log"));
    expect(routed.packet.fields).toMatchObject({
      ttl: only(64),
      physdevIn: only("veth0594f4b"),
      outInterface: only("eth0"),
    });
  });

  const rest = "ID=1 PROTO=ICMP TYPE=8 CODE=0 ID=9 SEQ=1";
  const ends = "SRC=10.0.0.1 DST=10.0.0.2";
  const mac = "MAC=02:42:ff:27:17:4d:02:42:c0:a8:00:02:08:00";

  test("a FORWARD line alone: routed lost one of its TTL, bridged did not", () => {
    const routed = entry(line(`IN=docker0 OUT=eth0 PHYSIN=veth1 ${mac} ${ends}`, rest, "filter:FORWARD:rule:5"));
    expect(routed).toMatchObject({ hook: "PREROUTING", position: "through", afterNat: true });
    expect(routed.packet.fields).toMatchObject({
      ttl: only(65),
      inInterface: only("docker0"),
      physdevIn: only("veth1"),
    });
    const bridged = entry(
      line(`IN=docker0 OUT=docker0 PHYSIN=veth1 PHYSOUT=veth2 ${mac} ${ends}`, rest, "filter:FORWARD:rule:5"),
    );
    expect(bridged.packet.fields.ttl).toEqual(only(64));
    expect(isStated(bridged.packet, "macDestination")).toBe(false);
  });

  test("a POSTROUTING line without IN does not say that there was none", () => {
    const bridged = entry(line(`IN= OUT=docker0 PHYSIN=veth1 PHYSOUT=veth2 ${ends}`, rest, "nat:POSTROUTING:policy:2"));
    expect([bridged.hook, isStated(bridged.packet, "inInterface")]).toEqual(["PREROUTING", false]);
    const either = entry(line(`IN= OUT=eth0 ${ends}`, rest, "nat:POSTROUTING:rule:1"));
    expect([either.hook, isStated(either.packet, "inInterface"), isStated(either.packet, "ttl")]).toEqual([
      null,
      false,
      false,
    ]);
    const own = entry(line(`IN= OUT=eth0 ${ends}`, `${rest} UID=0 GID=0`, "nat:POSTROUTING:rule:1"));
    expect([own.hook, own.packet.fields.inInterface]).toEqual(["OUTPUT", absent]);
  });

  test("an INPUT line is of a packet to this host; its UID is the receiver's", () => {
    const { packet, afterNat } = entry(
      line(`IN=eth0 OUT= ${mac} ${ends}`, `${rest} UID=7 GID=7`, "filter:INPUT:policy:1"),
    );
    expect(packet.fields).toMatchObject({ outInterface: absent, uidOwner: absent, physdevIn: absent });
    expect(afterNat).toBe(true);
  });

  test("a listener's owner is not printed of its SYN-ACK: it may have one", () => {
    const sent = (flags: string) =>
      entry(
        `TRACE: raw:OUTPUT:policy:2 IN= OUT=eth0 SRC=10.88.0.1 DST=10.88.0.9 LEN=60 TOS=0x00 PREC=0x00 TTL=64 ID=0 DF PROTO=TCP SPT=90 DPT=4000 SEQ=1 ACK=1 WINDOW=64 RES=0x00 ${flags}URGP=0 `,
      ).packet;
    expect(isStated(sent("ACK SYN "), "uidOwner")).toBe(false);
    expect(sent("ACK RST ").fields.uidOwner).toEqual(absent);
  });

  test("a frame that leaves does not tell how it came", () => {
    const frame = entry(
      "TRACE: eb:nat:POSTROUTING IN= OUT=veth1 MAC source = 02:42:c0:a8:00:02 MAC dest = 02:42:c0:a8:00:03 proto = 0x0806",
    );
    expect(frame).toMatchObject({
      hook: null,
      position: "out",
      outPorts: ["veth1"],
      afterNat: true,
      packet: { family: "bridge" },
    });
    expect(isStated(frame.packet, "inInterface")).toBe(false);
  });

  test("what NPT makes of a packet conntrack does not know: an answer to that begins nothing it has seen (Linux 6.18)", () => {
    const udp = (id: string, way: string, source: string, destination: string, ports: string) =>
      `TRACE: ${id} ${way} SRC=${source} DST=${destination} LEN=48 TC=0 HOPLIMIT=63 ${ports} LEN=8 `;
    const [to, back, other] = [
      "FLOWLBL=1 PROTO=UDP SPT=5 DPT=6",
      "FLOWLBL=2 PROTO=UDP SPT=6 DPT=5",
      "FLOWLBL=3 PROTO=UDP SPT=6 DPT=5",
    ];
    const placed = place(
      [
        udp("raw:PREROUTING:policy:2", "IN=eth0 OUT= MAC=", "fd00::1", "fd01::1", to),
        udp("mangle:POSTROUTING:rule:1", "IN=eth0 OUT=eth1 MAC=", "fd00::1", "fd01::1", to),
        udp("mangle:POSTROUTING:policy:2", "IN=eth0 OUT=eth1 MAC=", "fd02::1", "fd01::1", to),
        udp("raw:PREROUTING:policy:2", "IN=eth1 OUT= MAC=", "fd01::1", "fd02::1", back),
        udp("raw:PREROUTING:policy:2", "IN=eth1 OUT= MAC=", "fd01::1", "fd00::1", other),
        "",
      ].join("\n"),
    );
    expect(placed.map(({ conversation, direction }) => [conversation, direction])).toEqual([
      [1, "ORIGINAL"],
      [2, "ORIGINAL"],
      [1, "REPLY"],
    ]);
  });
});
