/** The notations of option values: one function each, read and written as iptables-save does. */
export * from "./values/address.ts";
export * from "./values/arp.ts";
export * from "./values/bridge.ts";
export * from "./values/connection.ts";
export * from "./values/header.ts";
export * from "./values/nat.ts";
export * from "./values/number.ts";
export * from "./values/plain.ts";
export * from "./values/targets.ts";
export * from "./values/transport.ts";
export * from "./values/words.ts";
