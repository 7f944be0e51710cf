import { all, always, type Condition, never } from "../../facts/index.ts";
import { match } from "../define.ts";
import { asked, chance, type Masked, masked, showMasked, tracked } from "../values.ts";

/** Rules on the way may change it: what one rule found says nothing of what the next one finds. */
function markIs(wanted: Masked): Condition {
  const { value, mask } = wanted;
  if ((value & ~mask) >>> 0 !== 0) return never;
  return mask === 0
    ? always
    : chance(`connection's mark is ${showMasked(wanted)}`, "the connection's mark is not known");
}

/** The connection's mark. net/netfilter/xt_connmark.c: without a connection, no in both polarities. */
export const connmark = match({
  name: "connmark",
  families: ["ipv4", "ipv6"],
  options: { "--mark": masked() },
  needs: [["--mark"]],
  means: (given) => all(tracked, asked(given["--mark"], markIs)),
});
