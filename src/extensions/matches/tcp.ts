import { type Condition, TCP_FLAGS, within } from "../../facts/index.ts";
import { BadValue, match, type Value } from "../define.ts";
import { asked, asks, firstFragment, integer, opaque, ownPorts, writePortsAbove } from "../values.ts";

interface FlagPair {
  readonly mask: number;
  readonly compare: number;
}
const BITS: ReadonlyMap<string, number> = new Map([
  ["ALL", 0x3f],
  ["NONE", 0],
  ...TCP_FLAGS.map((name, bit) => [name, 1 << bit] as const),
]);
function bits(text: string): number | undefined {
  const given = text.split(",").filter((name) => name !== "");
  return given.reduce<number | undefined>((sum, name) => {
    const bit = BITS.get(name.toUpperCase());
    return sum === undefined || bit === undefined ? undefined : sum | bit;
  }, 0);
}
const names = (value: number): string => TCP_FLAGS.filter((_, bit) => value & (1 << bit)).join(",") || "NONE";
const SYN: FlagPair = { mask: 0b010111, compare: 0b000010 };
const flagPair: Value<FlagPair> = {
  arity: 2,
  negatable: true,
  examples: ["SYN,ACK SYN", "ALL NONE", "fin,syn,rst,ack syn"],
  names: () => [...BITS.keys()],
  // iptables-save prints the shorthand as what it stands for
  shorthands: { "--syn": SYN },
  read(words) {
    const [mask, compare] = words.map((word) => {
      const value = bits(word.text);
      if (value === undefined) throw new BadValue(word, `NONE, ALL or a list of ${TCP_FLAGS.join(", ")}`);
      return value;
    });
    return { mask: mask ?? 0, compare: compare ?? 0 };
  },
  // no bits to look at: not printed, and with ! lost by iptables-nft
  write: ({ mask, compare }, negated, { backend }) =>
    mask === 0 && (!negated || backend === "nft") ? null : [names(mask), names(compare)],
};
const flags = ({ mask, compare }: FlagPair): Condition =>
  within(
    "tcpFlags",
    Array.from({ length: 64 }, (_, value) => value)
      .filter((value) => (value & mask) === compare)
      .map((value) => [value, value + 1] as const),
    `${names(mask)} ${names(compare)}`,
  );

const options = {
  "--sport": ownPorts({ aliases: ["--source-port"] }),
  "--dport": ownPorts({ aliases: ["--destination-port"] }),
  "--tcp-option": integer({ min: 1, max: 255, negatable: true }),
  "--tcp-flags": flagPair,
};

/** tcp header fields. net/netfilter/xt_tcpudp.c; semantics 6.2, recording t08. */
export const tcp = match({
  name: "tcp",
  families: ["ipv4", "ipv6"],
  options,
  placement: { protocols: ["tcp"] },
  nativeInNft: (given) => !given["--tcp-option"],
  // with --tcp-option it is kept as it is
  write: (given, saver) => (given["--tcp-option"] ? null : writePortsAbove(options, given, saver)),
  means: (given) =>
    firstFragment(
      asks("sourcePort", given["--sport"]),
      asks("destinationPort", given["--dport"]),
      asked(given["--tcp-flags"], flags),
      // no packet field holds the options
      asked(given["--tcp-option"], (option) => opaque(`tcp option ${option}`, "the packet's tcp options")),
    ),
});
