import { all } from "../../facts/index.ts";
import { match } from "../define.ts";
import { asked, markIs, masked, tracked } from "../values.ts";

/** The connection's mark. net/netfilter/xt_connmark.c: without a connection, no in both polarities. */
export const connmark = match({
  name: "connmark",
  families: ["ipv4", "ipv6"],
  options: { "--mark": masked() },
  needs: [["--mark"]],
  means: (given) => all(tracked, asked(given["--mark"], markIs("ctmark"))),
});
