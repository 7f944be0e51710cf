import { target } from "../define.ts";
import { flag, integer } from "../values.ts";

/** Answers for the server until the handshake is done. net/ipv4/netfilter/ipt_SYNPROXY.c, net/ipv6/netfilter/ip6t_SYNPROXY.c */
export const SYNPROXY = target({
  name: "SYNPROXY",
  families: ["ipv4", "ipv6"],
  options: {
    "--sack-perm": flag(),
    "--timestamp": flag(),
    // the kernel keeps 8 bits of the one and 16 of the other
    "--wscale": integer({ print: (value) => String(value & 0xff), examples: ["7", "0", "0xe"] }),
    "--mss": integer({ print: (value) => String(value & 0xffff), examples: ["1460", "0x5b4", "536"] }),
    "--ecn": flag(),
  },
  placement: { hooks: ["INPUT", "FORWARD"], protocols: ["tcp"] },
  does: () => [{ does: "unknown", why: "the proxy answers SYN, checks ACK, and lets other packets go on" }],
});
