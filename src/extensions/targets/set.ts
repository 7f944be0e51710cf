import { type Effect, target } from "../define.ts";
import { flag, integer, setEntry, setNamed } from "../values.ts";

/**
 * Adds to an ipset, deletes from it, or takes the packet's metadata from its entry. net/netfilter/xt_set.c:
 * `--map-set` in mangle only, `--map-prio` and `--map-queue` in FORWARD, OUTPUT and POSTROUTING.
 */
export const SET = target({
  name: "SET",
  families: ["ipv4", "ipv6"],
  options: {
    "--add-set": setEntry,
    "--exist": flag(),
    "--timeout": integer({ max: 0xfffffffe }),
    "--del-set": setEntry,
    "--map-set": setEntry,
    "--map-mark": flag(),
    "--map-prio": flag(),
    "--map-queue": flag(),
  },
  needs: [["--add-set", "--del-set", "--map-set"]],
  together: {
    "--exist": ["--add-set"],
    "--timeout": ["--add-set"],
    "--map-mark": ["--map-set"],
    "--map-prio": ["--map-set"],
    "--map-queue": ["--map-set"],
  },
  placed: {
    "--map-set": { tables: ["mangle"] },
    "--map-prio": { hooks: ["FORWARD", "OUTPUT", "POSTROUTING"] },
    "--map-queue": { hooks: ["FORWARD", "OUTPUT", "POSTROUTING"] },
  },
  check(given) {
    if (!given["--map-set"] || given["--map-mark"] || given["--map-prio"] || given["--map-queue"]) return null;
    return { option: "--map-set", expected: "--map-mark, --map-prio or --map-queue beside --map-set" };
  },
  does(given) {
    const changed = [given["--add-set"], given["--del-set"]].flatMap((one): readonly Effect[] =>
      one ? [{ does: "touch", what: setNamed(one.value.name) }] : [],
    );
    // the entry holds the mark
    return given["--map-mark"] ? [...changed, { does: "become", field: "mark", ranges: null }] : changed;
  },
});
