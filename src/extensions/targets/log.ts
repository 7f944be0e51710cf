import { target } from "../define.ts";
import { flag, text, word } from "../values.ts";

/** By syslog's number or name; 4 is the default and not printed. extensions/libxt_LOG.c */
const LEVELS = ["emerg", "alert", "crit", "error", "warning", "notice", "info", "debug"];
const ALIASES: Readonly<Record<string, number>> = { panic: 0, err: 3, warn: 4 };
const level = word(
  "a syslog level, 0-7 or by name",
  ["7", "debug", "4"],
  (given) => {
    const number = /^[0-7]$/.test(given) ? Number(given) : (ALIASES[given] ?? LEVELS.indexOf(given));
    return number >= 0 ? number : undefined;
  },
  (value) => (value === 4 ? null : String(value)),
  { negatable: false },
);

/** Prints the packet and goes on. net/netfilter/xt_LOG.c */
export const LOG = target({
  name: "LOG",
  families: ["ipv4", "ipv6"],
  options: {
    "--log-prefix": text({ quoted: true }),
    "--log-level": level,
    "--log-tcp-sequence": flag(),
    "--log-tcp-options": flag(),
    "--log-ip-options": flag(),
    "--log-uid": flag(),
    "--log-macdecode": flag(),
  },
  does: () => [{ does: "continue" }],
});
