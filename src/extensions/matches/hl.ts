import { match } from "../define.ts";
import { hopCount, integer } from "../values.ts";

const OPTIONS = ["--hl-eq", "--hl-lt", "--hl-gt"];

/** Hop limit of IPv6. net/netfilter/xt_hl.c hl_mt6 */
export const hl = match({
  name: "hl",
  families: ["ipv6"],
  options: {
    "--hl-eq": integer({ max: 255, negatable: true, aliases: ["--hl"] }),
    "--hl-lt": integer({ max: 255 }),
    "--hl-gt": integer({ max: 255 }),
  },
  needs: [OPTIONS],
  excludes: [OPTIONS],
  means: (given) => hopCount(given["--hl-eq"], given["--hl-lt"], given["--hl-gt"]),
});
