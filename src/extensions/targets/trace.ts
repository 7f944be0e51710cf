import { target } from "../define.ts";

/** Sets the trace flag; the rule itself is not printed the first time (semantics 1.2). net/netfilter/xt_TRACE.c */
export const TRACE = target({
  name: "TRACE",
  families: ["ipv4", "ipv6"],
  options: {},
  // nf_tables has the flag in every table
  check: (_, __, { table, saver }) =>
    saver.backend === "legacy" && table !== "" && table !== "raw" ? { expected: "TRACE in table raw only" } : null,
  does: () => [{ does: "trace" }],
});
