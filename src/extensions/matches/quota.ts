import { all, always, within } from "../../facts/index.ts";
import { match } from "../define.ts";
import { asked, chance, integer64 } from "../values.ts";

/** So many bytes, counted since the rule was loaded: a packet that is longer never fits. net/netfilter/xt_quota.c */
export const quota = match({
  name: "quota",
  families: ["ipv4", "ipv6"],
  options: { "--quota": integer64({ negatable: true }) },
  needs: [["--quota"]],
  means: (given) =>
    asked(given["--quota"], (bytes) =>
      all(
        bytes < 0xffffn
          ? within("length", [[0, Number(bytes) + 1]], `at most the ${bytes} bytes of the quota`)
          : always,
        chance(`quota ${bytes}`, `${bytes} bytes match, and none after them`),
      ),
    ),
});
