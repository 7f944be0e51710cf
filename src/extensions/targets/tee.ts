import { target } from "../define.ts";
import { bareWord, host } from "../values.ts";

const device = bareWord(15, ["eth0", "br-lan"]);

/** Sends a copy of the packet elsewhere; the packet itself goes on. net/netfilter/xt_TEE.c */
export const TEE = target({
  name: "TEE",
  families: ["ipv4", "ipv6"],
  options: {
    "--gateway": host(),
    "--oif": { ...device, write: (value) => (value === "" ? null : [value]) } satisfies typeof device,
  },
  needs: [["--gateway"]],
  check(given) {
    const { value } = given["--gateway"] ?? {};
    if (value !== 0 && value !== 0n) return null;
    return { option: "--gateway", expected: "a gateway other than the unspecified address" };
  },
  does: () => [{ does: "continue" }],
});
