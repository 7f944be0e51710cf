import { target } from "../define.ts";

const common = { families: ["arp"], options: {} } as const;
const standard = true;
/** The verdicts that arptables has, and TRACE. iptables/nft-arp.c nft_arp_add */
export const arpACCEPT = target({
  name: "ACCEPT",
  ...common,
  standard,
  does: () => [{ does: "verdict", verdict: "ACCEPT" }],
});
export const arpDROP = target({
  name: "DROP",
  ...common,
  standard,
  does: () => [{ does: "verdict", verdict: "DROP" }],
});
export const arpRETURN = target({ name: "RETURN", ...common, standard, does: () => [{ does: "return" }] });
export const arpTRACE = target({ name: "TRACE", ...common, does: () => [{ does: "trace" }] });
