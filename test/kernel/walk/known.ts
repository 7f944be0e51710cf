/** Disagreements whose reason is known. The aim is that there are none. */
import type { Disagreement } from "./judge.ts";

export const KNOWN: readonly { readonly reason: string; fits(disagreement: Disagreement): boolean }[] = [
  {
    reason: "a line that ends in INCOMPLETE tells no mark (nf_log_syslog.c), and is read as if it did",
    fits: ({ why, lines }) => why.includes("mark is 0x0") && lines.some((line) => line.includes(" INCOMPLETE [")),
  },
  {
    reason: "conntrack finds a cut off transport header INVALID",
    fits: ({ lines }) => lines.some((line) => line.includes(" INCOMPLETE [")),
  },
  {
    reason: "what answers a packet that conntrack found INVALID is INVALID too: an error about it, a reset",
    fits: ({ why }) => why === "a fork on ctstate at the way",
  },
];
