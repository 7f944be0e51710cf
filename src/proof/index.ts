/** The room of proofs: what holds of every packet, or a packet that shows that it does not. */
export { type DeadRule, type DeadRules, deadRules, type Standing } from "./shadowed.ts";
