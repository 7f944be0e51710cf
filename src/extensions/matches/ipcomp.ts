import { always } from "../../facts/index.ts";
import { match } from "../define.ts";
import { asked, flag, integerRange, ofHeader, opaque, truncated } from "../values.ts";

const cpi = integerRange({ omitsAll: true });

/**
 * The parameter index of IP payload compression. net/netfilter/xt_ipcomp.c, which does not look at --compres.
 * Without --ipcompspi the tool asks for index 0.
 */
export const ipcomp = match({
  name: "ipcomp",
  families: ["ipv4", "ipv6"],
  options: {
    "--ipcompspi": {
      ...cpi,
      // before 1.8.11 the opposite of all of them was not printed either
      write: (value, negated, saver) => cpi.write(value, negated && saver.release >= 10811, saver),
    },
    "--compres": flag(),
  },
  placement: { protocols: ["ipcomp"] },
  complete: (given) => ({ "--ipcompspi": { value: { low: 0, high: 0 }, negated: false, at: 0 }, ...given }),
  means: (given) =>
    ofHeader(
      4,
      asked(given["--ipcompspi"], ({ low, high }) =>
        low === 0 && high >= 0xffff ? always : opaque(`ipcomp index is ${low}:${high}`, "the packet's ipcomp header"),
      ),
    ),
  dropsIf: () => truncated(4),
});
