import { all, always, any, not, within } from "../../facts/index.ts";
import { match } from "../define.ts";
import { asked, flag, hasHeader, headerRange, integer, ofHeader, rangeSet } from "../values.ts";

const first = within("fragmentOffset", [[0, 1]], "the first fragment");
const later = within("fragmentOffset", [[1, 8192]], "a later fragment");
const more = ofHeader("more fragments follow");

/** The fragment header. net/ipv6/netfilter/ip6t_frag.c: without it no either way; the kernel never looks at `--fraglen`. */
export const frag = match({
  name: "frag",
  families: ["ipv6"],
  options: {
    "--fragid": headerRange(),
    "--fraglen": integer({ negatable: true }),
    "--fragres": flag(),
    "--fragfirst": flag(),
    "--fragmore": flag(),
    "--fraglast": flag(),
  },
  excludes: [["--fragmore", "--fraglast"]],
  means: (given) =>
    all(
      any(later, hasHeader("fragment")),
      asked(given["--fragid"], (range) => ofHeader(`fragment id in ${rangeSet(range).text}`)),
      given["--fragres"] ? not(ofHeader("reserved bits of the fragment header are set")) : always,
      given["--fragfirst"] ? first : always,
      given["--fragmore"] ? more : always,
      given["--fraglast"] ? not(more) : always,
    ),
});
