import { always } from "../../facts/index.ts";
import { match } from "../define.ts";
import { kept } from "../values.ts";

/** Words for the reader; matches every packet, but counts as a match in TRACE lines. net/netfilter/xt_comment.c */
export const comment = match({
  name: "comment",
  families: ["ipv4", "ipv6"],
  options: { "--comment": kept(255) },
  needs: [["--comment"]],
  means: () => always,
});
