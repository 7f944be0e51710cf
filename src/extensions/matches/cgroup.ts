import { all, always, any, not, present } from "../../facts/index.ts";
import { match } from "../define.ts";
import { asked, integer, opaque, text } from "../values.ts";
import { hasSocket } from "./owner.ts";

const SOCKET = "the packet's local socket";
/**
 * Of packets that come in, only those for a connected socket have it already (early demux). What the kernel sends itself
 * may go by a socket of its own, which nobody owns: ICMP, and a reset that no rule asked for (net/ipv4/ip_output.c
 * ip_send_unicast_reply, measured), while REJECT's has none.
 */
const isKnownTo = any(
  hasSocket,
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
      isKnownTo,
      // every group is in the root
      asked(given["--path"], (path) => (isRoot(path) ? always : opaque(`socket is in cgroup ${path}`, SOCKET))),
      asked(given["--cgroup"], (id) => opaque(`socket has cgroup class ${id}`, SOCKET)),
    ),
});
