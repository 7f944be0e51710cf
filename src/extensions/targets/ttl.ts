import { type Effect, target } from "../define.ts";
import { integer } from "../values.ts";

const set = integer({ max: 255, examples: ["64", "0x40", "255"] });
const step = integer({ min: 1, max: 255, examples: ["1", "0x10", "255"] });
const placement = { tables: ["mangle"] };
/** Steps stop at 0 and 255, so what comes of them depends on the packet. */
const changed = (value: number | undefined): readonly Effect[] =>
  value === undefined ? [{ does: "forget", field: "ttl" }] : [{ does: "set", field: "ttl", value, mask: 0xffffffff }];

/** net/netfilter/xt_HL.c ttl_tg */
export const TTL = target({
  name: "TTL",
  families: ["ipv4"],
  options: { "--ttl-set": set, "--ttl-dec": step, "--ttl-inc": step },
  needs: [["--ttl-set", "--ttl-dec", "--ttl-inc"]],
  excludes: [["--ttl-set", "--ttl-dec", "--ttl-inc"]],
  placement,
  does: (given) => changed(given["--ttl-set"]?.value),
});
/** net/netfilter/xt_HL.c hl_tg6 */
export const HL = target({
  name: "HL",
  families: ["ipv6"],
  options: { "--hl-set": set, "--hl-dec": step, "--hl-inc": step },
  needs: [["--hl-set", "--hl-dec", "--hl-inc"]],
  excludes: [["--hl-set", "--hl-dec", "--hl-inc"]],
  placement,
  does: (given) => changed(given["--hl-set"]?.value),
});
