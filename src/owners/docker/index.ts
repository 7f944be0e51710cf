export * from "./layout.ts";
export { isOwnChain, USER_CHAIN } from "./names.ts";
export type { Published } from "./ports.ts";
export { type Docker, isDockersOwn, recognise } from "./recognise.ts";
