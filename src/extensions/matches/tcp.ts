import { type Condition, TCP_FLAGS, within } from "../../facts/index.ts";
import { BadValue, match, type Value } from "../define.ts";
import { asked, asks, firstFragment, integer, opaque, ports } from "../values.ts";

interface FlagPair {
  readonly mask: number;
  readonly compare: number;
}
function bits(text: string): number | undefined {
  if (text === "ALL") return 63;
  if (text === "NONE") return 0;
  const at = text.split(",").map((name) => (TCP_FLAGS as readonly string[]).indexOf(name));
  return at.includes(-1) ? undefined : at.reduce((sum, bit) => sum | (1 << bit), 0);
}
const names = (value: number): string => TCP_FLAGS.filter((_, bit) => value & (1 << bit)).join(",") || "NONE";
const SYN: FlagPair = { mask: 0b010111, compare: 0b000010 };
const flagPair: Value<FlagPair> = {
  arity: 2,
  negatable: true,
  examples: ["SYN,ACK SYN", "ALL NONE", "FIN,SYN,RST,ACK SYN"],
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
  write: ({ mask, compare }) => [names(mask), names(compare)],
};
const flags = ({ mask, compare }: FlagPair): Condition =>
  within(
    "tcpFlags",
    Array.from({ length: 64 }, (_, value) => value)
      .filter((value) => (value & mask) === compare)
      .map((value) => [value, value + 1] as const),
    `${names(mask)} ${names(compare)}`,
  );

/** tcp header fields. net/netfilter/xt_tcpudp.c; semantics 6.2, recording t08. */
export const tcp = match({
  name: "tcp",
  families: ["ipv4", "ipv6"],
  options: {
    "--sport": ports({ aliases: ["--source-port"] }),
    "--dport": ports({ aliases: ["--destination-port"] }),
    "--tcp-flags": flagPair,
    "--tcp-option": integer({ min: 1, max: 255, negatable: true }),
  },
  placement: { protocols: ["tcp"] },
  nativeInNft: true,
  means: (given) =>
    firstFragment(
      asks("sourcePort", given["--sport"]),
      asks("destinationPort", given["--dport"]),
      asked(given["--tcp-flags"], flags),
      // no packet field holds the options
      asked(given["--tcp-option"], (option) => opaque(`tcp option ${option}`, "the packet's tcp options")),
    ),
});
