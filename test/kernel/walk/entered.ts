/** All that is known of a packet from how it was sent. */
import {
  absent,
  bitsOf,
  EXTENSION_HEADERS,
  type Field,
  headerBytes,
  only,
  readAddress,
  type ValueSet,
} from "../../../src/facts/index.ts";
import { type Done, macOf } from "./case.ts";
import { AH, type Datagram, DESTINATION, ESP, encode, HOP_BY_HOP, packetOf, ROUTING, TCP } from "./datagram.ts";
import type { Topology } from "./topology.ts";

type Stated = Partial<Record<Field, ValueSet>>;
/** agent.pl has it. */
const FURTHER_GROUP = 33;
const number = (value: number | undefined): ValueSet => (value === undefined ? absent : only(value));

export function entered({ sent }: Pick<Done, "sent">, datagram: Datagram, { wires }: Topology): Stated {
  const fields = headers(datagram);
  if (sent.by !== "wire") {
    return {
      ...fields,
      inInterface: absent,
      physdevIn: absent,
      macSource: absent,
      macDestination: absent,
      mark: only(sent.mark),
      uidOwner: only(sent.by === "socket" ? sent.uid : 0),
      gidOwner: only(0),
      furtherGroup: only(FURTHER_GROUP),
    };
  }
  const wire = wires.find(({ name }) => name === sent.wire);
  const macs = packetOf(sent.hex);
  return {
    ...fields,
    inInterface: only(wire?.bridge ?? sent.wire),
    physdevIn: wire?.bridge ? only(sent.wire) : absent,
    macSource: only(macOf(macs?.from ?? "")),
    macDestination: only(macOf(macs?.to ?? "")),
    mark: only(0),
    uidOwner: absent,
    gidOwner: absent,
  };
}

function headers(datagram: Datagram): Stated {
  const { source, destination, protocol, ttl, tos, fragment, id, family, extensions = [] } = datagram;
  const first = (fragment?.offset ?? 0) === 0;
  const isPiece = fragment !== undefined && family === "ipv6";
  const header = extensions.find((each) => each.header === AH);
  const there = datagram.body.length / 2;
  const auth = protocol === AH && first && there >= headerBytes(AH) ? datagram.body : header && `00${header.rest}`;
  const isCut = (fragment !== undefined || datagram.truncated === true) && there < headerBytes(protocol);
  return {
    source: only(readAddress(source) ?? 0),
    destination: only(readAddress(destination) ?? 0),
    protocol: only(protocol),
    ttl: only(ttl),
    tos: only(tos),
    length: only(encode(datagram).length),
    fragmentOffset: only(fragment?.offset ?? 0),
    moreFragments: only(fragment?.more ? 1 : 0),
    dontFragment: only(0),
    fragmentId: isPiece ? only(id) : absent,
    extensionHeaders: only(
      bitOf([...extensions.map(({ header }) => NAMES[header]), ...(isPiece ? ["ipv6-frag"] : [])]),
    ),
    ahSpi: auth ? spi(auth, 4) : absent,
    espSpi: protocol === ESP && first && there >= headerBytes(ESP) ? spi(datagram.body, 0) : absent,
    ...(first && isCut ? { incomplete: only(there) } : {}),
    ...(first && isCut && there >= 4 && WITH_PORTS.includes(protocol) ? portsIn(datagram.body) : {}),
    ...(first && !fragment && !isCut ? transport(datagram) : {}),
  };
}

const WITH_PORTS = [6, 17, 33, 132, 136];
/** What is there of a header that is cut off: multiport and the bridge's match read no more of it. */
const portsIn = (body: string): Stated => ({
  sourcePort: only(Number.parseInt(body.slice(0, 4), 16)),
  destinationPort: only(Number.parseInt(body.slice(4, 8), 16)),
});

const NAMES: Readonly<Record<number, string>> = {
  [HOP_BY_HOP]: "hop-by-hop",
  [DESTINATION]: "ipv6-opts",
  [ROUTING]: "ipv6-route",
  [AH]: "ah",
};
const bitOf = (names: readonly (string | undefined)[]): number =>
  EXTENSION_HEADERS.reduce((sum, name, bit) => sum + (names.includes(name) ? 1 << bit : 0), 0);
const spi = (body: string, at: number): ValueSet => only(Buffer.from(body, "hex").readUInt32BE(at));

function transport({ protocol, sourcePort, destinationPort, tcpFlags, icmpType, tcpOptions = "" }: Datagram): Stated {
  const isTcp = protocol === TCP;
  const kinds = options(Buffer.from(tcpOptions, "hex"));
  return {
    sourcePort: number(sourcePort),
    destinationPort: number(destinationPort),
    tcpFlags: number(tcpFlags === undefined ? undefined : tcpFlags & 63),
    icmpType: number(icmpType),
    tcpOptions: isTcp ? only(bitsOf(kinds.map(({ kind }) => kind))) : absent,
    tcpMss: number(kinds.find(({ kind }) => kind === MSS)?.value),
    tcpEcn: isTcp ? only((tcpFlags ?? 0) >> 6) : absent,
  };
}

const MSS = 2;
function options(bytes: Buffer): { kind: number; value: number | undefined }[] {
  const out: { kind: number; value: number | undefined }[] = [];
  for (let at = 0; at < bytes.length; ) {
    const kind = bytes.readUInt8(at);
    out.push({ kind, value: kind === MSS ? bytes.readUInt16BE(at + 2) : undefined });
    at += kind < 2 ? 1 : bytes.readUInt8(at + 1);
  }
  return out;
}
