import { all, CT_STATES, not } from "../../facts/index.ts";
import { match } from "../define.ts";
import { isOneOf, opaque, text } from "../values.ts";

/** A first packet that a helper expected is RELATED: a NEW one has no master. */
const expected = isOneOf("ctstate", CT_STATES, ["RELATED", "ESTABLISHED"]);

/** The helper whose connection expected this one; "" is any. net/netfilter/xt_helper.c: without one, `!` is yes. */
export const helper = match({
  name: "helper",
  families: ["ipv4", "ipv6"],
  options: { "--helper": text({ cut: 29, negatable: true, examples: ["ftp", "ftp-2121", "irc"] }) },
  needs: [["--helper"]],
  means({ "--helper": given }) {
    const has = opaque(`connection comes from helper ${given?.value || "(any)"}`, "conntrack -L and -L expect");
    return given?.negated ? not(all(expected, has)) : all(expected, has);
  },
});
