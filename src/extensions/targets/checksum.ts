import { target } from "../define.ts";
import { flag } from "../values.ts";

/** Fills in a checksum that was left to the device. net/netfilter/xt_CHECKSUM.c */
export const CHECKSUM = target({
  name: "CHECKSUM",
  families: ["ipv4", "ipv6"],
  options: { "--checksum-fill": flag() },
  needs: [["--checksum-fill"]],
  placement: { tables: ["mangle"] },
  does: () => [{ does: "continue" }],
});
