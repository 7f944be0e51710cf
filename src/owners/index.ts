/** Whose rules are these: what the software that writes rules by itself tells about its networks. */
export * from "./docker/index.ts";
