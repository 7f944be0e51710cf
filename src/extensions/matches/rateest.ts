import { own } from "../../own.ts";
import { match, type One, type Value } from "../define.ts";
import { chance, flag, integer, kept, word } from "../values.ts";

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  bit: 1,
  kibit: 1024,
  kbit: 1000,
  mibit: 1024 ** 2,
  mbit: 1e6,
  gibit: 1024 ** 3,
  gbit: 1e9,
  tibit: 1024 ** 4,
  tbit: 1e12,
  bps: 8,
  kibps: 8 * 1024,
  kbps: 8e3,
  mibps: 8 * 1024 ** 2,
  mbps: 8e6,
  gibps: 8 * 1024 ** 3,
  gbps: 8e9,
  tibps: 8 * 1024 ** 4,
  tbps: 8e12,
};
function writeRate(bytes: number): string {
  const bits = bytes * 8;
  if (bits >= 1e9) return `${(bits / 1e6).toFixed(0)}Mbit`;
  return bits >= 1e6 ? `${(bits / 1e3).toFixed(0)}Kbit` : `${bits}bit`;
}
/** Kept as bytes a second. extensions/libxt_rateest.c rateest_get_rate, rateest_print_rate */
const rate = (more: { aliases?: readonly string[] } = {}) =>
  word(
    "a rate: number[bit|kbit|mbit|gbit|bps|kbps|mbps|gbps]",
    ["8bit", "5kbit", "1.5Mbit", "2MiBps"],
    (text) => {
      const [, number, unit = ""] = /^(\d+(?:\.\d*)?|\.\d+)([a-z]*)$/i.exec(text) ?? [];
      const bits = own(UNITS, unit.toLowerCase());
      const bytes = number === undefined || bits === undefined ? -1 : Math.floor((Number(number) * bits) / 8);
      return bytes < 0 || bytes > 0xffffffff ? undefined : bytes;
    },
    writeRate,
    { negatable: false, ...more },
  );
/** `--rateest-bps` alone: the rates of two estimators are compared. */
const optional = (value: Value<number>): Value<number> => ({
  ...value,
  optionalWord: true,
  read: (words, flag, family) => (words.length === 0 ? 0 : value.read(words, flag, family)),
});
const name = (aliases: readonly string[] = []) => kept(15, { bare: true, aliases, examples: ["RE1"] });
const MODES = ["--rateest-lt", "--rateest-eq", "--rateest-gt"] as const;

/** The rate that an estimator measured, against another or a fixed one. net/netfilter/xt_rateest.c */
export const rateest = match({
  name: "rateest",
  families: ["ipv4", "ipv6"],
  options: {
    "--rateest-delta": flag(),
    "--rateest1": name(["--rateest"]),
    "--rateest-bps1": optional(rate()),
    "--rateest-pps1": optional(integer()),
    "--rateest-lt": flag({ negatable: true }),
    "--rateest-eq": flag({ negatable: true }),
    "--rateest-gt": flag({ negatable: true }),
    "--rateest-bps2": optional(rate({ aliases: ["--rateest-bps"] })),
    "--rateest-pps2": optional(integer({ aliases: ["--rateest-pps"] })),
    "--rateest2": name(),
  },
  needs: [["--rateest1"], MODES, ["--rateest-bps1", "--rateest-bps2", "--rateest-pps1", "--rateest-pps2"]],
  write(given) {
    const [first, second] = [given["--rateest1"], given["--rateest2"]];
    const isDelta = given["--rateest-delta"] !== undefined;
    // the last mode counts, and any ! of them
    const modes = MODES.filter((each) => given[each]).sort((a, b) => (given[a]?.at ?? 0) - (given[b]?.at ?? 0));
    const compared = `${modes.some((each) => given[each]?.negated) ? "! " : ""}${modes.at(-1)}`;
    const rates = (["bps", "pps"] as const).flatMap((unit) => {
      const [one, other] = [given[`--rateest-${unit}1`], given[`--rateest-${unit}2`]];
      if (!one && !other) return [];
      const show = (rate: One<number> | undefined) => (unit === "bps" ? writeRate : String)(rate?.value ?? 0);
      if (isDelta) return [`--rateest-${unit}1 ${show(one)}`, compared, `--rateest-${unit}2 ${show(other)}`];
      return [compared, `--rateest-${unit}${second ? "" : ` ${show(other)}`}`];
    });
    if (!first || modes.length === 0 || rates.length === 0) return null;
    return [
      ...(isDelta ? ["--rateest-delta"] : []),
      `${second ? "--rateest1" : "--rateest"} ${first.value}`,
      ...rates,
      ...(second ? [`--rateest2 ${second.value}`] : []),
    ];
  },
  means(given) {
    const names = [given["--rateest1"], given["--rateest2"]].flatMap((one) => (one ? [one.value] : []));
    return chance(`rate of ${names.join(" and ")}`, `it depends on the rate that ${names.join(" and ")} measured`);
  },
});
