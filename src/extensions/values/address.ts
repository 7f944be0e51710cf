/** Addresses, interfaces and what NAT makes of them. */
import {
  after,
  type Condition,
  not,
  prefix,
  prefixRange,
  type Range,
  type Ranges,
  readAddress,
  readMac,
  writeAddress,
  writeMac,
} from "../../facts/index.ts";
import type { One, Value } from "../define.ts";
import { compares, type More, type Written, word, written } from "./plain.ts";

export interface Network extends Written {
  /** False for a mask with holes: no set of ranges, so its match is not modelled. */
  readonly contiguous: boolean;
  readonly everything: boolean;
}
/** `10.0.0.0/8`, `10.0.0.0/255.0.255.0`, `fd00::/64`; printed with /prefix always. */
export function network(more?: More & { bare?: boolean }): Value<Network> {
  const read = (text: string): Network | undefined => {
    const slash = text.indexOf("/");
    const address = readAddress(slash < 0 ? text : text.slice(0, slash));
    if (address === undefined) return undefined;
    const bits = typeof address === "bigint" ? 128 : 32;
    const tail = slash < 0 ? String(bits) : text.slice(slash + 1);
    if (/^\d{1,3}$/.test(tail)) return prefixed(address, Number(tail), bits, more?.bare ?? false);
    const mask = readAddress(tail);
    if (mask === undefined || typeof mask !== typeof address) return undefined;
    const length = maskLength(BigInt(mask), bits);
    if (length !== undefined) return prefixed(address, length, bits, more?.bare ?? false);
    const base = BigInt(address) & BigInt(mask);
    const low = bits === 32 ? Number(base) : base;
    return { text: `${writeAddress(low)}/${writeAddress(mask)}`, ranges: [], contiguous: false, everything: false };
  };
  const write = (value: Network, negated: boolean) => (value.everything && !negated ? null : value.text);
  return word("an address, or address/prefix", read, write, more);
}
function prefixed(address: number | bigint, length: number, bits: number, bare: boolean): Network | undefined {
  const range = prefixRange(address, length);
  if (!range) return undefined;
  const text = writeAddress(range[0] as number | bigint);
  return {
    text: bare && length === bits ? text : `${text}/${length}`,
    ranges: [range],
    contiguous: true,
    everything: length === 0,
  };
}
function maskLength(mask: bigint, bits: number): number | undefined {
  const text = mask.toString(2).padStart(bits, "0");
  return /^1*0*$/.test(text) ? text.lastIndexOf("1") + 1 : undefined;
}

/** `eth0`, `eth+`; `+` alone is every interface and is not printed. */
export const interfaceName = (more?: More): Value<Written> =>
  word(
    "an interface name of at most 15 characters",
    (text) => {
      if (text === "" || text.length > 15) return undefined;
      const range: Range = text.endsWith("+") ? prefix(text.slice(0, -1)) : [text, after(text)];
      return { text, ranges: [range] };
    },
    (value, negated) => (value.text === "+" && !negated ? null : value.text),
    more,
  );

export interface Translation {
  readonly text: string;
  readonly addresses: Ranges | null;
  readonly ports?: Ranges;
}
/** `10.0.0.1`, `10.0.0.1-10.0.0.9:80-90/80`, `[fd00::1]:80`, `:8080`. */
export const translation = (more?: More): Value<Translation> =>
  word("address[-address][:port[-port]]", readTranslation, (value) => value.text, { negatable: false, ...more });
function readTranslation(given: string): Translation | undefined {
  const parts = /^(?:\[([^\]]+)\](?=:|$)|([^[\]]*?))(?::(\d+)(?:-(\d+))?(\/\d+)?)?$/.exec(given);
  const six = given.startsWith("[") ? null : (given.match(/:/g)?.length ?? 0) > 1;
  const host = six ? given : (parts?.[1] ?? parts?.[2]);
  if (host === undefined) return undefined;
  const [first = "", last = first] = host.split("-");
  const [low, high] = [readAddress(first), readAddress(last)];
  if (host !== "" && (low === undefined || high === undefined || typeof low !== typeof high || low > high))
    return undefined;
  const addresses: Ranges | null = low === undefined || high === undefined ? null : [[low, after(high)]];
  if (six || parts?.[3] === undefined) return host === "" ? undefined : { text: given, addresses };
  const portRange: Range = [Number(parts[3]), Number(parts[4] ?? parts[3]) + 1];
  return { text: given, addresses, ports: [portRange] };
}
const EB_MACS: Readonly<Record<string, readonly [string, string]>> = {
  Unicast: ["00:00:00:00:00:00", "01:00:00:00:00:00"],
  Multicast: ["01:00:00:00:00:00", "01:00:00:00:00:00"],
  Broadcast: ["ff:ff:ff:ff:ff:ff", "ff:ff:ff:ff:ff:ff"],
  BGA: ["01:80:c2:00:00:00", "ff:ff:ff:ff:ff:ff"],
};
/** A MAC, MAC/mask or ebtables' names for some; a mask that is no prefix gives no ranges. */
export const macMask = (more?: More): Value<Written> =>
  written(
    "a MAC address, MAC/mask, Unicast, Multicast, Broadcast or BGA",
    (given) => {
      const named = Object.keys(EB_MACS).find((name) => name.toLowerCase() === given.toLowerCase());
      const [macText = "", maskText = "ff:ff:ff:ff:ff:ff"] = named ? (EB_MACS[named] ?? []) : given.split("/");
      const [mac, mask] = [readMac(macText), readMac(maskText)];
      if (mac === undefined || mask === undefined) return undefined;
      const length = maskLength(BigInt(mask), 48);
      const size = length === undefined ? 1 : 2 ** (48 - length);
      const low = Math.floor(mac / size) * size;
      const full = mask === 2 ** 48 - 1;
      return {
        text: named ?? (full ? writeMac(mac) : `${writeMac(mac)}/${writeMac(mask)}`),
        ranges: length === undefined ? [] : [[low, low + size]],
      };
    },
    more,
  );

/** An address in a network; a mask with holes is no set of ranges, and its match not modelled. */
export function addressIs(field: "source" | "destination", given: One<Network> | undefined): Condition {
  if (!given || given.value.contiguous) return compares(field, given);
  const opaque: Condition = { is: "opaque", key: `${field} in ${given.value.text}`, settledBy: "the address" };
  return given.negated ? not(opaque) : opaque;
}
