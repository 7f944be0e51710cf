import { type Saver, target } from "../define.ts";
import { cutText, integer } from "../values.ts";

/** nf_tables keeps longer prefixes than xt_NFLOG (NF_LOG_PREFIXLEN). */
const kept = ({ backend }: Saver): number => (backend === "nft" ? 127 : 63);
const number = (max: number) => integer({ max, examples: ["1", "0x10", String(max)] });

/** Hands a copy to a netlink group and goes on. net/netfilter/xt_NFLOG.c */
export const NFLOG = target({
  name: "NFLOG",
  families: ["ipv4", "ipv6"],
  options: {
    "--nflog-prefix": cutText(kept, { min: 1, examples: ["foo", '"in: "'] }),
    // what is 0 by default is not printed
    "--nflog-group": { ...number(65535), write: (value) => (value === 0 ? null : [String(value)]) },
    "--nflog-size": number(0xffffffff),
    // never had an effect; iptables-nft keeps nothing of it
    "--nflog-range": {
      ...number(0xffffffff),
      write: (value, _, saver) => (value === 0 || saver.backend === "nft" ? null : [String(value)]),
    },
    "--nflog-threshold": { ...number(65535), write: (value) => (value === 0 ? null : [String(value)]) },
  },
  excludes: [["--nflog-size", "--nflog-range"]],
  check: (given) =>
    given["--nflog-prefix"]?.value.includes("\n")
      ? { option: "--nflog-prefix", expected: "a prefix of one line" }
      : null,
  does: () => [{ does: "continue" }],
});
