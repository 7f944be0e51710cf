export * from "./layout.ts";
export { isOwnChain, USER_CHAIN } from "./names.ts";
export type { Published } from "./ports.ts";
export { type Docker, isDockersOwn, recognise } from "./recognise.ts";
export { type Publish, readPublish, type StockHost, stockHost, stockNames } from "./stock.ts";
