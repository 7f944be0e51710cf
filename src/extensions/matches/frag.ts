import { all, always, any, not, within } from "../../facts/index.ts";
import { match } from "../define.ts";
import {
  compares,
  firstFragment,
  flag,
  headerRange,
  headersAre,
  insideHeader,
  integer,
  laterFragment,
  rangeSet,
} from "../values.ts";

const more = within("moreFragments", [[1, 2]], "more fragments");

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
      any(laterFragment, headersAre(["ipv6-frag"], true)),
      compares("fragmentId", given["--fragid"] && { ...given["--fragid"], value: rangeSet(given["--fragid"].value) }),
      given["--fragres"] ? not(insideHeader("reserved bits of the fragment header are set")) : always,
      given["--fragfirst"] ? firstFragment() : always,
      given["--fragmore"] ? more : always,
      given["--fraglast"] ? not(more) : always,
    ),
});
