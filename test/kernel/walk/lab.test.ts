/** The lab does what the walks are held against: packets go through, come out, and are traced. */
import { expect, test } from "vitest";
import { type Datagram, decode, encode, frame, ICMP, packetOf, TCP, UDP } from "./datagram.ts";
import { Lab, labLacks, TRACING } from "./lab.ts";
import { blockOfRun, dockerLike } from "./topology.ts";

const missing = labLacks();
const head = { family: "ipv4", ttl: 64, tos: 0, id: 77, body: "616263" } as const;
const addresses = { source: "10.73.0.2", destination: "10.73.8.9" } as const;
const datagrams: readonly Datagram[] = [
  { ...head, ...addresses, protocol: UDP, sourcePort: 4000, destinationPort: 53 },
  { ...head, ...addresses, protocol: TCP, sourcePort: 4000, destinationPort: 80, tcpFlags: 18, seq: 5, ack: 6 },
  { ...head, ...addresses, protocol: ICMP, icmpType: 0x800, icmpRest: 0x10002 },
  { ...head, ...addresses, protocol: UDP, fragment: { offset: 3, more: true }, body: "0102030405060708" },
  { ...head, family: "ipv6", source: "fd49::2", destination: "fd49:8::9", protocol: 58, icmpType: 0x8000, icmpRest: 9 },
];

test.each(datagrams)("a datagram is read as it was written: %j", (datagram) => {
  expect(decode(encode(datagram))).toEqual(datagram);
});

const TRACED = `${TRACING}*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
COMMIT
`;
const title = (name: string): string => `${name}${missing ? `: ${missing}` : ""}`;

test.skipIf(missing)(title("a packet that is sent is traced, and comes out"), async () => {
  const block = blockOfRun();
  const lab = await Lab.build(dockerLike(block));
  const ids = (lines: readonly string[]) => lines.map((line) => line.split(" ").slice(1, 4).join(" "));
  try {
    await lab.begin();
    expect(lab.load({ ipv4: TRACED, ipv6: TRACED })).toBeNull();
    const [c1, ext0] = ["c1", "ext0"].map((name) => lab.topology.wires.find((wire) => wire.name === name)?.peers[0]);
    for (const at of [0, 1] as const) {
      const sent: Datagram = {
        ...head,
        family: at === 0 ? "ipv4" : "ipv6",
        source: String(c1?.addresses[at]),
        destination: String(ext0?.addresses[at]),
        protocol: UDP,
        sourcePort: 4000,
        destinationPort: 53,
      };
      const hex = frame(String(c1?.mac), String(lab.topology.bridges[0]?.mac), encode(sent));
      const { lines, frames } = await lab.send({ by: "wire", wire: "c1", hex });
      // semantics 4.4 E
      expect(ids(lines)).toEqual(["raw:PREROUTING:policy:2 IN=br1 OUT=", "filter:FORWARD:policy:1 IN=br1 OUT=ext0"]);
      expect(frames.map(({ wire }) => wire)).toEqual(["ext0"]);
      const out = packetOf(frames[0]?.hex ?? "");
      expect(out && decode(out.packet)).toEqual({ ...sent, ttl: 63 });
    }
  } finally {
    lab.close();
  }
});
