import { match } from "../define.ts";
import { asked, markIs, masked } from "../values.ts";

/** The packet's mark. net/netfilter/xt_mark.c: (mark & mask) == value. */
export const mark = match({
  name: "mark",
  families: ["ipv4", "ipv6"],
  options: { "--mark": masked() },
  needs: [["--mark"]],
  means: (given) => asked(given["--mark"], markIs("mark")),
});
