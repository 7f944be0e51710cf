import { never, type Ranges, within } from "../../facts/index.ts";
import { match } from "../define.ts";
import { asked, oneOf } from "../values.ts";

/**
 * The kinds of packet that IP hooks see. Frames to other hosts do not come this far: net/ipv4/ip_input.c ip_rcv_core
 * drops them, and br_netfilter_hooks.c makes them the host's own while its hooks run.
 */
const KINDS: Readonly<Record<string, Ranges>> = {
  unicast: [
    [0, 1],
    [3, 4],
  ],
  broadcast: [[1, 2]],
  multicast: [[2, 3]],
};

/** Whom the frame was addressed to. net/netfilter/xt_pkttype.c; semantics 6.2. */
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
  means: (given) =>
    asked(given["--pkt-type"], (type) => {
      const ranges = KINDS[type];
      return ranges ? within("pktType", ranges, type) : never;
    }),
});
