/** The machine's own iptables, ip6tables and ebtables, each rule in a network namespace that nobody else uses. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

/** What a tool made of a rule: the lines it saves, or why it refuses. */
export type RealAnswer = { readonly saved: readonly string[] } | { readonly refused: string };

export type Tool =
  | "iptables-legacy"
  | "iptables-nft"
  | "ip6tables-legacy"
  | "ip6tables-nft"
  | "ebtables-nft"
  | "arptables-nft"
  | "nft"
  | "xtables-monitor";

/** Why these tests cannot run here; null where they can. */
export function lacking(tools: readonly Tool[]): string | null {
  if (process.getuid?.() !== 0) return "needs root";
  if (spawnSync("unshare", ["--net", "true"]).status !== 0) return "network namespaces are not allowed";
  const missing = tools.filter((tool) => spawnSync(tool, ["--version"]).status !== 0);
  return missing.length > 0 ? `not installed: ${missing.join(", ")}` : null;
}

const ALL_NETNS = "/proc/sys/net/netfilter/nf_log_all_netns";
/** The kernel prints the lines of network namespaces but the first only if it is told to (semantics 1.8). */
export function letNamespacesLog(): void {
  if (readFileSync(ALL_NETNS, "latin1").trim() === "0") writeFileSync(ALL_NETNS, "1");
}
