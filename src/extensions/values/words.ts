/** Notations of options that libxtables reads itself (xtoptions.c): names begun, hosts with their mask, 64 bits, ports. */
import {
  type Address,
  type Family,
  prefixRange,
  protocolNumber,
  type Range,
  readAddress,
  writeAddress,
} from "../../facts/index.ts";
import { decode, encode } from "../../source.ts";
import { BadValue, type Given, type One, type OptionTable, type Saver, type Value } from "../define.ts";
import { interfaceName, type Network } from "./address.ts";
import { readInteger, readInteger64 } from "./number.ts";
import { type More, type Written, word } from "./plain.ts";
import { ports } from "./transport.ts";

/**
 * Names out of a list, any case, each as short as one likes: the first that begins so is meant. Printed in the list's
 * order; `nothing` is the name that adds nothing to others.
 */
export const begunNames = (
  list: readonly string[],
  more: More & { nothing?: string } = {},
): Value<readonly string[]> => {
  const { nothing, ...rest } = more;
  const meant = (begun: string) =>
    begun === "" ? undefined : list.find((name) => name.startsWith(begun.toUpperCase()));
  return word(
    `a list of ${list.join(", ")}`,
    [list[1] ?? "", list.slice(-2).reverse().join(","), (list[1] ?? "").toLowerCase()],
    (text) => {
      const given = text.split(",").map(meant);
      if (given.includes(undefined)) return undefined;
      const wanted = list.filter((name) => given.includes(name));
      return wanted.length > 1 ? wanted.filter((name) => name !== nothing) : wanted;
    },
    (value) => value.join(","),
    { names: () => list, ...rest },
  );
};

/** inet_aton: the last part fills what is left, so `10.1` is 10.0.0.1, unlike what -s makes of it. */
function readHost(text: string, family: Family): Address | undefined {
  const whole = readAddress(text);
  if (whole !== undefined) return (typeof whole === "bigint") === (family === "ipv6") ? whole : undefined;
  if (family === "ipv6") return undefined;
  const parts = text.split(".");
  const last = readInteger(parts.pop() ?? "", 256 ** (4 - parts.length) - 1);
  const first = parts.map((part) => readInteger(part, 255));
  if (parts.length > 3 || last === undefined || first.includes(undefined)) return undefined;
  return first.reduce<number>((sum, part, at) => sum + (part ?? 0) * 256 ** (3 - at), last);
}
/** The length of a mask without holes. */
function lengthOf(mask: Address, bits: number): number | undefined {
  const text = mask.toString(2).padStart(bits, "0");
  return /^1*0*$/.test(text) ? text.lastIndexOf("1") + 1 : undefined;
}
/**
 * A host, or host/mask, whose bits outside the mask stay as they are; a full mask is not printed. Before 1.8.11 a mask
 * with holes was taken for a full one.
 */
export const hostMask = (more?: More): Value<Network> =>
  word(
    (family) => `an ${family === "ipv6" ? "IPv6" : "IPv4"} address, or address/mask`,
    ["10.0.0.1", "10.0.0.0/8", "192.168.1.7/255.255.255.0", "fd00::1", "fd00::1/64"],
    readHostMask,
    (value, _, { release }) =>
      value.contiguous || release >= 10811 ? value.text : (value.text.split("/")[0] ?? value.text),
    more,
  );
function readHostMask(text: string, family: Family): Network | undefined {
  const [first = "", tail, rest] = text.split("/");
  const bits = family === "ipv6" ? 128 : 32;
  const host = readHost(first, family);
  const mask = tail === undefined ? undefined : readAddress(tail);
  if (rest !== undefined || host === undefined || (mask !== undefined && typeof mask !== typeof host)) return undefined;
  const length = tail === undefined ? bits : mask === undefined ? readInteger(tail, bits) : lengthOf(mask, bits);
  if (length === undefined) {
    const text = `${writeAddress(host)}/${mask === undefined ? "" : writeAddress(mask)}`;
    return mask === undefined ? undefined : { text, ranges: [], contiguous: false, everything: false };
  }
  return {
    text: `${writeAddress(host)}${length === bits ? "" : `/${length}`}`,
    ranges: [prefixRange(host, length) as Range],
    contiguous: true,
    everything: length === 0,
  };
}

