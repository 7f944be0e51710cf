/** A scenario's packet, sent by whoever it comes from; what the kernel made of it. */
import { type Packet, packetJson, protocolNumber, TCP_FLAGS } from "../../../src/facts/index.ts";
import { type Datagram, decode, encode, frame, ICMP, ICMP6, packetOf } from "../walk/datagram.ts";
import type { Lab, Seen } from "../walk/lab.ts";
import type { Topology, Wire } from "../walk/topology.ts";

export interface Played {
  readonly verdict: "ACCEPT" | "DROP" | "REJECT";
  /** `filter:FORWARD:rule:1 IN=eth0 OUT=docker0`: a line each. */
  readonly lines: readonly string[];
}

/** An answer comes after what it answers: conntrack knows it from that. null: what would open its connection does not come through. */
export async function play(lab: Lab, packet: Packet): Promise<Played | null> {
  await lab.begin();
  await lab.take();
  const datagram = datagramOf(packet);
  if (packetJson(packet)["ctdir"] === "REPLY" && verdictOf(await send(lab, original(packet))) !== "ACCEPT") return null;
  const seen = await send(lab, datagram);
  return {
    verdict: verdictOf(seen),
    lines: seen.lines.flatMap((line) => /^TRACE: (\S+ IN=\S* OUT=\S*) /.exec(line)?.[1] ?? []),
  };
}

function send(lab: Lab, datagram: Datagram): Promise<Seen> {
  const { topology } = lab;
  const wire = wireOf(topology, datagram.source);
  const neighbour = topology.wires.find((each) => each.bridge === wire.bridge && has(each, datagram.destination));
  const gateway = topology.bridges.find(({ name }) => name === wire.bridge)?.mac ?? wire.mac;
  const to = wire.bridge !== undefined && neighbour ? macOf(neighbour) : gateway;
  return lab.send({ by: "wire", wire: wire.name, hex: frame(macOf(wire), to, encode(datagram)) });
}
const has = ({ peers }: Wire, address: string): boolean => peers.some(({ addresses }) => addresses.includes(address));
const macOf = ({ peers }: Wire): string => String(peers[0]?.mac);
/** Who is nobody's neighbour is outside. */
function wireOf({ wires }: Topology, address: string): Wire {
  const wire = wires.find((each) => has(each, address)) ?? wires.find(({ bridge }) => bridge === undefined);
  if (!wire) throw new Error(`no way to ${address}`);
  return wire;
}

/** It comes out by a wire, or the host answers it: delivered. An ICMP error that comes back is a REJECT. */
function verdictOf({ frames }: Seen): Played["verdict"] {
  const came = frames.flatMap(({ hex }) => packetOf(hex) ?? []).map(({ packet }) => decode(packet));
  if (came.some(isError)) return "REJECT";
  return came.length > 0 ? "ACCEPT" : "DROP";
}
/** Destination unreachable. */
const isError = ({ protocol, icmpType = 0 }: Datagram): boolean =>
  (protocol === ICMP && icmpType >> 8 === 3) || (protocol === ICMP6 && icmpType >> 8 === 1);

const bitOf = (flags: string): number =>
  flags.split(",").reduce((sum, name) => sum | (1 << (TCP_FLAGS as readonly string[]).indexOf(name)), 0);
const SYN = 2;

function datagramOf(packet: Packet): Datagram {
  const { source, destination, protocol, sourcePort, destinationPort, tcpFlags, icmpType } = packetJson(packet);
  const isAnswer = tcpFlags?.includes("ACK");
  return {
    family: packet.family === "ipv6" ? "ipv6" : "ipv4",
    source: String(source),
    destination: String(destination),
    ttl: 64,
    tos: 0,
    id: 4711,
    protocol: protocolNumber(String(protocol)) ?? 0,
    ...(sourcePort == null ? {} : { sourcePort: Number(sourcePort) }),
    ...(destinationPort == null ? {} : { destinationPort: Number(destinationPort) }),
    ...(tcpFlags == null ? {} : { tcpFlags: bitOf(tcpFlags), seq: isAnswer ? 5000 : 1000, ack: isAnswer ? 1001 : 0 }),
    ...(icmpType == null ? {} : { icmpType: Number.parseInt(icmpType, 10) * 256, icmpRest: 0x10001 }),
    body: "",
  };
}

/** What opened the connection that an answer belongs to. */
function original(packet: Packet): Datagram {
  const { ctorigsrc, ctorigsrcport, ctorigdst, ctorigdstport, tcpFlags } = packetJson(packet);
  return {
    ...datagramOf(packet),
    source: String(ctorigsrc),
    destination: String(ctorigdst),
    sourcePort: Number(ctorigsrcport),
    destinationPort: Number(ctorigdstport),
    ...(tcpFlags == null ? {} : { tcpFlags: SYN, seq: 1000, ack: 0 }),
  };
}
