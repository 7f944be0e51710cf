import { all, type Condition } from "../../facts/index.ts";
import { match, type One } from "../define.ts";
import { addressIs, asks, compares, firstFragment, type Masked, masked, network, ports, protocol } from "../values.ts";

/** IPv4 header fields of a bridged frame. net/bridge/netfilter/ebt_ip.c; semantics 5.3 and 6.2. */
export const ebtIp = match({
  name: "ip",
  families: ["bridge"],
  implicit: "other",
  options: {
    "--ip-src": network({ aliases: ["--ip-source"], bare: true }),
    "--ip-dst": network({ aliases: ["--ip-destination"], bare: true }),
    "--ip-tos": masked(),
    "--ip-proto": protocol({ aliases: ["--ip-protocol"] }),
    "--ip-sport": ports({ aliases: ["--ip-source-port"] }),
    "--ip-dport": ports({ aliases: ["--ip-destination-port"] }),
  },
  means(given) {
    const header = all(
      addressIs("source", given["--ip-src"]),
      addressIs("destination", given["--ip-dst"]),
      tos(given["--ip-tos"]),
      compares("protocol", given["--ip-proto"]),
    );
    if (!given["--ip-sport"] && !given["--ip-dport"]) return header;
    return all(
      header,
      firstFragment(asks("sourcePort", given["--ip-sport"]), asks("destinationPort", given["--ip-dport"])),
    );
  },
});
const tos = (given: One<Masked> | undefined): Condition => {
  if (!given) return all();
  const { value } = given.value;
  return compares("tos", {
    value: { text: `0x${value.toString(16)}`, ranges: [[value, value + 1]] },
    negated: given.negated,
  });
};
