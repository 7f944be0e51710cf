/** Addresses and prefixes as values: IPv4 a number, IPv6 a bigint, MAC a number of 48 bits. */
import ipaddr from "ipaddr.js";
import type { Range } from "./value-set.ts";

/** arp: arptables' rules, which no IP packet passes. */
export type Family = "ipv4" | "ipv6" | "bridge" | "arp";
export type Address = number | bigint;

const BYTE = String.raw`(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`;
/** The library's own test throws for what is none, which a dump of many mistakes cannot afford. */
const DOTTED = new RegExp(`^${BYTE}(?:\\.${BYTE}){3}$`);

/** undefined when the text is not an address of that family; four dotted parts or an IPv6 address only. */
export function readAddress(text: string): Address | undefined {
  if (DOTTED.test(text)) return text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  if (!text.includes(":") || text.includes("%") || !ipaddr.IPv6.isValid(text)) return undefined;
  // the library takes `::1.2.3.4` for a mapped address
  const plain = text.replace(/:(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...bytes: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.slice(0, 4).map(Number);
    return `:${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
  return ipaddr.IPv6.parse(plain).parts.reduce((sum, part) => sum * 65536n + BigInt(part), 0n);
}

export function writeAddress(address: Address): string {
  if (typeof address === "number") return [24, 16, 8, 0].map((k) => Math.floor(address / 2 ** k) % 256).join(".");
  // libc's inet_ntop: IPv4-mapped addresses, and compatible ones, with dots
  const low = Number(address & 0xffffffffn);
  if (address >> 32n === 0xffffn) return `::ffff:${writeAddress(low)}`;
  if (address >> 32n === 0n && low > 0xffff) return `::${writeAddress(low)}`;
  const parts = Array.from({ length: 8 }, (_, i) => Number((address >> BigInt(112 - 16 * i)) & 0xffffn));
  return new ipaddr.IPv6(parts).toRFC5952String();
}

/** The addresses of a prefix; a prefix length that the family cannot have gives undefined. */
export function prefixRange(address: Address, length: number): Range | undefined {
  if (typeof address === "number") {
    if (!(length >= 0 && length <= 32)) return undefined;
    const size = 2 ** (32 - length);
    const low = Math.floor(address / size) * size;
    return [low, low + size];
  }
  if (!(length >= 0 && length <= 128)) return undefined;
  const size = 1n << BigInt(128 - length);
  const low = (address / size) * size;
  return [low, low + size];
}

/** `10.0.0.0/8`, `fd00::/64`, `10.0.0.1`: undefined when it is no such thing. */
export function readPrefix(text: string): Range | undefined {
  const slash = text.indexOf("/");
  const address = readAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) return undefined;
  const tail = slash < 0 ? null : text.slice(slash + 1);
  if (tail !== null && !/^\d{1,3}$/.test(tail)) return undefined;
  return prefixRange(address, tail === null ? (typeof address === "number" ? 32 : 128) : Number(tail));
}

/** `02:42:c0:a8:00:02`, zero padding optional (ebtables legacy prints none). */
export function readMac(text: string): number | undefined {
  if (!/^([0-9a-f]{1,2}:){5}[0-9a-f]{1,2}$/i.test(text)) return undefined;
  return text.split(":").reduce((sum, part) => sum * 256 + Number.parseInt(part, 16), 0);
}

/** Broadcast and multicast frames. */
export const GROUP_MACS: readonly (readonly [number, number])[] = Array.from({ length: 128 }, (_, at) => [
  (2 * at + 1) * 2 ** 40,
  (2 * at + 2) * 2 ** 40,
]);
export const isGroupMac = (mac: number): boolean => Math.floor(mac / 2 ** 40) % 2 === 1;

export const writeMac = (mac: number): string =>
  [40, 32, 24, 16, 8, 0].map((k) => (Math.floor(mac / 2 ** k) % 256).toString(16).padStart(2, "0")).join(":");
