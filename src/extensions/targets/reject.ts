import { target } from "../define.ts";
import { text } from "../values.ts";

/** Drops the packet and answers it. net/ipv4/netfilter/ipt_REJECT.c; semantics 1.2 and 6.3. */
export const REJECT = target({
  name: "REJECT",
  families: ["ipv4", "ipv6"],
  options: { "--reject-with": text() },
  does: (given) => [{ does: "reject", with: given["--reject-with"]?.value ?? "icmp-port-unreachable" }],
});
