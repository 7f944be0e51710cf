import { match } from "../define.ts";
import { asks, firstFragment, ports } from "../values.ts";

/** udp header fields. net/netfilter/xt_tcpudp.c; semantics 6.2. */
export const udp = match({
  name: "udp",
  families: ["ipv4", "ipv6"],
  options: {
    "--sport": ports({ aliases: ["--source-port"] }),
    "--dport": ports({ aliases: ["--destination-port"] }),
  },
  placement: { protocols: ["udp", "udplite"] },
  nativeInNft: true,
  means: (given) => firstFragment(asks("sourcePort", given["--sport"]), asks("destinationPort", given["--dport"])),
});
