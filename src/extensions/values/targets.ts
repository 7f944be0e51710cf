/** What targets take: a host, a word as it stands, a set and its directions, ARP header values. */
import { type Address, readMac, writeAddress } from "../../facts/index.ts";
import { own } from "../../own.ts";
import { BadValue, type Value } from "../define.ts";
import { readAddressOf } from "./address.ts";
import { readInteger } from "./number.ts";
import { type More, word } from "./plain.ts";

/** A single address as getaddrinfo reads it: the last part of `10.1` fills what is left, 10.0.0.1. */
export const host = (more?: More): Value<Address> =>
  word(
    (family) => `an ${family === "ipv6" ? "IPv6" : "IPv4"} address`,
    ["10.0.0.1", "192.168.0.254", "fd00::1"],
    (text, family) => (family === "ipv6" ? readAddressOf(text, family) : shortened(text)),
    writeAddress,
    { negatable: false, ...more },
  );
function shortened(text: string): number | undefined {
  const parts = text.split(".");
  const last = parts.length - 1;
  const values = parts.map((part, at) => readInteger(part, at === last ? 256 ** (4 - last) - 1 : 255));
  if (last > 3 || values.includes(undefined)) return undefined;
  return values.reduce<number>((sum, value, at) => sum + (value ?? 0) * (at === last ? 1 : 256 ** (3 - at)), 0);
}

/** Any word, printed as it stands and never quoted; the tool keeps `cut` characters of it and prints none of an empty one. */
export const bareWord = (cut: number, examples: readonly string[]): Value<string> =>
  word(
    "a word",
    examples,
    (text) => text.slice(0, cut),
    (value) => value,
    { negatable: false },
  );

export interface SetEntry {
  readonly name: string;
  readonly directions: readonly string[];
}
/** A set and up to 6 directions, of which three letters count (libxt_set.h parse_dirs). */
export const setEntry: Value<SetEntry> = {
  arity: 2,
  examples: ["hosts src", "pairs src,dst"],
  read([name, directions]) {
    if (!name || Buffer.byteLength(name.text) > 31)
      throw new BadValue(name as never, "a set's name of at most 31 bytes");
    const list = directions?.text.split(",").map((each) => each.slice(0, 3)) ?? [];
    if (list.length > 6 || list.some((each) => each !== "src" && each !== "dst"))
      throw new BadValue(directions as never, "up to 6 of src and dst, separated by commas");
    return { name: name.text, directions: list };
  },
  write: ({ name, directions }) => [name, directions.join(",")],
};

const MAC_NAMES: Readonly<Record<string, string>> = {
  unicast: "00:00:00:00:00:00/01:00:00:00:00:00",
  multicast: "01:00:00:00:00:00/01:00:00:00:00:00",
  broadcast: "ff:ff:ff:ff:ff:ff",
  bga: "01:80:c2:00:00:00",
};
/** A MAC, MAC/mask, or a name of one; arptables-nft-save prints no name, and loses masks of whole bytes (nft_arp_parse_devaddr). */
export const arpMac = (more?: More): Value<{ readonly text: string; readonly lost: boolean }> =>
  word(
    "a MAC address, MAC/mask, Unicast, Multicast, Broadcast or BGA",
    ["00:11:22:33:44:55", "02:00:00:00:00:00/03:00:00:00:00:00", "Multicast"],
    (given) => {
      const [address = "", mask = "ff:ff:ff:ff:ff:ff", rest] = (own(MAC_NAMES, given.toLowerCase()) ?? given).split(
        "/",
      );
      const [low, bits] = [macBytes(address), macBytes(mask)];
      if (rest !== undefined || !low || !bits) return undefined;
      const base = writeBytes(low.map((byte, at) => byte & (bits[at] ?? 0)));
      const full = bits.every((byte) => byte === 0xff);
      return {
        text: full ? base : `${base}/${writeBytes(bits)}`,
        lost: !full && /^(ff)*(00)*$/.test(hexBytes(bits).join("")),
      };
    },
    ({ text, lost }) => (lost ? null : text),
    more,
  );
const macBytes = (text: string): readonly number[] | undefined =>
  readMac(text) === undefined ? undefined : text.split(":").map((byte) => Number.parseInt(byte, 16));
const hexBytes = (bytes: readonly number[]): readonly string[] =>
  bytes.map((byte) => byte.toString(16).padStart(2, "0"));
const writeBytes = (bytes: readonly number[]): string => hexBytes(bytes).join(":");
