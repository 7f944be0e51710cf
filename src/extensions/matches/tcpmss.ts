import { match } from "../define.ts";
import { asked, integerRange, opaque, rangeSet } from "../values.ts";

/** The MSS option of a SYN; a packet without it is in no range: yes with `!`. net/netfilter/xt_tcpmss.c */
export const tcpmss = match({
  name: "tcpmss",
  families: ["ipv4", "ipv6"],
  options: { "--mss": integerRange({ max: 65535 }) },
  needs: [["--mss"]],
  placement: { protocols: ["tcp"] },
  // no packet field holds the options
  means: (given) =>
    asked(given["--mss"], (range) => opaque(`tcp option MSS in ${rangeSet(range).text}`, "the packet's tcp options")),
});
