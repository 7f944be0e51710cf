import { target } from "../define.ts";
import { flag, number, text } from "../values.ts";

/** Prints the packet and goes on. net/netfilter/xt_LOG.c */
export const LOG = target({
  name: "LOG",
  families: ["ipv4", "ipv6"],
  options: {
    "--log-prefix": text({ quoted: true }),
    "--log-level": { ...number(7), write: (value: number) => (value === 4 ? null : [String(value)]) },
    "--log-tcp-sequence": flag(),
    "--log-tcp-options": flag(),
    "--log-ip-options": flag(),
    "--log-uid": flag(),
    "--log-macdecode": flag(),
  },
  does: () => [{ does: "continue" }],
});
