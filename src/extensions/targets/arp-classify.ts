import { target } from "../define.ts";
import { word } from "../values.ts";

/** Two hexadecimal numbers, 16 bits of each. */
const handle = word(
  "a class, major:minor in hexadecimal",
  ["1:10", "ffff:1", "0x1:0xa"],
  (text) => {
    const [, major, minor] = /^(?:0x)?([\da-f]{1,8}):(?:0x)?([\da-f]{1,8})$/i.exec(text) ?? [];
    return major === undefined || minor === undefined ? undefined : ([major, minor] as const);
  },
  (parts) => parts.map((part) => (Number.parseInt(part, 16) % 65536).toString(16)).join(":"),
  { negatable: false },
);

/** CLASSIFY as arptables has it: sets the class for queueing, which no rule asks for. net/netfilter/xt_CLASSIFY.c */
export const arpCLASSIFY = target({
  name: "CLASSIFY",
  families: ["arp"],
  options: { "--set-class": handle },
  needs: [["--set-class"]],
  placement: { hooks: ["OUTPUT"] },
  does: () => [{ does: "continue" }],
});
