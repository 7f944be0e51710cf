import { match } from "../define.ts";
import { asked, oneOf, opaque } from "../values.ts";

/** Whom the frame was addressed to. net/netfilter/xt_pkttype.c */
export const pkttype = match({
  name: "pkttype",
  families: ["ipv4", "ipv6"],
  options: {
    "--pkt-type": oneOf(["unicast", "broadcast", "multicast", "otherhost"], {
      anyCase: true,
      spellings: { host: "unicast", bcast: "broadcast", mcast: "multicast" },
      examples: ["unicast", "broadcast", "Multicast", "bcast", "host"],
    }),
  },
  needs: [["--pkt-type"]],
  means: (given) => asked(given["--pkt-type"], (type) => opaque(`frame is ${type}`, "the frame's destination")),
});
