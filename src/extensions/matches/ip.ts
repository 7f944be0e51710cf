import { all, always, type Condition, never, not, present, protocolName } from "../../facts/index.ts";
import { type Backend, match, type Value } from "../define.ts";
import {
  type Asked,
  addressIs,
  compares,
  firstFragment,
  flag,
  headersAre,
  interfaceIs,
  interfaceName,
  laterFragment,
  network,
  protocol,
  WITH_INPUT,
  WITH_OUTPUT,
  type Written,
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
  means: (given, _, family, backend) =>
    all(
      addressIs("source", given["-s"]),
      addressIs("destination", given["-d"]),
      interfaceIs("inInterface", given["-i"]),
      interfaceIs("outInterface", given["-o"]),
      family === "ipv6" ? protocol6(given["-p"], backend) : compares("protocol", given["-p"]),
      given["-f"] ? (given["-f"].negated ? firstFragment() : laterFragment) : always,
    ),
  // of a later fragment that begins with an extension header -p finds no protocol (ip6_packet_match)
  dropsIf: (given, family) => (family === "ipv6" && given["-p"] ? unfound : never),
});
const unfound = all(laterFragment, not(present("protocol")));
const AH = protocolName(51);
const EXTENSIONS = new Set([43, 44, 51, 60].map(protocolName));

/**
 * -p of ip6tables asks for what follows the extension headers: never for one of them (ipv6_find_hdr; semantics 6.1). But
 * iptables-nft stops at AH, which is a protocol to it (nf_tables_ipv6.h IP6_FH_F_AUTH; both measured with counters).
 */
function protocol6(asked: Asked<Written> | undefined, backend: Backend): Condition {
  if (!asked) return always;
  const { value, negated } = asked;
  const sealed = backend === "nft" ? headersAre(["ah"], true) : never;
  const plain = EXTENSIONS.has(value.text) ? never : compares("protocol", { value, negated: false });
  const is = value.text === AH ? sealed : backend === "nft" ? all(plain, not(sealed)) : plain;
  return negated ? all(not(unfound), not(is)) : is;
}
