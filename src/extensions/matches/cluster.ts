import { all, always } from "../../facts/index.ts";
import { type Given, match, type One } from "../define.ts";
import { asked, hex, integer, opaque, tracked } from "../values.ts";

const NODES = 32;
const node = () => integer({ min: 1, max: NODES, negatable: true, examples: ["1", "2", "0x1"] });
const options = {
  // extensions/libxt_cluster.c lets no mask above 32 through
  "--cluster-local-nodemask": node(),
  "--cluster-local-node": node(),
  "--cluster-total-nodes": integer({ min: 1, max: NODES, examples: ["2", "32", "0x8"] }),
  "--cluster-hash-seed": integer({ examples: ["0xdeadbeef", "0", "10"] }),
};
/** The mask of nodes, which one node is printed as too. */
function nodesOf(given: Given<typeof options>): One<number> | undefined {
  const node = given["--cluster-local-node"];
  return node ? { ...node, value: 2 ** (node.value - 1) } : given["--cluster-local-nodemask"];
}

/** Whether this node is the one for the connection: a hash of its first source. net/netfilter/xt_cluster.c */
export const cluster = match({
  name: "cluster",
  families: ["ipv4", "ipv6"],
  options,
  needs: [["--cluster-local-node", "--cluster-local-nodemask"], ["--cluster-total-nodes"], ["--cluster-hash-seed"]],
  excludes: [["--cluster-local-node", "--cluster-local-nodemask"]],
  check(given) {
    const [nodes, of] = [nodesOf(given)?.value ?? 0, given["--cluster-total-nodes"]?.value ?? NODES];
    const option = given["--cluster-local-node"] ? "--cluster-local-node" : "--cluster-local-nodemask";
    return nodes < 2 ** of ? null : { option, expected: `a node of the ${of} of --cluster-total-nodes` };
  },
  write(given) {
    const [nodes, of, hash] = [nodesOf(given), given["--cluster-total-nodes"], given["--cluster-hash-seed"]];
    return [
      ...(nodes ? [`${nodes.negated ? "! " : ""}--cluster-local-nodemask ${hex(nodes.value, 8)}`] : []),
      ...(of ? [`--cluster-total-nodes ${of.value}`] : []),
      ...(hash ? [`--cluster-hash-seed ${hex(hash.value, 8)}`] : []),
    ];
  },
  means(given) {
    const total = given["--cluster-total-nodes"]?.value ?? 0;
    const of = `${total}, seed ${hex(given["--cluster-hash-seed"]?.value ?? 0)}`;
    return all(
      tracked,
      asked(nodesOf(given), (mask) =>
        mask === 2 ** total - 1
          ? always
          : opaque(`connection belongs to nodes ${hex(mask)} of ${of}`, "the hash of its original source"),
      ),
    );
  },
});
