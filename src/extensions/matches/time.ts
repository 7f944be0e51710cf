import { always, never } from "../../facts/index.ts";
import { type Given, match, type OptionTable, type Value } from "../define.ts";
import { flag, opaque, readInteger, word } from "../values.ts";

const LAST_DATE = 0x7fffffff;
const DAY = 86400;
const LAST_SECOND = DAY - 1;
const ALL_MONTHDAYS = 0xfffffffe;
const ALL_WEEKDAYS = 0xfe;
const WEEKDAYS = ["", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** Seconds since 1970, UTC. Parts may be empty or 0, as in libxt_time: a day 0 is the last one of the month before. */
const date: Value<number> = word(
  "a date YYYY[-MM[-DD[Thh[:mm[:ss]]]]], 1970-2038",
  ["2024", "2024-02-29", "2025-01-01T12:30:15", "2030-06-15T08"],
  (text) => {
    const parts = /^(\d+)(?:-(\d*)(?:-(\d*)(?:T(\d*)(?::(\d*)(?::(\d*))?)?)?)?)?$/.exec(text)?.slice(1);
    const least = [1970, 0, 0, 0, 0, 0];
    const most = [2038, 12, 31, 23, 59, 59];
    const numbers = parts?.map((part, at) => (part === undefined ? (at < 3 ? 1 : 0) : Number(part)));
    if (!numbers?.every((number, at) => number >= (least[at] ?? 0) && number <= (most[at] ?? 0))) return undefined;
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = numbers;
    const seconds = Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
    return seconds < 0 ? undefined : seconds;
  },
  (seconds) => new Date(seconds * 1000).toISOString().slice(0, 19),
  { negatable: false },
);
/** Seconds since midnight. */
const daytime: Value<number> = word(
  "a time hh:mm[:ss], 00:00:00-23:59:59",
  ["08:00", "17:30:15", "9:5"],
  (text) => {
    const [hour, minute, second] =
      /^(\d*):(\d*)(?::(\d*))?$/
        .exec(text)
        ?.slice(1)
        .map((part) => Number(part ?? 0)) ?? [];
    if (hour === undefined || minute === undefined || second === undefined) return undefined;
    return hour > 23 || minute > 59 || second > 59 ? undefined : hour * 3600 + minute * 60 + second;
  },
  (seconds) => new Date(seconds * 1000).toISOString().slice(11, 19),
  { negatable: false },
);
/** A set of days as bits; each item is cut to so many characters. */
const days = (
  expected: string,
  examples: readonly string[],
  cut: number,
  bitOf: (item: string) => number | undefined,
  printed: (bits: number) => string,
): Value<number> =>
  word(
    expected,
    examples,
    (text) => {
      const items = text.replace(/,$/, "").split(",");
      const bits = (text === "" ? [] : items).map((item) => bitOf(item.slice(0, cut)));
      return bits.includes(undefined) ? undefined : bits.reduce<number>((sum, bit) => sum | (1 << (bit ?? 0)), 0) >>> 0;
    },
    printed,
  );
const dayNumber = (text: string): number | undefined => readInteger(text || "0", 999);
const listed = (bits: number, name: (day: number) => string, last: number): string =>
  Array.from({ length: last }, (_, at) => at + 1)
    .filter((day) => (bits >>> day) & 1)
    .map(name)
    .join(",");
const monthdays = days(
  "days 1-31, separated by commas",
  ["1,15,31", "7"],
  2,
  (item) => {
    const day = dayNumber(item);
    return day !== undefined && day <= 31 ? day : undefined;
  },
  (bits) => listed(bits, String, 31),
);
const weekdays = days(
  `a list of ${WEEKDAYS.slice(1).join(", ")} or 1-7`,
  ["Mon,Tue,Fri", "6,7", "Sa,Su"],
  3,
  (item) => {
    const day = dayNumber(item);
    if (day !== undefined) return day > 0 ? day : undefined;
    // two letters are enough, and case counts
    const named = item.length > 1 ? WEEKDAYS.findIndex((name) => name !== "" && name.startsWith(item.slice(0, 2))) : -1;
    return named > 0 ? named : undefined;
  },
  (bits) => listed(bits, (day) => WEEKDAYS[day] ?? "", 7),
);

const options = {
  "--timestart": daytime,
  "--timestop": daytime,
  "--monthdays": monthdays,
  "--weekdays": weekdays,
  "--datestart": date,
  "--datestop": date,
  "--kerneltz": flag(),
  "--localtz": flag(),
  "--utc": flag(),
  "--contiguous": flag(),
} as const satisfies OptionTable;
type TimeGiven = Given<typeof options>;
const SAVER = { backend: "legacy", release: 0 } as const;

/** What is asked, whole: what was not given has its default, days are those that are left after `!`. */
function texts(given: TimeGiven): readonly string[] {
  const [start, stop] = [given["--timestart"]?.value ?? 0, given["--timestop"]?.value ?? LAST_SECOND];
  const [from, until] = [given["--datestart"]?.value ?? 0, given["--datestop"]?.value ?? LAST_DATE];
  const daysOf = (option: "--monthdays" | "--weekdays", all: number, width: number) => {
    const one = given[option];
    const bits = one ? ((one.value & width) ^ (one.negated ? all : 0)) >>> 0 : all;
    return bits === all ? [] : [option, ...(options[option].write(bits, false, SAVER) ?? [])];
  };
  const text = <T>(option: string, value: T, { write }: Value<T>) => [option, ...(write(value, false, SAVER) ?? [])];
  return [
    ...(start === 0 && stop === LAST_SECOND
      ? []
      : [...text("--timestart", start, daytime), ...text("--timestop", stop, daytime)]),
    ...daysOf("--monthdays", ALL_MONTHDAYS, 0xffffffff),
    ...daysOf("--weekdays", ALL_WEEKDAYS, 0xff),
    ...(from === 0 ? [] : text("--datestart", from, date)),
    ...(until === 0 ? [] : text("--datestop", until, date)),
    ...(given["--kerneltz"] || given["--localtz"] ? ["--kerneltz"] : []),
    ...(given["--contiguous"] ? ["--contiguous"] : []),
  ];
}

const inKernelZone = (given: TimeGiven): boolean =>
  given["--kerneltz"] !== undefined || given["--localtz"] !== undefined;

/** net/netfilter/xt_time.c time_mt: with --contiguous the hours after midnight belong to the day before. */
function isNow(given: TimeGiven, now: number): boolean {
  const [from, until] = [given["--datestart"]?.value ?? 0, given["--datestop"]?.value ?? LAST_DATE];
  if (now < from || now > until) return false;
  const [start, stop] = [given["--timestart"]?.value ?? 0, given["--timestop"]?.value ?? LAST_SECOND];
  const second = now % DAY;
  const isIn = start < stop ? second >= start && second <= stop : second >= start || second <= stop;
  if (!isIn) return false;
  const isLate = given["--contiguous"] && start >= stop && second <= stop;
  const day = new Date((isLate ? now - DAY : now) * 1000);
  const bit = (option: "--monthdays" | "--weekdays", at: number) => {
    const one = given[option];
    return !one || ((one.value >>> at) & 1) === (one.negated ? 0 : 1);
  };
  return bit("--weekdays", day.getUTCDay() || 7) && bit("--monthdays", day.getUTCDate());
}

/** The wall clock, UTC or the kernel's zone. net/netfilter/xt_time.c; semantics 5.2: days behind `!` are printed as the others. */
export const time = match({
  name: "time",
  families: ["ipv4", "ipv6"],
  options,
  excludes: [
    ["--utc", "--kerneltz"],
    ["--utc", "--localtz"],
  ],
  check: (given) =>
    given["--contiguous"] && (given["--timestart"]?.value ?? 0) < (given["--timestop"]?.value ?? LAST_SECOND)
      ? { option: "--contiguous", expected: "--contiguous with a --timestop before --timestart" }
      : null,
  write: texts,
  means(given, host) {
    const clock = host.time;
    if (clock) return isNow(given, clock.seconds + (inKernelZone(given) ? clock.ahead : 0)) ? always : never;
    return opaque(["time", ...texts(given)].join(" "), "the clock when the packet comes");
  },
});
