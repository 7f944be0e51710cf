/** IP packets as the bytes that go over a wire, and back. */
import { readAddress, writeAddress } from "../../../src/facts/index.ts";

export interface Datagram {
  readonly family: "ipv4" | "ipv6";
  readonly source: string;
  readonly destination: string;
  readonly ttl: number;
  readonly tos: number;
  readonly id: number;
  readonly protocol: number;
  /** tcp, udp, udplite, sctp and dccp. */
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  /** TCP_FLAGS as bits: FIN is the lowest; above them ECE and CWR. */
  readonly tcpFlags?: number;
  readonly seq?: number;
  readonly ack?: number;
  /** type * 256 + code. */
  readonly icmpType?: number;
  /** The four bytes behind the checksum: id and sequence number, or a gateway or MTU. */
  readonly icmpRest?: number;
  /** Hex: IPv4 or tcp options, whole words of 4 bytes. */
  readonly ipOptions?: string;
  readonly tcpOptions?: string;
  /** IPv6 headers before the protocol's: hex behind their first byte, which says what is next. */
  readonly extensions?: readonly { readonly header: number; readonly rest: string }[];
  /** Hex: what comes behind the headers named here. */
  readonly body: string;
  /** One piece of a packet: the offset in units of 8 bytes. What it has of the transport header is in its body. */
  readonly fragment?: { readonly offset: number; readonly more: boolean };
  /** The transport header ends too early: its few bytes are in the body. */
  readonly truncated?: true;
}

export const [TCP, UDP, DCCP, SCTP, UDPLITE, ICMP, ICMP6, FRAGMENT] = [6, 17, 33, 132, 136, 1, 58, 44] as const;
export const [ESP, AH, IPCOMP, MOBILITY] = [50, 51, 108, 135] as const;
export const [HOP_BY_HOP, ROUTING, DESTINATION] = [0, 43, 60] as const;
const ETHERTYPE = { ipv4: 0x0800, ipv6: 0x86dd } as const;

export function frame(from: string, to: string, packet: Buffer): string {
  const type = Buffer.alloc(2);
  type.writeUInt16BE(packet.readUInt8(0) >> 4 === 4 ? ETHERTYPE.ipv4 : ETHERTYPE.ipv6);
  return Buffer.concat([mac(to), mac(from), type, packet]).toString("hex");
}
const mac = (text: string): Buffer => Buffer.from(text.replaceAll(":", ""), "hex");

/** The packet in a frame; null where it carries no IP. */
export function packetOf(hex: string): { from: string; to: string; packet: Buffer } | null {
  const bytes = Buffer.from(hex, "hex");
  const type = bytes.readUInt16BE(12);
  if (type !== ETHERTYPE.ipv4 && type !== ETHERTYPE.ipv6) return null;
  const text = (start: number) => bytes.toString("hex", start, start + 6).replace(/..(?!$)/g, "$&:");
  return { to: text(0), from: text(6), packet: bytes.subarray(14) };
}

/** The whole packet, or its one piece. */
export function encode(datagram: Datagram): Buffer {
  const inside = datagram.fragment || datagram.truncated ? Buffer.from(datagram.body, "hex") : transport(datagram);
  return datagram.family === "ipv4" ? four(datagram, inside) : six(datagram, inside);
}

/** The pieces of a packet; each but the last holds `size` bytes, a multiple of 8, of what follows the IP header. */
export function pieces(datagram: Datagram, size: number): Datagram[] {
  const inside = transport(datagram);
  const { sourcePort: _, destinationPort: __, tcpFlags: ___, icmpType: ____, icmpRest: _____, ...rest } = datagram;
  return Array.from({ length: Math.ceil(inside.length / size) }, (____, at) => ({
    ...rest,
    body: inside.toString("hex", at * size, (at + 1) * size),
    fragment: { offset: (at * size) / 8, more: (at + 1) * size < inside.length },
  }));
}

