import { all, always, any, isIcmp, never, not } from "../../facts/index.ts";
import { match } from "../define.ts";
import {
  addressBits,
  chance,
  flag,
  fresh,
  integer,
  prefixLength,
  tracked,
  truncated,
  withoutPorts,
} from "../values.ts";

const count = () => integer({ negatable: true, examples: ["3", "0x10", "0"] });

/** How many connections the host or network has. net/netfilter/xt_connlimit.c */
export const connlimit = match({
  name: "connlimit",
  families: ["ipv4", "ipv6"],
  options: {
    "--connlimit-upto": count(),
    "--connlimit-above": count(),
    // 1.8.9 takes a mask with holes for a full one
    "--connlimit-mask": prefixLength(addressBits),
    "--connlimit-saddr": flag(),
    "--connlimit-daddr": flag(),
  },
  needs: [["--connlimit-upto", "--connlimit-above"]],
  excludes: [
    ["--connlimit-upto", "--connlimit-above"],
    ["--connlimit-saddr", "--connlimit-daddr"],
  ],
  write(given, _, family) {
    const [upto, above] = [given["--connlimit-upto"], given["--connlimit-above"]];
    const one = upto ?? above;
    if (!one) return null;
    const isUpto = one.negated === (one === above);
    return [
      `--connlimit-${isUpto ? "upto" : "above"} ${one.value}`,
      `--connlimit-mask ${given["--connlimit-mask"]?.value ?? addressBits(family)}`,
      given["--connlimit-daddr"] ? "--connlimit-daddr" : "--connlimit-saddr",
    ];
  },
  means(given) {
    const [upto, above] = [given["--connlimit-upto"], given["--connlimit-above"]];
    const one = upto ?? above;
    // the packet's own connection counts too
    if (one?.value === 0) return one.negated === (one === above) ? never : always;
    return chance(`connlimit ${one?.value}`, "how many connections there are is not known");
  },
  /**
   * Without a connection it looks for what one would be told by. And it drops a packet of which no connection is
   * counted: one that is confirmed is not counted again, and those that are over are taken off (xt_connlimit.c
   * connlimit_mt, nf_conncount.c __nf_conncount_add since nf_conncount_count_skb: Linux 6.19 and stable ones before).
   */
  dropsWhole: true,
  dropsIf: () =>
    any(
      all(not(tracked), any(withoutPorts, all(isIcmp, truncated(8)))),
      all(tracked, not(fresh), chance("connlimit counts no connection", "those that are over are taken off its count")),
    ),
});
