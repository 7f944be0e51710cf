import { all, any, not, present } from "../../facts/index.ts";
import { match } from "../define.ts";
import { asked, compares, firstFragment, integerRange, laterFragment, opaque, rangeSet } from "../values.ts";

/**
 * The MSS option; a packet without it is in no range: yes with `!`. net/netfilter/xt_tcpmss.c, which reads a later
 * fragment as if it began with the header.
 */
export const tcpmss = match({
  name: "tcpmss",
  families: ["ipv4", "ipv6"],
  options: { "--mss": integerRange({ max: 65535 }) },
  needs: [["--mss"]],
  placement: { protocols: ["tcp"] },
  means: ({ "--mss": given }) =>
    any(
      firstFragment(
        not(present("incomplete")),
        compares("tcpMss", given && { ...given, value: rangeSet(given.value) }),
      ),
      all(
        laterFragment,
        not(unreadable),
        asked(given, (range) =>
          opaque(`what is read as tcp MSS is in ${rangeSet(range).text}`, "the fragment's bytes"),
        ),
      ),
    ),
  dropsIf: () => any(present("incomplete"), all(laterFragment, unreadable)),
});
const unreadable = opaque("what is read as tcp options is none", "the fragment's bytes");
