import { always } from "../../facts/index.ts";
import { match, type Value } from "../define.ts";
import { chance, integer, isOldEbtables, word } from "../values.ts";

/** include/uapi/linux/netfilter/xt_limit.h XT_LIMIT_SCALE: a tenth of a millisecond. */
const SCALE = 10000;
const SECONDS: Readonly<Record<string, number>> = { second: 1, minute: 60, hour: 3600, day: 86400 };
const PRINTED = [
  ["day", 86400],
  ["hour", 3600],
  ["min", 60],
  ["sec", 1],
] as const;
/** The time from one packet to the next, rounded down: 7000/s and 10000/s are the same. */
function readPeriod(text: string): number | undefined {
  const [, count = "", unit = "second"] = /^(\d+)(?:\/([a-z]+))?$/i.exec(text) ?? [];
  const name = Object.keys(SECONDS).find((each) => each.startsWith(unit.toLowerCase()));
  const period = name ? Math.floor((SCALE * (SECONDS[name] ?? 1)) / Number(count)) : 0;
  return count !== "" && Number.isFinite(period) && period > 0 ? period : undefined;
}
/** The shortest unit in which the period is nearly a whole number of packets. */
function writePeriod(period: number): string {
  let at = 1;
  for (; at < PRINTED.length; at++) {
    const all = SCALE * (PRINTED[at]?.[1] ?? 1);
    if (period > all || Math.floor(all / period) < all % period) break;
  }
  const [name, seconds] = PRINTED[at - 1] ?? PRINTED[0];
  return `${Math.floor((SCALE * seconds) / period)}/${name}`;
}
const rate = word(
  "a rate: packets, or packets/second, /minute, /hour or /day",
  ["5", "3/s", "10/minute", "1/day"],
  readPeriod,
  writePeriod,
  {
    negatable: false,
  },
);
const DEFAULT_PERIOD = (SCALE * 3600) / 3;
const DEFAULT_BURST = 5;
/** nf_tables has no burst of 0 (net/netfilter/nft_limit.c). */
const burst: Value<number> = {
  ...integer({ max: 10000, examples: ["1", "10", "10000"] }),
  write: (value, _, saver) => [String(value === 0 && !isOldEbtables(saver) ? DEFAULT_BURST : value)],
};

/** At most so many packets. net/netfilter/xt_limit.c; ebtables prints the burst even when it is the default. */
export const ebtLimit = match({
  name: "limit",
  families: ["bridge"],
  implicit: "other",
  options: {
    "--limit": rate,
    "--limit-burst": burst,
  },
  complete(given) {
    const { "--limit": limit, "--limit-burst": burst } = given;
    if (!limit && !burst) return given;
    return {
      "--limit": limit ?? { value: DEFAULT_PERIOD, negated: false, at: 0 },
      "--limit-burst": burst ?? { value: DEFAULT_BURST, negated: false, at: 0 },
    };
  },
  means(given) {
    const period = given["--limit"]?.value;
    if (period === undefined) return always;
    const text = `limit ${writePeriod(period)} burst ${given["--limit-burst"]?.value ?? DEFAULT_BURST}`;
    return chance(text, `whether the ${text} is used up is not known`);
  },
});
