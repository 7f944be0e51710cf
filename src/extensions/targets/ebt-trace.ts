import { target } from "../define.ts";

/**
 * The packet's trace flag: its way through nf_tables is shown by `nft monitor trace` alone (semantics 2), but xtables'
 * own chains print TRACE lines from here on, their first TRACE rule included. Measured on Linux 6.18.
 */
export const ebtTRACE = target({
  name: "TRACE",
  families: ["bridge"],
  options: {},
  does: () => [{ does: "trace" }],
});
