import { always } from "../../facts/index.ts";
import { match } from "../define.ts";
import { ebtPrefix, flag, integer } from "../values.ts";

/** The older way to a listener, which only ebtables' own tool has; kernels have it no more since 3.17. ebt_ulog(8) */
export const ebtUlog = match({
  name: "ulog",
  families: ["bridge"],
  implicit: "other",
  options: {
    "--ulog": { ...flag(), write: () => null },
    "--ulog-prefix": ebtPrefix(31),
    "--ulog-nlgroup": integer({ min: 1, max: 32 }),
    "--ulog-cprange": integer({
      max: 0x7fffffff,
      named: { default_cprange: 0 },
      print: (value) => (value === 0 ? "default_cprange" : String(value)),
    }),
    "--ulog-qthreshold": integer({ min: 1, max: 50 }),
  },
  check: (_, __, { saver }) =>
    saver.backend === "nft" ? { expected: "--nflog, as ebtables-nft has no ulog watcher" } : null,
  complete(given) {
    if (Object.keys(given).length === 0) return given;
    return {
      "--ulog-prefix": { value: "", negated: false, at: 0 },
      "--ulog-nlgroup": { value: 1, negated: false, at: 0 },
      "--ulog-cprange": { value: 0, negated: false, at: 0 },
      "--ulog-qthreshold": { value: 1, negated: false, at: 0 },
      ...given,
    };
  },
  means: () => always,
  logs: () => null,
});
