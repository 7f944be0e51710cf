import { type Condition, TCP_FLAGS, within } from "../../facts/index.ts";
import { type Effect, target } from "../define.ts";
import { flag, integer, maskedBytes, opaque } from "../values.ts";

const stolen: Effect = { does: "verdict", verdict: "STOLEN" };
/** Of the flags that are looked at this one is set alone. */
const flags = (set: "SYN" | "ACK", looked: readonly (typeof TCP_FLAGS)[number][]): Condition => {
  const bit = (name: (typeof TCP_FLAGS)[number]) => 1 << TCP_FLAGS.indexOf(name);
  const mask = looked.reduce((sum, name) => sum | bit(name), 0);
  return within("tcpFlags", maskedBytes(bit(set), mask), `${set} alone of ${looked.join(",")}`);
};
const answered: Effect = {
  does: "if",
  condition: flags("ACK", ["ACK", "FIN", "RST", "SYN"]),
  yes: [
    {
      does: "if",
      condition: opaque("the ACK answers a cookie of SYNPROXY", "the SYN-ACK it answers"),
      yes: [stolen],
      no: [{ does: "verdict", verdict: "DROP" }],
    },
  ],
  no: [{ does: "continue" }],
};

/** Answers for the server until the handshake is done. net/ipv4/netfilter/ipt_SYNPROXY.c, net/ipv6/netfilter/ip6t_SYNPROXY.c */
export const SYNPROXY = target({
  name: "SYNPROXY",
  families: ["ipv4", "ipv6"],
  options: {
    "--sack-perm": flag(),
    "--timestamp": flag(),
    // the kernel keeps 8 bits of the one and 16 of the other
    "--wscale": integer({ print: (value) => String(value & 0xff), examples: ["7", "0", "0xe"] }),
    "--mss": integer({ print: (value) => String(value & 0xffff), examples: ["1460", "0x5b4", "536"] }),
    "--ecn": flag(),
  },
  placement: { hooks: ["INPUT", "FORWARD"], protocols: ["tcp"] },
  does: () => [{ does: "if", condition: flags("SYN", ["SYN", "ACK", "FIN", "RST"]), yes: [stolen], no: [answered] }],
});
