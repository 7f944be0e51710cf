import { always } from "../../facts/index.ts";
import { match } from "../define.ts";
import { kept, text } from "../values.ts";

const name = kept(31);

/** Counts the packet in an accounting object. net/netfilter/xt_nfacct.c: yes, unless the object has a quota that is not reached. */
export const nfacct = match({
  name: "nfacct",
  families: ["ipv4", "ipv6"],
  options: {
    "--nfacct-name": {
      ...name,
      read(words, flag, family) {
        text({ min: 1 }).read(words, flag, family);
        return name.read(words, flag, family);
      },
    },
  },
  needs: [["--nfacct-name"]],
  means: () => always,
});
