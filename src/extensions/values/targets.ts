/** What targets take: a host, a word as it stands, a set and its directions. */
import { type Address, writeAddress } from "../../facts/index.ts";
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

/** A set of addresses by its name, as something that rules change: `SET` does, and `-m set` asks. */
export const setNamed = (name: string): string => `set ${name}`;

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
