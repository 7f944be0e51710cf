/** The notations of option values: one function each, read and written as iptables-save does. */
import {
  after,
  all,
  allValues,
  always,
  type Condition,
  type Field,
  not,
  prefix,
  prefixRange,
  present,
  protocolName,
  protocolNumber,
  type Range,
  type Ranges,
  readAddress,
  readMac,
  unite,
  within,
  writeAddress,
  writeMac,
} from "../facts/index.ts";
import type { Word } from "../syntax/index.ts";
import { BadValue, type One, type Value } from "./define.ts";

/** A value that is a set of field values, and the text that iptables-save prints for it. */
export interface Written {
  readonly text: string;
  readonly ranges: Ranges;
}
interface More {
  readonly aliases?: readonly string[];
  readonly negatable?: boolean;
}
/** A value of one word. `read` gives undefined where the word is not one. */
function word<T>(
  expected: string,
  read: (text: string) => T | undefined,
  write: (value: T, negated: boolean) => string | null,
  more: More = {},
): Value<T> {
  return {
    arity: 1,
    negatable: true,
    ...more,
    read([first]) {
      const given = first as Word;
      const value = read(given.text);
      if (value === undefined) throw new BadValue(given, expected);
      return value;
    },
    write(value, negated) {
      const text = write(value, negated);
      return text === null ? null : [text];
    },
  };
}
const written = (expected: string, read: (text: string) => Written | undefined, more?: More): Value<Written> =>
  word(expected, read, (value) => value.text, more);

/** The field is there and in (`!`: outside) the set; an option that was not given asks nothing. Absent is no either way. */
export function asks(field: Field, given: One<Written> | undefined): Condition {
  if (!given) return always;
  const inside = within(field, given.value.ranges, given.value.text);
  return given.negated ? all(present(field), not(inside)) : inside;
}
/** Like `asks`, for fields whose absence counts as a value of its own: `!` is then yes. */
export function compares(field: Field, given: One<Written> | undefined): Condition {
  if (!given) return always;
  const inside = within(field, given.value.ranges, given.value.text);
  return given.negated ? not(inside) : inside;
}
/** Later fragments carry no transport header: no in both polarities (semantics 6.2; xt_tcpudp.c). */
export const firstFragment = (...of: readonly Condition[]): Condition =>
  all(within("fragmentOffset", [[0, 1]], "a first fragment"), ...of);

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

/** By name or number; `all` and 0 are every protocol and are not printed. */
export const protocol = (more?: More): Value<Written> =>
  word(
    "a protocol name or number",
    (text) => {
      const number = text === "all" ? 0 : protocolNumber(text);
      if (number === undefined) return undefined;
      return number === 0
        ? { text: "all", ranges: allValues("protocol", "ipv4") }
        : { text: protocolName(number), ranges: [[number, number + 1]] };
    },
    (value, negated) => (value.text === "all" && !negated ? null : value.text),
    more,
  );

const SERVICES: Readonly<Record<string, number>> = { ssh: 22, smtp: 25, domain: 53, http: 80, ntp: 123, https: 443 };
function port(text: string): number | undefined {
  const number = /^\d+$/.test(text) ? Number(text) : SERVICES[text];
  return number !== undefined && number <= 65535 ? number : undefined;
}
function portRange(text: string): Range | undefined {
  const [first = "", last, more] = text.split(":");
  const low = first === "" && last !== undefined ? 0 : port(first);
  const high = last === undefined ? low : last === "" ? 65535 : port(last);
  if (more !== undefined || low === undefined || high === undefined || low > high) return undefined;
  return [low, high + 1];
}
const portText = ([low, high]: Range): string =>
  Number(high) - 1 === low ? String(low) : `${low}:${Number(high) - 1}`;
/** `80`, `1024:65535`, `:1023`. */
export const ports = (more?: More): Value<Written> =>
  written(
    "a port 0-65535, or first:last",
    (text) => {
      const range = portRange(text);
      return range && { text: portText(range), ranges: [range] };
    },
    more,
  );
/** Up to 15 ports, a range counting as two. */
export const portList = (more?: More): Value<Written> =>
  written(
    "up to 15 ports or first:last, separated by commas",
    (text) => {
      const ranges = text.split(",").map(portRange);
      if (ranges.some((range) => !range)) return undefined;
      const list = ranges as Range[];
      const slots = list.reduce((sum, [low, high]) => sum + (Number(high) - 1 === low ? 1 : 2), 0);
      return slots > 15 ? undefined : { text: list.map(portText).join(","), ranges: unite(list) };
    },
    more,
  );

/** Names out of a fixed list, printed in the list's order. */
export const names = (list: readonly string[], more?: More): Value<readonly string[]> =>
  word(
    `a list of ${list.join(", ")}`,
    (text) => {
      const given = text.split(",").map((name) => name.toUpperCase());
      return given.every((name) => list.includes(name)) ? list.filter((name) => given.includes(name)) : undefined;
    },
    (value) => value.join(","),
    more,
  );
export const oneOf = (list: readonly string[], more?: More): Value<string> =>
  word(
    `one of ${list.join(", ")}`,
    (text) => (list.includes(text) ? text : undefined),
    (value) => value,
    more,
  );

/** Any text; `limit` is where the tool cuts or refuses it. */
export const text = (more: More & { quoted?: boolean } = {}): Value<string> => ({
  ...word<string>(
    "a word",
    (given) => given,
    (value) => value,
    { negatable: false, ...more },
  ),
  quoted: more.quoted ?? false,
});
export const flag = (more: More = {}): Value<true> => ({
  arity: 0,
  ...more,
  read: () => true,
  write: () => [],
});
export const number = (max: number, more?: More): Value<number> =>
  word(
    `a number 0-${max}`,
    (given) => (/^(\d+|0x[0-9a-f]+)$/i.test(given) && Number(given) <= max ? Number(given) : undefined),
    String,
    { negatable: false, ...more },
  );

export interface Masked {
  readonly value: number;
  readonly mask: number;
}
/** `0x1/0xff`; printed in hex, the mask only when it is not full. */
export const masked = (more: More & { always?: boolean } = {}): Value<Masked> =>
  word(
    "a value 0-0xffffffff, or value/mask",
    (given) => {
      const parts = given.split("/");
      if (parts.length > 2 || parts.some((part) => !/^(\d+|0x[0-9a-f]+)$/i.test(part) || Number(part) > 0xffffffff))
        return undefined;
      return { value: Number(parts[0]), mask: parts[1] === undefined ? 0xffffffff : Number(parts[1]) };
    },
    ({ value, mask }) =>
      `0x${value.toString(16)}${mask === 0xffffffff && !more.always ? "" : `/0x${mask.toString(16)}`}`,
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
export const portsTo = (more?: More): Value<Translation> =>
  word(
    "port[-port]",
    (given) => {
      const parts = /^(\d+)(?:-(\d+))?(\/\d+)?$/.exec(given);
      return parts
        ? { text: given, addresses: null, ports: [[Number(parts[1]), Number(parts[2] ?? parts[1]) + 1]] }
        : undefined;
    },
    (value) => value.text,
    { negatable: false, ...more },
  );

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

export { written };
