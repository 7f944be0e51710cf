import { target } from "../define.ts";
import { oneOf } from "../values.ts";

/** Writes an audit record and goes on. net/netfilter/xt_AUDIT.c */
export const AUDIT = target({
  name: "AUDIT",
  families: ["ipv4", "ipv6"],
  options: { "--type": oneOf(["accept", "drop", "reject"], { anyCase: true, negatable: false }) },
  needs: [["--type"]],
  does: () => [{ does: "continue" }],
});
