import { all, always } from "../../facts/index.ts";
import { match } from "../define.ts";
import { asked, integer, opaque, text } from "../values.ts";

const SOCKET = "the packet's local socket";
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
      opaque("the packet has a local socket", "the host's sockets"),
      // every group is in the root
      asked(given["--path"], (path) => (isRoot(path) ? always : opaque(`socket is in cgroup ${path}`, SOCKET))),
      asked(given["--cgroup"], (id) => opaque(`socket has cgroup class ${id}`, SOCKET)),
    ),
});
