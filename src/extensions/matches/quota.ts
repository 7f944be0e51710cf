import { match } from "../define.ts";
import { asked, chance, integer64 } from "../values.ts";

/** So many bytes, counted since the rule was loaded. net/netfilter/xt_quota.c */
export const quota = match({
  name: "quota",
  families: ["ipv4", "ipv6"],
  options: { "--quota": integer64({ negatable: true }) },
  needs: [["--quota"]],
  means: (given) =>
    asked(given["--quota"], (bytes) => chance(`quota ${bytes}`, `${bytes} bytes match, and none after them`)),
});
