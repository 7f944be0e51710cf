import { all, any, CT_STATES, readMac, within, writeMac } from "../../facts/index.ts";
import { target } from "../define.ts";
import { flag, integer, isOneOf, oneOf, opaque, tracked, word } from "../values.ts";

const MAC = "a multicast MAC address (its first byte is odd)";
const multicast = word(
  MAC,
  ["01:00:5e:00:00:20", "3:0:0:0:0:1"],
  (given) => {
    const mac = readMac(given);
    return mac === undefined || Math.floor(mac / 2 ** 40) % 2 === 0 ? undefined : mac;
  },
  (value) => writeMac(value).toUpperCase(),
  { negatable: false },
);
/** include/uapi/linux/netfilter_ipv4/ipt_CLUSTERIP.h CLUSTERIP_MAX_NODES */
const node = integer({ max: 16, examples: ["1", "2", "16"] });
const isError = all(isOneOf("ctstate", CT_STATES, ["RELATED"]), within("protocol", [[1, 2]], "icmp"));
const FULL = ["--new", "--hashmode", "--clustermac", "--total-nodes", "--local-node"] as const;

/** One address on several hosts, each answering for its share. net/ipv4/netfilter/ipt_CLUSTERIP.c (gone since 6.3) */
export const CLUSTERIP = target({
  name: "CLUSTERIP",
  families: ["ipv4"],
  options: {
    "--new": flag(),
    "--hashmode": oneOf(["sourceip", "sourceip-sourceport", "sourceip-sourceport-destport"], { negatable: false }),
    "--clustermac": multicast,
    "--total-nodes": node,
    "--local-node": node,
    "--hash-init": integer(),
  },
  check(given) {
    const missing = FULL.filter((option) => !(option in given));
    if (missing.length === 0 || Object.keys(given).length === 0) return null;
    return { expected: `${missing.join(", ")} too: all that make a new cluster address, or none` };
  },
  complete: (given) => (given["--new"] ? { "--hash-init": { value: 0, negated: false, at: 0 }, ...given } : given),
  does: () => [
    {
      does: "if",
      condition: all(tracked, any(isError, opaque("connection belongs to this CLUSTERIP node", "its hash"))),
      // a first packet's connection is marked with the hash
      yes: [{ does: "become", field: "ctmark", ranges: null }],
      no: [{ does: "verdict", verdict: "DROP" }],
    },
  ],
});
