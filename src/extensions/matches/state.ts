import { CT_STATES, not } from "../../facts/index.ts";
import { match } from "../define.ts";
import { isOneOf, names } from "../values.ts";

/** The old name of `conntrack --ctstate`. net/netfilter/xt_state.c */
export const state = match({
  name: "state",
  families: ["ipv4", "ipv6"],
  options: { "--state": names(CT_STATES) },
  means(given) {
    const wanted = isOneOf("ctstate", CT_STATES, given["--state"]?.value ?? []);
    return given["--state"]?.negated ? not(wanted) : wanted;
  },
});
