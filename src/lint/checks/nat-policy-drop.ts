import { chainAt } from "../analysis.ts";
import type { Check } from "../define.ts";

/** nat is asked for a connection's first packet only; iptables-restore takes a policy there all the same. */
export const check: Check = function* (analysis) {
  for (const table of analysis.tables) {
    // ebtables' nat sees every frame: a policy there is a way to filter
    if (table.name !== "nat" || table.family === "bridge") continue;
    for (const chain of table.chains.values()) {
      const at = chainAt(table, chain);
      if (chain.builtin && chain.policy === "DROP" && at)
        yield { ...at, message: "drop", data: { chain: chain.name }, confidence: "proven" };
    }
  }
};
