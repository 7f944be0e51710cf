import { all, always, type Condition, never, not, within } from "../../facts/index.ts";
import { match, type One } from "../define.ts";
import { addressIs, compares, flag, interfaceName, network, protocol, type Written } from "../values.ts";

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
    "-p": protocol({ aliases: ["--protocol", "--proto"] }),
    "-f": flag({ aliases: ["--fragment"], negatable: true }),
  },
  means: (given) =>
    all(
      addressIs("source", given["-s"]),
      addressIs("destination", given["-d"]),
      device("inInterface", given["-i"]),
      device("outInterface", given["-o"]),
      compares("protocol", given["-p"]),
      given["-f"] ? (given["-f"].negated ? whole : not(whole)) : always,
    ),
});
const whole: Condition = within("fragmentOffset", [[0, 1]], "the first fragment or a whole packet");

/** `+` alone is no condition at all, `! +` never holds: its mask is empty (ip_tables.c, xtables_parse_interface). */
function device(field: "inInterface" | "outInterface", given: One<Written> | undefined): Condition {
  if (given?.value.text !== "+") return compares(field, given);
  return given.negated ? never : always;
}
