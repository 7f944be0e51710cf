import { always } from "../../facts/index.ts";
import { match } from "../define.ts";
import { flag, oneOf, text } from "../values.ts";

const LEVELS = ["emerg", "alert", "crit", "error", "warning", "notice", "info", "debug"];

/** Logs the frame and goes on; `--log` is printed as its level. net/bridge/netfilter/ebt_log.c; semantics 3 and 5.3. */
export const ebtLog = match({
  name: "log",
  families: ["bridge"],
  implicit: "other",
  options: {
    "--log": { ...flag(), write: () => null },
    "--log-level": oneOf(LEVELS, { negatable: false }),
    "--log-prefix": text({ quoted: true }),
    "--log-ip": flag(),
    "--log-arp": flag(),
    "--log-ip6": flag(),
  },
  means: () => always,
  logs: (given) => given["--log-prefix"]?.value ?? "",
});
