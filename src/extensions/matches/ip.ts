import { all, always, type Condition, not, within } from "../../facts/index.ts";
import { match } from "../define.ts";
import { addressIs, compares, flag, interfaceName, network, protocol } from "../values.ts";

/** The ip part of a rule. net/ipv4/netfilter/ip_tables.c ip_packet_match; semantics 6.1. */
export const ip = match({
  name: "ip",
  families: ["ipv4", "ipv6"],
  implicit: true,
  options: {
    "-s": network({ aliases: ["--source", "--src"] }),
    "-d": network({ aliases: ["--destination", "--dst"] }),
    "-i": interfaceName({ aliases: ["--in-interface"] }),
    "-o": interfaceName({ aliases: ["--out-interface"] }),
    "-p": protocol({ aliases: ["--protocol", "--proto"] }),
    "-f": flag({ aliases: ["--fragment"], negatable: true }),
  },
  means: (given) =>
    all(
      addressIs("source", given["-s"]),
      addressIs("destination", given["-d"]),
      compares("inInterface", given["-i"]),
      compares("outInterface", given["-o"]),
      compares("protocol", given["-p"]),
      given["-f"] ? (given["-f"].negated ? whole : not(whole)) : always,
    ),
});
const whole: Condition = within("fragmentOffset", [[0, 1]], "the first fragment or a whole packet");
