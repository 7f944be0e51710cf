import { CT_STATES, not, within } from "../../facts/index.ts";
import { match } from "../define.ts";
import { names } from "../values.ts";

/** The old name of `conntrack --ctstate`. net/netfilter/xt_state.c */
export const state = match({
  name: "state",
  families: ["ipv4", "ipv6"],
  options: { "--state": names(CT_STATES) },
  means(given) {
    const states = given["--state"]?.value ?? [];
    const at = states.map((name) => (CT_STATES as readonly string[]).indexOf(name));
    const wanted = within(
      "ctstate",
      at.map((index) => [index, index + 1] as const),
      states.join(","),
    );
    return given["--state"]?.negated ? not(wanted) : wanted;
  },
});
