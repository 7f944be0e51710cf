/** Disagreements whose reason is known. The aim is that there are none. */
import type { Disagreement } from "./judge.ts";

export const KNOWN: readonly { readonly reason: string; fits(disagreement: Disagreement): boolean }[] = [
  {
    reason: "an ICMP error of the host has its connection already in raw (net/ipv4/icmp.c: nf_ct_attach)",
    fits: ({ why, packet }) => /raw:\w+:/.test(why) && packet.includes('"ctstate":"RELATED"'),
  },
];
