import { readMac, writeMac } from "../../facts/index.ts";
import { match } from "../define.ts";
import { asks, written } from "../values.ts";

const address = written("a MAC address", ["00:11:22:33:44:55", "2:42:AC:1b:0:7"], (text) => {
  const mac = readMac(text);
  return mac === undefined ? undefined : { text: writeMac(mac), ranges: [[mac, mac + 1]] };
});

/** The source of the Ethernet frame. net/netfilter/xt_mac.c: no in both polarities without such a header (semantics 6.2). */
export const mac = match({
  name: "mac",
  families: ["ipv4", "ipv6"],
  options: { "--mac-source": address },
  needs: [["--mac-source"]],
  placement: { hooks: ["PREROUTING", "INPUT", "FORWARD"] },
  means: (given) => asks("macSource", given["--mac-source"]),
});
