import { all } from "../../facts/index.ts";
import { match } from "../define.ts";
import { asks, atTransport, ofHeader, ownPorts, portWords, truncated, writePortsAbove } from "../values.ts";

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
  means(given, _host, _family, backend) {
    const ports = [asks("sourcePort", given["--sport"]), asks("destinationPort", given["--dport"])];
    if (backend === "legacy") return ofHeader(8, ...ports);
    const words = portWords(given);
    return words === "" ? all() : atTransport(4, `udp${words}`, ...ports);
  },
  dropsIf: () => truncated(8),
});
