import { match } from "../define.ts";
import { chance, integer, word } from "../values.ts";

/** Seconds times 10000 between two packets: what the kernel keeps of a rate (struct xt_rateinfo). */
const SCALE = 10000;
const UNITS = { second: SCALE, minute: 60 * SCALE, hour: 3600 * SCALE, day: 86400 * SCALE } as const;

function readPeriod(text: string): number | undefined {
  const slash = text.indexOf("/");
  const given = slash < 0 ? "second" : text.slice(slash + 1).toLowerCase();
  const unit = Object.entries(UNITS).find(([name]) => given !== "" && name.startsWith(given));
  // atoi: what follows the digits is not looked at
  const packets = Number(/^\s*\+?(\d+)/.exec(text)?.[1] ?? 0);
  if (!unit || packets === 0) return undefined;
  const period = Math.floor(unit[1] / packets);
  return period === 0 ? undefined : period;
}
/** In the largest unit in which little is lost. extensions/libxt_limit.c print_rate */
function writePeriod(period: number): string {
  const rates = [
    ["day", UNITS.day],
    ["hour", UNITS.hour],
    ["min", UNITS.minute],
    ["sec", UNITS.second],
  ] as const;
  const next = rates.findIndex(
    ([, ticks], at) => at > 0 && (period > ticks || Math.floor(ticks / period) < ticks % period),
  );
  const [name, ticks] = rates[next < 0 ? rates.length - 1 : next - 1] ?? rates[0];
  return `${Math.floor(ticks / period)}/${name}`;
}
const rate = word(
  "a rate of at most 10000 packets a second: number[/second|/minute|/hour|/day]",
  ["5/sec", "3/minute", "100/hour", "7"],
  readPeriod,
  writePeriod,
  { negatable: false },
);
const DEFAULT = 1200 * SCALE;

/** A token bucket of packets, full when the rule is loaded. net/netfilter/xt_limit.c */
export const limit = match({
  name: "limit",
  families: ["ipv4", "ipv6"],
  options: {
    "--limit": rate,
    "--limit-burst": {
      ...integer({ min: 1, max: 10000, examples: ["1", "7", "0x10"] }),
      write: (burst) => (burst === 5 ? null : [String(burst)]),
    },
  },
  complete: (given) => ({ "--limit": { value: DEFAULT, negated: false, at: 0 }, ...given }),
  means(given) {
    const every = writePeriod(given["--limit"]?.value ?? DEFAULT);
    const burst = given["--limit-burst"]?.value ?? 5;
    return chance(`limit ${every} burst ${burst}`, `at most ${every} match, after a burst of ${burst}`);
  },
});
