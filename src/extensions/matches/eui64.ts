import { within } from "../../facts/index.ts";
import { match } from "../define.ts";

/** The source ends with what its sender's MAC makes of it. net/ipv6/netfilter/ip6t_eui64.c */
export const eui64 = match({
  name: "eui64",
  families: ["ipv6"],
  options: {},
  placement: { hooks: ["PREROUTING", "INPUT", "FORWARD"] },
  means: () => within("eui64", [[1, 2]], "the EUI-64 of the source MAC"),
});
