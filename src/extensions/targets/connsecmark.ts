import { target } from "../define.ts";
import { flag } from "../values.ts";

const OPERATIONS = ["--save", "--restore"] as const;

/** Copies the security mark between packet and connection. net/netfilter/xt_CONNSECMARK.c */
export const CONNSECMARK = target({
  name: "CONNSECMARK",
  families: ["ipv4", "ipv6"],
  options: { "--save": flag(), "--restore": flag() },
  needs: [OPERATIONS],
  excludes: [OPERATIONS],
  placement: { tables: ["mangle", "security"] },
  does: () => [{ does: "continue" }],
});
