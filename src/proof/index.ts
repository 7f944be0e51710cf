/** The room of proofs: what holds of every packet, or a packet that shows that it does not. */
export { type Idle, type NotDecided, type Path, type Standing, TableProof } from "./shadowed.ts";
