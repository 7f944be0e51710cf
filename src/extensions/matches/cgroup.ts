import { all, always, any, isIcmp, not, present } from "../../facts/index.ts";
import { match } from "../define.ts";
import { asked, integer, opaque, text } from "../values.ts";

const SOCKET = "the packet's local socket";
/** Of packets that come in, only those for a connected socket have it already (early demux). */
const hasSocket = any(
  present("uidOwner"),
  // net/ipv4/icmp.c icmp_xmit_lock: what the kernel sends itself has a socket without an owner
  all(isIcmp, present("outInterface"), not(present("inInterface")), not(present("physdevIn"))),
  all(not(present("outInterface")), opaque("the packet's connection has a local socket", "ss --all --numeric")),
);
const isRoot = (path: string): boolean => /^\/*$/.test(path);

/** The control group of the local socket. net/netfilter/xt_cgroup.c: without a full socket, no in both polarities. */
export const cgroup = match({
  name: "cgroup",
  families: ["ipv4", "ipv6"],
  options: {
    "--path": text({ cut: 511, negatable: true, examples: ["/", "//"] }),
    "--cgroup": integer({ negatable: true, examples: ["1", "0x10001", "0"] }),
  },
  needs: [["--path", "--cgroup"]],
  excludes: [["--path", "--cgroup"]],
  placement: { hooks: ["INPUT", "OUTPUT", "POSTROUTING"] },
  means: (given) =>
    all(
      hasSocket,
      // every group is in the root
      asked(given["--path"], (path) => (isRoot(path) ? always : opaque(`socket is in cgroup ${path}`, SOCKET))),
      asked(given["--cgroup"], (id) => opaque(`socket has cgroup class ${id}`, SOCKET)),
    ),
});
