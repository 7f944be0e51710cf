import { match } from "../define.ts";
import { compares, integerRange, rangeSet } from "../values.ts";

/** The length of the whole IP packet. net/netfilter/xt_length.c */
export const length = match({
  name: "length",
  families: ["ipv4", "ipv6"],
  options: { "--length": integerRange({ max: 65535 }) },
  needs: [["--length"]],
  means: ({ "--length": given }) => compares("length", given && { ...given, value: rangeSet(given.value) }),
});
