import { target } from "../define.ts";
import { word } from "../values.ts";

/** Always hexadecimal; 16 bits of each are kept, and what follows is not looked at (extensions/libxt_CLASSIFY.c). */
const CLASS = /^(?:0x)?([0-9a-f]{1,8}):(?:0x)?([0-9a-f]{1,8})/i;
const last4 = (digits: string): string => digits.slice(-4).padStart(4, "0").toLowerCase();

/** Sets the class that queueing looks at. net/netfilter/xt_CLASSIFY.c */
export const CLASSIFY = target({
  name: "CLASSIFY",
  families: ["ipv4", "ipv6"],
  options: {
    "--set-class": word(
      "a class major:minor, in hexadecimal",
      ["1:2", "0x10:a", "ffff:FFFF"],
      (given) => {
        const [, major, minor] = CLASS.exec(given) ?? [];
        return major === undefined || minor === undefined ? undefined : `${last4(major)}:${last4(minor)}`;
      },
      (value) => value,
      { negatable: false },
    ),
  },
  needs: [["--set-class"]],
  placement: { hooks: ["FORWARD", "OUTPUT", "POSTROUTING"] },
  does: () => [{ does: "continue" }],
});