/** A whole number of 64 bits; not negatable unless `more` says so. */
export const integer64 = (more: More = {}): Value<bigint> =>
  word("a number 0-18446744073709551615", ["0", "1500", "0x10", "18446744073709551615"], readInteger64, String, {
    negatable: false,
    ...more,
  });

/** A protocol by name or number, which some extensions print as a number. */
export const numberedProtocol = (more?: More): Value<number> =>
  word(
    "a protocol name or number 1-255",
    ["tcp", "17", "icmp", "0x2f"],
    (text) => {
      const number = readInteger(text, 255) ?? protocolNumber(text);
      return number === 0 ? undefined : number;
    },
    String,
    more,
  );

/** Ports of tcp and udp: all of them are not printed, nor were all but all of them before 1.8.11 (libxt_tcp.c). */
export const ownPorts = (more?: More): Value<Written> => ({
  ...ports(more),
  write: ({ text }, negated, { release }) => (text === "0:65535" && (!negated || release < 10811) ? null : [text]),
});

/** What was asked of the ports, to tell one question from another. */
export const portWords = (given: Given<OptionTable>): string =>
  ["--sport", "--dport"]
    .flatMap((flag) => {
      const one = given[flag] as One<Written> | undefined;
      return one ? [`${one.negated ? " !" : ""} ${flag} ${one.value.text}`] : [];
    })
    .join("");

/** Of a range of ICMP codes iptables-save prints the first. */
export const firstCode = (types: Value<Written>): Value<Written> => ({
  ...types,
  read(words, flag, family) {
    const [word] = words;
    if (word && word.text.split("/").length > 2) throw new BadValue(word, "an ICMP type, type/code or name");
    return types.read(words, flag, family);
  },
  write: ({ text }) => [text.replace(/:.*/, "")],
});

/** A bridge port: an interface name, `+` alone being printed too. */
export const bridgePort = (more?: More): Value<Written> => ({ ...interfaceName(more), write: ({ text }) => [text] });

/** Bare, or in quotes because of what is in it, with nothing to escape. */
const plainText = (bytes: number): RegExp =>
  new RegExp(`^(?=.{1,${bytes}}$)(?:[\\w-]+|"[^"\\\\']*[^\\w"\\\\'-][^"\\\\']*")$`, "s");
/** Any text of which so many bytes are kept; `bare`: printed without quotes, whatever is in it. */
export const kept = (bytes: number, more: More & { bare?: boolean } = {}): Value<string> => {
  const { bare = false, ...rest } = more;
  const value = word(
    "a word",
    ["foo", "Foo-1_2"],
    (text) => decode(encode(text).slice(0, bytes)),
    (text) => text,
    { negatable: false, ...(bare ? {} : { plain: plainText(bytes) }), ...rest },
  );
  return bare ? value : { quoted: false, ...value };
};

/** One option as it is printed, if at all: for extensions that order or choose what they print themselves. */
export function optionText<T>(flag: string, value: Value<T>, one: One<T>, saver: Saver): readonly string[] {
  const words = value.write(one.value, one.negated, saver);
  return words === null ? [] : [[...(one.negated ? ["!"] : []), flag, ...words].join(" ")];
}

/**
 * iptables-nft keeps all but the first ports as the ports above them (iptables/nft.c expr_gen_range_cmp16), and so
 * prints them; null: as they were given.
 */
export function writePortsAbove<O extends OptionTable>(options: O, given: Given<O>, saver: Saver) {
  const ones: Readonly<Record<string, One<Written> | undefined>> = given as never;
  const above = (flag: string): Range | null => {
    const one = ones[flag];
    const [range] = one?.value.ranges ?? [];
    const isBelow = one?.negated && range?.[0] === 0 && Number(range[1]) > 1 && Number(range[1]) < 65536;
    return isBelow ? [Number(range[1]), 65536] : null;
  };
  const flags = ["--sport", "--dport"];
  if (saver.backend === "legacy" || !flags.some(above)) return null;
  return Object.entries(options).flatMap(([flag, value]) => {
    const one = ones[flag];
    const range = flags.includes(flag) ? above(flag) : null;
    if (one && range) return [`${flag} ${range[0] === 65535 ? "" : `${range[0]}:`}65535`];
    return one ? optionText(flag, value, one, saver) : [];
  });
}
