import { target } from "../define.ts";

const families = ["ipv4", "ipv6", "bridge"] as const;
const options = {};
/** The built-in verdicts. net/ipv4/netfilter/ip_tables.c ipt_do_table; ebtables adds CONTINUE. */
export const ACCEPT = target({
  name: "ACCEPT",
  families,
  options,
  standard: true,
  does: () => [{ does: "verdict", verdict: "ACCEPT" }],
});
export const DROP = target({
  name: "DROP",
  families,
  options,
  // iptables/iptables.c do_command4, policy or target
  check: (_, family, { table }) =>
    table === "nat" && family !== "bridge" ? { expected: "DROP in other tables, as nat is not for filtering" } : null,
  standard: true,
  does: () => [{ does: "verdict", verdict: "DROP" }],
});
export const RETURN = target({ name: "RETURN", families, options, standard: true, does: () => [{ does: "return" }] });
export const CONTINUE = target({ name: "CONTINUE", families: ["bridge"], options, does: () => [{ does: "continue" }] });
/** The verdict that hands a packet to queue 0. net/ipv4/netfilter/ip_tables.c */
export const QUEUE = target({
  name: "QUEUE",
  families: ["ipv4", "ipv6"],
  options,
  check: (_, __, { saver }) => (saver.backend === "nft" ? { expected: "NFQUEUE, as nf_tables has no QUEUE" } : null),
  standard: true,
  does: () => [{ does: "verdict", verdict: "QUEUE" }],
});
