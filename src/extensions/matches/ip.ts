import { all, always, type Condition, not, within } from "../../facts/index.ts";
import { match, type Value } from "../define.ts";
import {
  addressIs,
  compares,
  flag,
  interfaceIs,
  interfaceName,
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
  means: (given) =>
    all(
      addressIs("source", given["-s"]),
      addressIs("destination", given["-d"]),
      interfaceIs("inInterface", given["-i"]),
      interfaceIs("outInterface", given["-o"]),
      compares("protocol", given["-p"]),
      given["-f"] ? (given["-f"].negated ? whole : not(whole)) : always,
    ),
});
const whole: Condition = within("fragmentOffset", [[0, 1]], "the first fragment or a whole packet");
