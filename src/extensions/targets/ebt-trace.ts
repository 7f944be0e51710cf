import { target } from "../define.ts";

/** nftables' trace flag: shown by `nft monitor trace` alone, so no line of the kernel's log comes of it (semantics 2). */
export const ebtTRACE = target({
  name: "TRACE",
  families: ["bridge"],
  options: {},
  does: () => [{ does: "continue" }],
});
