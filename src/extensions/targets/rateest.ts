import { own } from "../../own.ts";
import { type Given, target, type Value } from "../define.ts";
import { bareWord, word } from "../values.ts";

const SECOND = 1_000_000;
const UNITS: Readonly<Record<string, number>> = { s: SECOND, sec: SECOND, ms: 1000, msec: 1000, us: 1, usec: 1, "": 1 };
/** In microseconds, 32 bits of them; without a unit microseconds are meant. */
const time = (examples: readonly string[]): Value<number> =>
  word(
    "a time such as 250ms, 1s or 500us",
    examples,
    (text) => {
      const [, number, unit = ""] = /^\s*\+?(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+)([a-z]*)$/i.exec(text) ?? [];
      const scale = own(UNITS, unit.toLowerCase().replace(/ecs$/, "ec"));
      return number === undefined || scale === undefined ? undefined : Math.trunc(Number(number) * scale) % 2 ** 32;
    },
    showTime,
    { negatable: false },
  );
function showTime(micros: number): string {
  if (micros >= SECOND) return `${(micros / SECOND).toFixed(1)}s`;
  return micros >= 1000 ? `${(micros / 1000).toFixed(1)}ms` : `${micros}us`;
}

const options = {
  "--rateest-name": bareWord(15, ["RE1", "uplink"]),
  "--rateest-interval": time(["250ms", "1s", "0.5sec"]),
  "--rateest-ewmalog": time(["8s", "16000ms", "32sec"]),
};

/** What the kernel keeps of both times: powers of two (extensions/libxt_RATEEST.c RATEEST_final_check). */
function steps(given: Given<typeof options>): { interval: number; ewma: number } {
  const micros = given["--rateest-interval"]?.value ?? 0;
  const constant = given["--rateest-ewmalog"]?.value ?? 0;
  const interval = [0, 1, 2, 3, 4, 5].find((step) => micros <= 2 ** step * (SECOND / 4)) ?? 6;
  let ewma = 1;
  while (ewma < 32 && micros / -Math.log(1 - 2 ** -ewma) <= constant) ewma++;
  return { interval, ewma: ewma - 1 };
}

/** Feeds a rate estimator that `-m rateest` reads, and goes on. net/netfilter/xt_RATEEST.c */
export const RATEEST = target({
  name: "RATEEST",
  families: ["ipv4", "ipv6"],
  options,
  needs: [["--rateest-name"], ["--rateest-interval"], ["--rateest-ewmalog"]],
  check(given) {
    if (!given["--rateest-interval"] || !given["--rateest-ewmalog"]) return null;
    const { interval, ewma } = steps(given);
    if (interval > 5) return { option: "--rateest-interval", expected: "an interval of at most 8s" };
    if (ewma > 0 && ewma < 31) return null;
    return { option: "--rateest-ewmalog", expected: "a time constant of at least 1.45 intervals" };
  },
  write(given) {
    if (!given["--rateest-interval"] || !given["--rateest-ewmalog"]) return null;
    const { interval, ewma } = steps(given);
    const period = (SECOND / 4) * 2 ** interval;
    const name = given["--rateest-name"]?.value ?? "";
    // the tool computes in 32 bits
    const constant = Number((BigInt(period) << BigInt(ewma)) % 2n ** 32n);
    return ["--rateest-name", name, "--rateest-interval", showTime(period), "--rateest-ewmalog", showTime(constant)];
  },
  does: () => [{ does: "continue" }],
});
