/** The room of facts: what a rule can ask about, what is known of a packet, and of the host. */
export * from "./address.ts";
export * from "./bits.ts";
export * from "./bridges.ts";
export * from "./condition.ts";
export * from "./connection.ts";
export type { Lookup, RouteClass } from "./fib.ts";
export * from "./fields.ts";
export * from "./host.ts";
export * from "./host-json.ts";
export * from "./ipset.ts";
export * from "./networks.ts";
export * from "./packet.ts";
export * from "./protocols.ts";
export * from "./services.ts";
export * from "./value-set.ts";
