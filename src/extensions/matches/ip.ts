import { all, always, never, not, present, protocolName } from "../../facts/index.ts";
import { match, type Value } from "../define.ts";
import {
  addressIs,
  compares,
  firstFragment,
  flag,
  interfaceIs,
  interfaceName,
  laterFragment,
  network,
  protocol,
  WITH_INPUT,
  WITH_OUTPUT,
} from "../values.ts";

/** Says of which family the rule is; iptables-restore passes over those of the other one. */
const only = (alias: string): Value<true> => ({ ...flag({ aliases: [alias] }), write: () => null });

/** The ip part of a rule. net/ipv4/netfilter/ip_tables.c ip_packet_match; semantics 6.1. */
export const ip = match({
  name: "ip",
  families: ["ipv4", "ipv6"],
  implicit: "own",
  options: {
    "-s": network({ aliases: ["--source", "--src"] }),
    "-d": network({ aliases: ["--destination", "--dst"] }),
    "-i": interfaceName({ aliases: ["--in-interface"] }),
    "-o": interfaceName({ aliases: ["--out-interface"] }),
    "-p": protocol({ aliases: ["--protocol"] }),
    "-f": flag({ aliases: ["--fragments"], negatable: true }),
    "-4": only("--ipv4"),
    "-6": only("--ipv6"),
  },
  placed: { "-i": WITH_INPUT, "-o": WITH_OUTPUT },
  check(given, family) {
    const other = family === "ipv6" ? "-4" : "-6";
    if (given["-f"] && family === "ipv6") return { option: "-f", expected: "-f in IPv4 rules only" };
    if (given[other]) return { option: other, expected: `no ${other} in rules of the other family` };
    return given["-p"]?.negated && given["-p"].value.text === "all"
      ? { option: "-p", expected: "a protocol, since ! -p all never matches" }
      : null;
  },
  means: (given, _, family) =>
    all(
      addressIs("source", given["-s"]),
      addressIs("destination", given["-d"]),
      interfaceIs("inInterface", given["-i"]),
      interfaceIs("outInterface", given["-o"]),
      family === "ipv6" && EXTENSIONS.has(given["-p"]?.value.text ?? "")
        ? given["-p"]?.negated
          ? always
          : never
        : compares("protocol", given["-p"]),
      given["-f"] ? (given["-f"].negated ? firstFragment() : laterFragment) : always,
    ),
  // of a later fragment that begins with an extension header -p finds no protocol (ip6_packet_match)
  dropsIf: (given, family) => (family === "ipv6" && given["-p"] ? all(laterFragment, not(present("protocol"))) : never),
});
/** -p of ip6tables asks for what follows the extension headers: never for one of them (ipv6_find_hdr; semantics 6.1). */
const EXTENSIONS = new Set([43, 44, 51, 60].map(protocolName));
