import { match } from "../define.ts";
import { asks, ofHeader, ownPorts, truncated, writePortsAbove } from "../values.ts";

const options = {
  "--sport": ownPorts({ aliases: ["--source-port"] }),
  "--dport": ownPorts({ aliases: ["--destination-port"] }),
};

/** udp header fields. net/netfilter/xt_tcpudp.c; semantics 6.2. */
export const udp = match({
  name: "udp",
  families: ["ipv4", "ipv6"],
  options,
  placement: { protocols: ["udp"] },
  nativeInNft: () => true,
  write: (given, saver) => writePortsAbove(options, given, saver),
  means: (given) => ofHeader(8, asks("sourcePort", given["--sport"]), asks("destinationPort", given["--dport"])),
  dropsIf: () => truncated(8),
});
