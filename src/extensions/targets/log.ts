import { target } from "../define.ts";
import { cutText, flag, readInteger, word } from "../values.ts";

/** By syslog's number or name; 4 is the default and not printed. libxtables/xtoptions.c xtopt_parse_sysloglevel */
const LEVELS = ["emerg", "alert", "crit", "error", "warning", "notice", "info", "debug"];
const level = word(
  `a syslog level, 0-7 or one of ${LEVELS.join(", ")}`,
  ["7", "debug", "4", "0x5"],
  (given) => {
    const number = readInteger(given, 7) ?? LEVELS.indexOf(given === "panic" ? "emerg" : given);
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
    "--log-prefix": cutText(29, { min: 1, examples: ["foo", '"in: "'] }),
    "--log-level": level,
    "--log-tcp-sequence": flag(),
    "--log-tcp-options": flag(),
    "--log-ip-options": flag(),
    "--log-uid": flag(),
    "--log-macdecode": flag(),
  },
  check: (given) =>
    given["--log-prefix"]?.value.includes("\n") ? { option: "--log-prefix", expected: "a prefix of one line" } : null,
  does: () => [{ does: "continue" }],
});