function four(
  { source, destination, ttl, tos, id, protocol, ipOptions = "", fragment }: Datagram,
  inside: Buffer,
): Buffer {
  const options = Buffer.from(ipOptions, "hex");
  const header = Buffer.alloc(20);
  header.writeUInt8(0x45 + options.length / 4, 0);
  header.writeUInt8(tos, 1);
  header.writeUInt16BE(20 + options.length + inside.length, 2);
  header.writeUInt16BE(id, 4);
  header.writeUInt16BE(fragment ? (fragment.more ? 0x2000 : 0) + fragment.offset : 0, 6);
  header.writeUInt8(ttl, 8);
  header.writeUInt8(protocol, 9);
  bytesOf(source).copy(header, 12);
  bytesOf(destination).copy(header, 16);
  const whole = Buffer.concat([header, options]);
  whole.writeUInt16BE(checksum(whole), 10);
  return Buffer.concat([whole, inside]);
}

function six(
  { source, destination, ttl, tos, id, protocol, extensions = [], fragment }: Datagram,
  inside: Buffer,
): Buffer {
  const before = extensions.map(({ rest }, at) => {
    const next = (extensions[at + 1]?.header ?? protocol).toString(16).padStart(2, "0");
    return Buffer.from(`${next}${rest}`, "hex");
  });
  const payload = Buffer.concat([...before, inside]);
  const header = Buffer.alloc(fragment ? 48 : 40);
  header.writeUInt32BE(0x60000000 + tos * 2 ** 20 + (id & 0xfffff), 0);
  header.writeUInt16BE(header.length - 40 + payload.length, 4);
  header.writeUInt8(fragment ? FRAGMENT : (extensions[0]?.header ?? protocol), 6);
  header.writeUInt8(ttl, 7);
  bytesOf(source).copy(header, 8);
  bytesOf(destination).copy(header, 24);
  if (fragment) {
    header.writeUInt8(protocol, 40);
    header.writeUInt16BE(fragment.offset * 8 + (fragment.more ? 1 : 0), 42);
    header.writeUInt32BE(id, 44);
  }
  return Buffer.concat([header, payload]);
}

function transport(datagram: Datagram): Buffer {
  const { protocol, body } = datagram;
  const { sourcePort = 0, destinationPort = 0, tcpFlags = 0, seq = 0, ack = 0, icmpType = 0, icmpRest = 0 } = datagram;
  const data = Buffer.from(body, "hex");
  const words = (size: number, ...values: readonly [at: number, bytes: 1 | 2 | 4, value: number][]) => {
    const header = Buffer.alloc(size);
    for (const [at, bytes, value] of values) header.writeUIntBE(value, at, bytes);
    return header;
  };
  const ports: [number, 2, number][] = [
    [0, 2, sourcePort],
    [2, 2, destinationPort],
  ];
  switch (protocol) {
    case TCP: {
      const options = Buffer.from(datagram.tcpOptions ?? "", "hex");
      const rest: [number, 1 | 2 | 4, number][] = [
        [4, 4, seq],
        [8, 4, ack],
        [12, 1, (5 + options.length / 4) * 16],
        [13, 1, tcpFlags],
        [14, 2, 65535],
      ];
      return summed(datagram, Buffer.concat([words(20, ...ports, ...rest), options, data]), 16);
    }
    case UDP:
      return summed(datagram, Buffer.concat([words(8, ...ports, [4, 2, 8 + data.length]), data]), 6);
    case UDPLITE:
      return summed(datagram, Buffer.concat([words(8, ...ports), data]), 6);
    case SCTP: {
      const whole = Buffer.concat([words(12, ...ports), data]);
      whole.writeUInt32LE(crc32c(whole), 8);
      return whole;
    }
    case DCCP:
      return Buffer.concat([words(16, ...ports, [4, 1, 4]), data]);
    case ICMP: {
      const whole = Buffer.concat([words(8, [0, 2, icmpType], [4, 4, icmpRest]), data]);
      whole.writeUInt16BE(checksum(whole), 2);
      return whole;
    }
    case ICMP6:
      return summed(datagram, Buffer.concat([words(8, [0, 2, icmpType], [4, 4, icmpRest]), data]), 2);
    default:
      return data;
  }
}

