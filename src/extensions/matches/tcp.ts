import { all, any, bitsOf, type Condition, never, present, TCP_FLAGS, within } from "../../facts/index.ts";
import { BadValue, type Given, match, type Value } from "../define.ts";
import {
  asked,
  asks,
  atTransport,
  integer,
  ofHeader,
  ownPorts,
  portWords,
  truncated,
  writePortsAbove,
} from "../values.ts";

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
    flagsText({ mask, compare }),
  );
const flagsText = ({ mask, compare }: FlagPair): string => `${names(mask)} ${names(compare)}`;

const options = {
  "--sport": ownPorts({ aliases: ["--source-port"] }),
  "--dport": ownPorts({ aliases: ["--destination-port"] }),
  "--tcp-option": integer({ min: 1, max: 255, negatable: true }),
  "--tcp-flags": flagPair,
};

/** include/uapi/linux/tcp.h tcphdr */
const BYTES = 20;
const ports = (given: Given<typeof options>): readonly Condition[] => [
  asks("sourcePort", given["--sport"]),
  asks("destinationPort", given["--dport"]),
];
const portsAndFlags = (given: Given<typeof options>): readonly Condition[] => [
  ...ports(given),
  asked(given["--tcp-flags"], flags),
];

function natively(given: Given<typeof options>): Condition {
  const flag = given["--tcp-flags"];
  const words = portWords(given);
  return all(
    words === "" ? all() : atTransport(4, `tcp${words}`, ...ports(given)),
    flag ? atTransport(14, `tcp flags ${flag.negated ? "! " : ""}${flagsText(flag.value)}`, asked(flag, flags)) : all(),
  );
}

/** tcp header fields. net/netfilter/xt_tcpudp.c; semantics 6.2, recording t08. */
export const tcp = match({
  name: "tcp",
  families: ["ipv4", "ipv6"],
  options,
  placement: { protocols: ["tcp"] },
  nativeInNft: (given) => !given["--tcp-option"],
  // with --tcp-option it is kept as it is
  write: (given, saver) => (given["--tcp-option"] ? null : writePortsAbove(options, given, saver)),
  means(given, _host, _family, backend) {
    if (backend === "nft" && !given["--tcp-option"]) return natively(given);
    return ofHeader(
      BYTES,
      ...portsAndFlags(given),
      asked(given["--tcp-option"], (option) => {
        const bit = bitsOf([option]);
        return { is: "bits", field: "tcpOptions", mask: bit, value: bit, wants: `option ${option}` };
      }),
    );
  },
  dropsIf: (given, family) =>
    any(
      truncated(BYTES),
      given["--tcp-option"] ? all(...portsAndFlags(given), present("incomplete")) : never,
      // 8 bytes into the header; IPv6 counts in bytes, and has no such offset
      family === "ipv4" ? within("fragmentOffset", [[1, 2]], "1") : never,
    ),
});
