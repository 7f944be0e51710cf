import { all } from "../../facts/index.ts";
import { match } from "../define.ts";
import { asked, hex, integer, opaque, readInteger, tracked, word } from "../values.ts";

const NODES = 32;
/** One node by its number, or (extensions/libxt_cluster.c lets no more through) a mask of at most 32. */
const nodes = word(
  "a node 1-32, or a mask of nodes 1-32",
  ["1", "2", "0x3"],
  (text, _, flag) => {
    const number = readInteger(text, NODES, 1);
    return number === undefined || flag === "--cluster-local-nodemask" ? number : 2 ** (number - 1);
  },
  (mask) => hex(mask, 8),
  { aliases: ["--cluster-local-node"] },
);

/** Whether this node is the one for the connection: a hash of its first source. net/netfilter/xt_cluster.c */
export const cluster = match({
  name: "cluster",
  families: ["ipv4", "ipv6"],
  options: {
    "--cluster-local-nodemask": nodes,
    "--cluster-total-nodes": integer({ min: 1, max: NODES, examples: ["2", "32", "0x8"] }),
    "--cluster-hash-seed": integer({ print: (seed) => hex(seed, 8), examples: ["0xdeadbeef", "0", "10"] }),
  },
  needs: [["--cluster-local-nodemask"], ["--cluster-total-nodes"], ["--cluster-hash-seed"]],
  check(given) {
    const [mask, total] = [given["--cluster-local-nodemask"]?.value ?? 0, given["--cluster-total-nodes"]?.value];
    if (total === undefined || mask < 2 ** total) return null;
    return { option: "--cluster-local-nodemask", expected: `nodes of the ${total} of --cluster-total-nodes` };
  },
  means(given) {
    const of = `${given["--cluster-total-nodes"]?.value}, seed ${hex(given["--cluster-hash-seed"]?.value ?? 0)}`;
    return all(
      tracked,
      asked(given["--cluster-local-nodemask"], (mask) =>
        opaque(`connection belongs to nodes ${hex(mask)} of ${of}`, "the hash of its original source"),
      ),
    );
  },
});
