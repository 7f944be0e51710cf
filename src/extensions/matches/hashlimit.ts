import { never } from "../../facts/index.ts";
import { type Given, type Mistake, match, type OptionTable } from "../define.ts";
import {
  addressBits,
  chance,
  flag,
  integer,
  prefixLength,
  readInteger,
  readInteger64,
  withoutPorts,
  word,
} from "../values.ts";

/** A packet costs SCALE credits a second, or 16 bytes a share of UINT32_MAX. extensions/libxt_hashlimit.c, revision 3. */
const SCALE = 1_000_000n;
const U32 = 0xffffffffn;
const MOST_BURST = 1_000_000n;
/** Milliseconds after which an idle entry is forgotten: of byte rates, and of byte rates with a burst. */
const [BYTE_EXPIRE, BURST_EXPIRE] = [15_000, 60_000] as const;
/** HZ * CREDITS_PER_JIFFY / SCALE of net/netfilter/xt_hashlimit.c, the same for 250 and 1000 ticks a second. */
const CREDITS = 137_438_953n;

const PERIODS = [
  ["day", "day", 86400],
  ["hour", "hour", 3600],
  ["minute", "min", 60],
  ["second", "sec", 1],
] as const;
const UNITS = [
  ["m", 1024n * 1024n],
  ["k", 1024n],
  ["", 1n],
] as const;
/** The kernel makes no larger tables. */
const capped = (size?: number) => size && Math.min(size, 1024 * 1024);
const factor = (letter = ""): bigint => UNITS.find(([name]) => name === letter)?.[1] ?? 1n;

interface Rate {
  readonly bytes: boolean;
  readonly cost: bigint;
  readonly seconds: number;
}
const costOf = (bytes: bigint): bigint => U32 / (BigInt.asUintN(32, bytes >> 4n) + 1n);
const bytesOf = (cost: bigint): bigint => (U32 / cost - 1n) << 4n;

/** Only the digits in front, the letter before `b/s` and what follows the first `/` are looked at. */
function readRate(text: string): Rate | undefined {
  const number = BigInt(/^\s*\+?(\d+)/.exec(text)?.[1] ?? 0);
  if (number === 0n) return undefined;
  const at = text.indexOf("b/s");
  if (at > 0) {
    const cost = costOf(BigInt.asUintN(64, number * factor(text[at - 1])));
    return cost === 0n ? undefined : { bytes: true, cost, seconds: BYTE_EXPIRE / 1000 };
  }
  const slash = text.indexOf("/");
  const name = slash < 0 ? "second" : text.slice(slash + 1).toLowerCase();
  const seconds = PERIODS.find(([period]) => name !== "" && period.startsWith(name))?.[2];
  const cost = seconds === undefined ? 0n : (SCALE * BigInt(seconds)) / number;
  return seconds === undefined || cost === 0n ? undefined : { bytes: false, cost, seconds };
}
const rate = (aliases: readonly string[] = []) =>
  word(
    "a rate of at most 1000000/second, such as 10/second, 5/minute, 3/hour, 9/day or 512kb/s",
    ["10/sec", "5/minute", "3/h", "512kb/s", "7"],
    readRate,
    () => null,
    { aliases },
  );
const burst = word(
  `a number 1-${MOST_BURST}, or bytes such as 64kb or 1mb`,
  ["10", "0x20"],
  (text) => {
    const [, digits = "", rest = ""] = /^\s*(0x[\da-f]+|\d+)(.*)$/is.exec(text) ?? [];
    const number = readInteger64(digits);
    if (!number || (rest === "" && number > MOST_BURST)) return undefined;
    return BigInt.asUintN(64, number * factor(rest[0]));
  },
  String,
  { negatable: false },
);
const MODES = ["srcip", "srcport", "dstip", "dstport"];
const mode = word(
  `a list of ${MODES.join(", ")}`,
  ["srcip", "dstport,dstip", "srcip|dstip"],
  (text) => {
    const given = text.split(/[,|]/).filter((name) => name !== "");
    return given.every((name) => MODES.includes(name)) ? MODES.filter((name) => given.includes(name)) : undefined;
  },
  (value) => (value.length === 0 ? null : value.join(",")),
  { negatable: false },
);
const tableName = word(
  "a file name for /proc/net/ipt_hashlimit",
  ["web", "ssh-in"],
  (text) => (text === "" || text === "." || text === ".." || text.includes("/") ? undefined : text.slice(0, 254)),
  (value) => value,
  { negatable: false },
);
const interval = word(
  "a number of seconds, at least 1",
  ["10", "1"],
  (text) => readInteger(String(Number.parseInt(text, 10)), 2 ** 31 - 1, 1),
  String,
  { negatable: false },
);
const milliseconds = () => integer({ min: 1, examples: ["1000", "0x7d0"] });
const options = {
  "--hashlimit-upto": rate(["--hashlimit"]),
  "--hashlimit-above": rate(),
  "--hashlimit-burst": burst,
  "--hashlimit-mode": mode,
  "--hashlimit-name": tableName,
  "--hashlimit-htable-size": integer({ examples: ["100", "0x80"] }),
  "--hashlimit-htable-max": integer({ examples: ["200", "0x80"] }),
  "--hashlimit-htable-gcinterval": milliseconds(),
  "--hashlimit-htable-expire": milliseconds(),
  "--hashlimit-srcmask": prefixLength(),
  "--hashlimit-dstmask": prefixLength(),
  "--hashlimit-rate-match": flag(),
  "--hashlimit-rate-interval": interval,
} satisfies OptionTable;
type Options = Given<typeof options>;

