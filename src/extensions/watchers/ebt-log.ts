import { always } from "../../facts/index.ts";
import { match } from "../define.ts";
import { ebtPrefix, flag, word } from "../values.ts";

const LEVELS = ["emerg", "alert", "crit", "error", "warning", "notice", "info", "debug"];
const NOTICE = 5;
const level = word(
  `a syslog level, 0-7 or one of ${LEVELS.join(", ")}`,
  ["debug", "7", "emerg"],
  (text) => {
    // 1.8.11 takes panic too
    const at = /^[0-7]$/.test(text) ? Number(text) : text === "panic" ? 0 : LEVELS.indexOf(text);
    return at < 0 ? undefined : at;
  },
  (value) => LEVELS[value] ?? "",
  { negatable: false },
);

/** Logs the frame and goes on; `--log` is printed as its level. net/bridge/netfilter/ebt_log.c; semantics 3 and 5.3. */
export const ebtLog = match({
  name: "log",
  families: ["bridge"],
  implicit: "other",
  options: {
    "--log": { ...flag(), write: () => null },
    "--log-level": level,
    "--log-prefix": ebtPrefix(29),
    "--log-ip": flag(),
    "--log-arp": flag(),
    "--log-ip6": flag(),
  },
  check: (given) =>
    given["--log-prefix"]?.value.includes('"') ? { option: "--log-prefix", expected: 'a prefix without "' } : null,
  complete(given) {
    if (Object.keys(given).length === 0) return given;
    return {
      ...given,
      "--log-level": given["--log-level"] ?? { value: NOTICE, negated: false, at: 0 },
      "--log-prefix": given["--log-prefix"] ?? { value: "", negated: false, at: 0 },
    };
  },
  means: () => always,
  logs: (given) => given["--log-prefix"]?.value ?? "",
});
