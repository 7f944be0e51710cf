import { target } from "../define.ts";
import { ACCEPT, DROP, RETURN } from "./standard.ts";
import { TRACE } from "./trace.ts";

const families = ["arp"] as const;
/** What arptables shares with iptables. iptables/nft-arp.c nft_arp_add */
export const arpACCEPT = target({ ...ACCEPT, families });
export const arpDROP = target({ ...DROP, families });
export const arpRETURN = target({ ...RETURN, families });
export const arpTRACE = target({ ...TRACE, families });
