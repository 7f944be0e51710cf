import { CT_STATES, not } from "../../facts/index.ts";
import { match } from "../define.ts";
import { begunNames, isOneOf } from "../values.ts";

/** The old name of `conntrack --ctstate`. net/netfilter/xt_state.c */
export const state = match({
  name: "state",
  families: ["ipv4", "ipv6"],
  options: { "--state": begunNames(CT_STATES) },
  needs: [["--state"]],
  means(given) {
    const wanted = isOneOf("ctstate", CT_STATES, given["--state"]?.value ?? []);
    return given["--state"]?.negated ? not(wanted) : wanted;
  },
});
