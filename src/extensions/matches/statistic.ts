import { always, type Condition, never } from "../../facts/index.ts";
import { match, type Value } from "../define.ts";
import { chance, integer, oneOf, word } from "../values.ts";

const SCALE = 2 ** 31;
/** Kept and printed as the kernel has it: in steps of 2^-31. */
const probability: Value<number> = word(
  "a probability 0-1",
  ["0.5", "0.33333333349", "1e-3", ".25"],
  (text) => {
    if (!/^\+?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return undefined;
    const value = Number(text);
    return value <= 1 ? Math.round(value * SCALE) / SCALE : undefined;
  },
  (value) => value.toFixed(11),
);

/** Packets at random or every n-th. net/netfilter/xt_statistic.c: sure only at both ends. */
export const statistic = match({
  name: "statistic",
  families: ["ipv4", "ipv6"],
  options: {
    "--mode": oneOf(["random", "nth"], { negatable: false }),
    "--probability": probability,
    "--every": integer({ min: 1, negatable: true, examples: ["3", "0x10", "4294967295"] }),
    "--packet": integer({ examples: ["0", "2", "01"] }),
  },
  needs: [["--mode"], ["--probability", "--every"]],
  excludes: [
    ["--probability", "--every"],
    ["--probability", "--packet"],
  ],
  together: { "--every": ["--packet"], "--packet": ["--every"] },
  check(given) {
    const mode = given["--mode"]?.value;
    const asks = mode === "random" ? "--probability" : "--every";
    if (mode !== undefined && !given[asks]) return { option: "--mode", expected: `${asks} with --mode ${mode}` };
    const [every, packet] = [given["--every"]?.value, given["--packet"]?.value];
    if (every !== undefined && packet !== undefined && packet >= every)
      return { option: "--packet", expected: `--packet 0-${every - 1} with --every ${every}` };
    return null;
  },
  means(given) {
    const { "--probability": random, "--every": every } = given;
    const negated = random?.negated || every?.negated;
    const [yes, no] = negated ? [never, always] : [always, never];
    if (random?.value === 1 || every?.value === 1) return yes;
    if (random?.value === 0) return no;
    return random ? lot(random.value, random.negated) : count(every?.value ?? 0, every?.negated ?? false);
  },
});
const lot = (share: number, negated: boolean): Condition =>
  chance(
    `statistic ${negated ? "! " : ""}${share}`,
    `${Number((negated ? 1 - share : share).toFixed(11))} of all packets, at random`,
  );
const count = (every: number, negated: boolean): Condition =>
  chance(`statistic ${negated ? "! " : ""}every ${every}`, `${negated ? "all but " : ""}one packet in ${every}`);
