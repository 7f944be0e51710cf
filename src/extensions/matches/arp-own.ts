import { all, type Condition } from "../../facts/index.ts";
import { match, type Saver, type Value } from "../define.ts";
import {
  ARP_OPCODES,
  addressIs,
  arpMac,
  asked,
  hex,
  interfaceIs,
  interfaceName,
  type Masked,
  network,
  opaque,
  readInteger,
  word,
} from "../values.ts";

type Write = (value: Masked, negated: boolean, saver: Saver) => string | null;
/** A value and mask, both in this base (0: as C writes numbers), or a name. Without a mask all bits count. */
const header = (base: 0 | 10 | 16, max: number, names: readonly string[], first: number, write: Write) => {
  const digits = base === 16 ? /^(?:0x)?[\da-f]+$/i : /^\d+$/;
  const number = (text: string): number | undefined => {
    if (base === 0) return readInteger(text, max);
    const value = digits.test(text) ? Number.parseInt(text, base) : undefined;
    return value !== undefined && value <= max ? value : undefined;
  };
  return (expected: string, examples: readonly string[], aliases: readonly string[] = []): Value<Masked> =>
    word(
      expected,
      examples,
      (text) => {
        const named = names.findIndex((name) => name.toLowerCase() === text.toLowerCase());
        if (named >= 0) return { value: named + first, mask: max };
        const [low = "", mask, more] = text.split("/");
        const [value, bits] = [number(low), mask === undefined ? max : number(mask)];
        return more !== undefined || value === undefined || bits === undefined ? undefined : { value, mask: bits };
      },
      write,
      { aliases },
    );
};
/** Before 1.8.11 masks and what is asked by default got lost (iptables/nft-arp.c nft_arp_add, nft_arp_print_rule_details). */
const tail = (mask: number, full: number, show: (value: number) => string): string =>
  mask === full ? "" : `/${show(mask)}`;
const hex16 = (value: number): string => hex(value);
const length = header(10, 255, [], 0, ({ mask }, negated, { release }) => {
  if (release < 10811) return negated && release >= 10810 ? "6" : null;
  return negated || mask !== 255 ? `6${tail(mask, 255, String)}` : null;
});
const opcode = header(10, 65535, ARP_OPCODES, 1, ({ value, mask }, negated, { release }) => {
  const masked = release >= 10811 ? tail(mask, 65535, String) : "";
  return value !== 0 || negated || masked !== "" ? `${value}${masked}` : null;
});
const hardware = header(16, 65535, ["Ethernet"], 1, ({ value, mask }, negated, { release }) => {
  if (release < 10811) {
    if (value === 0 && !negated) return "0/0";
    return value !== 1 || (negated && release >= 10810) ? String(value) : null;
  }
  const masked = tail(mask, 65535, hex16);
  return value > 1 || negated || masked !== "" ? `${hex(value)}${masked}` : null;
});
const protocol = header(0, 65535, ["IPv4"], 0x800, ({ value, mask }, negated, { release }) => {
  const masked = release >= 10811 ? tail(mask, 65535, hex16) : "";
  return value !== 0 || negated || masked !== "" ? `${hex(value)}${masked}` : null;
});

/** arptables' own part, about Ethernet and IPv4 alone. iptables/nft-arp.c; net/ipv4/netfilter/arp_tables.c arp_packet_match. */
export const arpOwn = match({
  name: "arp",
  families: ["arp"],
  implicit: "own",
  options: {
    "-i": interfaceName({ aliases: ["--in-interface"] }),
    "-o": interfaceName({ aliases: ["--out-interface"] }),
    "-s": network({ aliases: ["--source-ip", "--src-ip"], bare: true }),
    "--src-mac": arpMac({ aliases: ["--source-mac"] }),
    "-d": network({ aliases: ["--destination-ip", "--dst-ip"], bare: true }),
    "--dst-mac": arpMac({ aliases: ["--destination-mac"] }),
    "--h-length": length("a length of 6, or 6/mask", ["6"], ["-l"]),
    "--opcode": opcode(`an opcode 0-65535, opcode/mask, or one of ${ARP_OPCODES.join(", ")}`, ["1", "Reply", "9"]),
    "--h-type": hardware("a hexadecimal hardware type, type/mask, or Ethernet", ["6", "0x20", "Ethernet"]),
    "--proto-type": protocol("a protocol type 0-0xffff, type/mask, or IPv4", ["0x800", "IPv4", "2054"]),
  },
  check(given) {
    for (const flag of ["-s", "-d"] as const)
      if (given[flag]?.negated && given[flag].value.everything)
        return { option: flag, expected: `an address that ! ${flag} leaves something of` };
    const size = given["--h-length"]?.value.value ?? 6;
    return size === 6 ? null : { option: "--h-length", expected: "a hardware address length of 6" };
  },
  placed: { "-i": { hooks: ["INPUT"] }, "-o": { hooks: ["OUTPUT"] } },
  means: (given) =>
    all(
      interfaceIs("inInterface", given["-i"]),
      interfaceIs("outInterface", given["-o"]),
      addressIs("source", given["-s"]),
      addressIs("destination", given["-d"]),
      asked(given["--src-mac"], ({ text }) => inHeader(`sender's MAC ${text}`)),
      asked(given["--dst-mac"], ({ text }) => inHeader(`target's MAC ${text}`)),
      asked(given["--h-length"], (value) => numbered("hardware length", value)),
      asked(given["--opcode"], (value) => numbered("opcode", value)),
      asked(given["--h-type"], (value) => numbered("hardware type", value)),
      asked(given["--proto-type"], (value) => numbered("protocol type", value)),
    ),
});
const inHeader = (what: string): Condition => opaque(`ARP ${what}`, "the packet's ARP header");
const numbered = (what: string, { value, mask }: Masked): Condition => inHeader(`${what} ${hex(value)}/${hex(mask)}`);
