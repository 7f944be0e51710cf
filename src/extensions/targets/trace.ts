import { target } from "../define.ts";

/** Sets the trace flag; the rule itself is not printed the first time (semantics 1.2). net/netfilter/xt_TRACE.c */
export const TRACE = target({
  name: "TRACE",
  families: ["ipv4", "ipv6"],
  options: {},
  does: () => [{ does: "trace" }],
});
