import { type Effect, type One, target } from "../define.ts";
import { integer } from "../values.ts";

const set = integer({ max: 255, examples: ["64", "0x40", "255"] });
const step = integer({ min: 1, max: 255, examples: ["1", "0x10", "255"] });
const placement = { tables: ["mangle"] };
type Step = One<number> | undefined;
/** Steps stop at 0 and 255. */
function changed(set: Step, down: Step, up: Step): readonly Effect[] {
  if (set) return [{ does: "become", field: "ttl", ranges: [[set.value, set.value + 1]] }];
  return [{ does: "step", field: "ttl", by: (up?.value ?? 0) - (down?.value ?? 0) }];
}

/** net/netfilter/xt_HL.c ttl_tg */
export const TTL = target({
  name: "TTL",
  families: ["ipv4"],
  options: { "--ttl-set": set, "--ttl-dec": step, "--ttl-inc": step },
  needs: [["--ttl-set", "--ttl-dec", "--ttl-inc"]],
  excludes: [["--ttl-set", "--ttl-dec", "--ttl-inc"]],
  placement,
  does: (given) => changed(given["--ttl-set"], given["--ttl-dec"], given["--ttl-inc"]),
});
/** net/netfilter/xt_HL.c hl_tg6 */
export const HL = target({
  name: "HL",
  families: ["ipv6"],
  options: { "--hl-set": set, "--hl-dec": step, "--hl-inc": step },
  needs: [["--hl-set", "--hl-dec", "--hl-inc"]],
  excludes: [["--hl-set", "--hl-dec", "--hl-inc"]],
  placement,
  does: (given) => changed(given["--hl-set"], given["--hl-dec"], given["--hl-inc"]),
});
