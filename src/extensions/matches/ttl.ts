import { match } from "../define.ts";
import { hopCount, integer } from "../values.ts";

const OPTIONS = ["--ttl-eq", "--ttl-lt", "--ttl-gt"];

/** Time to live of IPv4. net/netfilter/xt_hl.c ttl_mt */
export const ttl = match({
  name: "ttl",
  families: ["ipv4"],
  options: {
    "--ttl-eq": integer({ max: 255, negatable: true, aliases: ["--ttl"] }),
    "--ttl-lt": integer({ max: 255 }),
    "--ttl-gt": integer({ max: 255 }),
  },
  needs: [OPTIONS],
  excludes: [OPTIONS],
  means: (given) => hopCount(given["--ttl-eq"], given["--ttl-lt"], given["--ttl-gt"]),
});
