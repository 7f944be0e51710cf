import { all, always, any, not, present, within } from "../../facts/index.ts";
import { match } from "../define.ts";
import { asked, integer, maskedBytes, opaque, text } from "../values.ts";

const [SYN, ACK] = [2, 16];
const SOCKET = "the packet's local socket";
const hasAny = within("socket", [[1, 2]], "one");
const isSynAck = within("tcpFlags", maskedBytes(SYN | ACK, SYN | ACK), "SYN,ACK");
/** Of packets that come in, only those for a connected socket have it already (early demux). */
const hasSocket = any(
  present("uidOwner"),
  // what the kernel sends itself may have a socket without an owner (facts/derived.ts); a SYN-ACK has a request, no full one
  all(present("outInterface"), not(present("inInterface")), not(present("physdevIn")), not(isSynAck), hasAny),
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