/** With the checksum over the pseudo header. */
function summed({ family, source, destination, protocol }: Datagram, inside: Buffer, at: number): Buffer {
  const tail = Buffer.alloc(family === "ipv4" ? 4 : 8);
  tail.writeUInt8(protocol, family === "ipv4" ? 1 : 7);
  tail.writeUInt16BE(inside.length, 2);
  const pseudo = Buffer.concat([bytesOf(source), bytesOf(destination), tail, inside]);
  inside.writeUInt16BE(checksum(pseudo) || 0xffff, at);
  return inside;
}

function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at] as number) * 256 + (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

/** SCTP's checksum: RFC 9260, appendix A. */
function crc32c(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

function bytesOf(text: string): Buffer {
  const address = readAddress(text);
  if (address === undefined) throw new Error(`no address: ${text}`);
  return Buffer.from(address.toString(16).padStart(typeof address === "bigint" ? 32 : 8, "0"), "hex");
}
const textOf = (bytes: Buffer): string =>
  writeAddress(bytes.length === 4 ? bytes.readUInt32BE(0) : BigInt(`0x${bytes.toString("hex")}`));

export function decode(packet: Buffer): Datagram {
  return packet.readUInt8(0) >> 4 === 4 ? decodeFour(packet) : decodeSix(packet);
}

function decodeFour(packet: Buffer): Datagram {
  const length = ((packet[0] as number) & 15) * 4;
  const flags = packet.readUInt16BE(6);
  const fragment = (flags & 0x3fff) === 0 ? {} : { fragment: { offset: flags & 0x1fff, more: (flags & 0x2000) !== 0 } };
  const head = {
    family: "ipv4" as const,
    source: textOf(packet.subarray(12, 16)),
    destination: textOf(packet.subarray(16, 20)),
    ttl: packet.readUInt8(8),
    tos: packet.readUInt8(1),
    id: packet.readUInt16BE(4),
    protocol: packet.readUInt8(9),
    ...(length > 20 ? { ipOptions: packet.toString("hex", 20, length) } : {}),
    ...fragment,
  };
  return decodeInside(head, packet.subarray(length, packet.readUInt16BE(2)));
}

function decodeSix(packet: Buffer): Datagram {
  const isPiece = packet[6] === FRAGMENT;
  const head = {
    family: "ipv6" as const,
    source: textOf(packet.subarray(8, 24)),
    destination: textOf(packet.subarray(24, 40)),
    ttl: packet.readUInt8(7),
    tos: (packet.readUInt16BE(0) >> 4) & 0xff,
    id: isPiece ? packet.readUInt32BE(44) : packet.readUInt32BE(0) & 0xfffff,
    protocol: packet.readUInt8(isPiece ? 40 : 6),
    ...(isPiece
      ? { fragment: { offset: packet.readUInt16BE(42) >> 3, more: (packet.readUInt16BE(42) & 1) === 1 } }
      : {}),
  };
  return decodeInside(head, packet.subarray(isPiece ? 48 : 40, 40 + packet.readUInt16BE(4)));
}

function decodeInside(head: Omit<Datagram, "body">, inside: Buffer): Datagram {
  const rest = (at: number) => inside.toString("hex", at);
  if (head.fragment) return { ...head, body: rest(0) };
  const { protocol } = head;
  const ports = () => ({ sourcePort: inside.readUInt16BE(0), destinationPort: inside.readUInt16BE(2) });
  if (protocol === TCP && inside.length >= 20) {
    const header = (inside.readUInt8(12) >> 4) * 4;
    const options = header > 20 ? { tcpOptions: inside.toString("hex", 20, header) } : {};
    const [seq, ack, tcpFlags] = [inside.readUInt32BE(4), inside.readUInt32BE(8), inside.readUInt8(13) & 63];
    return { ...head, ...ports(), seq, ack, tcpFlags, ...options, body: rest(header) };
  }
  if ((protocol === UDP || protocol === UDPLITE) && inside.length >= 8) return { ...head, ...ports(), body: rest(8) };
  if (protocol === SCTP || protocol === DCCP) return { ...head, ...ports(), body: rest(protocol === SCTP ? 12 : 16) };
  if ((protocol === ICMP || protocol === ICMP6) && inside.length >= 8)
    return { ...head, icmpType: inside.readUInt16BE(0), icmpRest: inside.readUInt32BE(4), body: rest(8) };
  return { ...head, body: rest(0) };
}