/** What the kernel is given: hashlimit_mt_check makes it of the options. */
function configured(given: Options, { bytes, cost, seconds }: Rate) {
  const asked = given["--hashlimit-burst"]?.value;
  const isRateMatch = given["--hashlimit-rate-match"] !== undefined;
  const each = bytes ? bytesOf(cost) : 1n;
  // as many rates as make up the burst, of which only 32 bits are divided
  const times = (all: bigint) => (each === 0n ? 0n : (all & U32) / each + (all % each === 0n ? 0n : 1n));
  return {
    cost: isRateMatch && !bytes ? cost / BigInt(seconds) || cost : cost,
    burst: bytes ? (asked === undefined ? 0n : times(asked)) : (asked ?? 5n),
    expire: given["--hashlimit-htable-expire"]?.value ?? (bytes && asked !== undefined ? BURST_EXPIRE : seconds * 1000),
    interval: isRateMatch ? (given["--hashlimit-rate-interval"]?.value ?? (bytes ? 1 : seconds)) : undefined,
  };
}
/** The rate in the longest period that loses nothing, and how long its entries live unless told otherwise. */
function packetRate(cost: bigint): readonly [string, number] {
  const per = (at: number): bigint => SCALE * BigInt(PERIODS[at]?.[2] ?? 1);
  const isCoarse = (at: number) => cost <= per(at) && per(at) / cost >= per(at) % cost;
  let at = 0;
  while (at < 3 && isCoarse(at + 1)) at++;
  const [, name, seconds] = PERIODS[at] ?? PERIODS[3];
  return [`${per(at) / cost}/${name}`, seconds * 1000];
}
function byteRate(cost: bigint, times: bigint): readonly [string, number] {
  const bytes = bytesOf(cost);
  // the check has 32 bits only: a high rate is not rounded
  const fits = (size: bigint) => size === 1n || (bytes >= size && costOf(bytes & U32 & ~(size - 1n)) === cost);
  const [unit, size] = UNITS.find(([, each]) => fits(each)) ?? UNITS[2];
  const text = `${bytes / size}${unit}b/s`;
  if (times === 0n) return [text, BYTE_EXPIRE];
  const all = BigInt.asUintN(64, bytes * times);
  const [name, large] = UNITS.find(([, each]) => all >= each) ?? UNITS[2];
  return [`${text} --hashlimit-burst ${all / large}${name}b`, BURST_EXPIRE];
}

function mistake(given: Options): Mistake | null {
  const option = given["--hashlimit-upto"] ? "--hashlimit-upto" : "--hashlimit-above";
  const value = given[option]?.value;
  if (!value) return null;
  const asked = given["--hashlimit-burst"]?.value;
  const { cost, burst: times } = configured(given, value);
  if (value.bytes && asked !== undefined && (asked < bytesOf(cost) || bytesOf(cost) === 0n))
    return { option: "--hashlimit-burst", expected: `a burst of at least the rate, ${bytesOf(cost) || 16n}b` };
  if (!value.bytes && times > MOST_BURST)
    return { option: "--hashlimit-burst", expected: `at most ${MOST_BURST} packets` };
  if (given["--hashlimit-rate-match"])
    return value.bytes || value.cost >= BigInt(value.seconds) ? null : { option, expected: "a slower rate" };
  if (value.bytes) return cost > 1n ? null : { option, expected: "a rate below 32768mb/s" };
  const overflows = BigInt.asUintN(64, cost * times * CREDITS) < cost * CREDITS;
  return overflows ? { option, expected: "a faster rate or a smaller burst: the kernel's credits overflow" } : null;
}

/** Rates by host, port or network. net/netfilter/xt_hashlimit.c */
export const hashlimit = match({
  name: "hashlimit",
  families: ["ipv4", "ipv6"],
  options,
  needs: [["--hashlimit-upto", "--hashlimit-above"], ["--hashlimit-name"]],
  excludes: [["--hashlimit-upto", "--hashlimit-above"]],
  check: mistake,
  write(given, _, family) {
    const [upto, above] = [given["--hashlimit-upto"], given["--hashlimit-above"]];
    const one = upto ?? above;
    if (!one) return null;
    const config = configured(given, one.value);
    const isAbove = one.negated === (upto !== undefined);
    const [text, life] = one.value.bytes ? byteRate(config.cost, config.burst) : packetRate(config.cost);
    const rest = (name: string, value: unknown, unless: unknown) =>
      value === undefined || value === unless ? [] : [`--hashlimit-${name} ${value}`];
    return [
      ...rest(isAbove ? "above" : "upto", text, undefined),
      ...(one.value.bytes ? [] : rest("burst", config.burst, undefined)),
      ...rest("mode", given["--hashlimit-mode"]?.value.join(","), ""),
      ...rest("name", given["--hashlimit-name"]?.value, undefined),
      ...rest("htable-size", capped(given["--hashlimit-htable-size"]?.value), 0),
      ...rest("htable-max", capped(given["--hashlimit-htable-max"]?.value), 0),
      ...rest("htable-gcinterval", given["--hashlimit-htable-gcinterval"]?.value, 1000),
      ...rest("htable-expire", config.expire, life),
      ...rest("srcmask", given["--hashlimit-srcmask"]?.value, addressBits(family)),
      ...rest("dstmask", given["--hashlimit-dstmask"]?.value, addressBits(family)),
      ...(given["--hashlimit-rate-match"] ? ["--hashlimit-rate-match"] : []),
      ...rest("rate-interval", config.interval, 1),
    ];
  },
  means: (given) =>
    chance(`hashlimit ${given["--hashlimit-name"]?.value}`, "whether the rate is exceeded is not known"),
  // hashlimit_init_dst
  dropsIf: (given) => (given["--hashlimit-mode"]?.value.some((by) => /port$/.test(by)) ? withoutPorts : never),
});
