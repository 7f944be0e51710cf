/** The machine's own iptables, ip6tables and ebtables, each rule in a network namespace that nobody else uses. */
import { spawnSync } from "node:child_process";

export interface RealRule {
  readonly table: string;
  /** `-A INPUT -p tcp …`, words quoted as a shell reads them. */
  readonly rule: string;
}
/** What a tool made of a rule: the lines it saves, or why it refuses. */
export type RealAnswer = { readonly saved: readonly string[] } | { readonly refused: string };

export type Tool =
  | "iptables-legacy"
  | "iptables-nft"
  | "ip6tables-legacy"
  | "ip6tables-nft"
  | "ebtables-nft"
  | "arptables-nft";

/** Why these tests cannot run here; null where they can. */
export function lacking(tools: readonly Tool[]): string | null {
  if (process.getuid?.() !== 0) return "needs root";
  if (spawnSync("unshare", ["--net", "true"]).status !== 0) return "network namespaces are not allowed";
  const missing = tools.filter((tool) => spawnSync(tool, ["--version"]).status !== 0);
  return missing.length > 0 ? `not installed: ${missing.join(", ")}` : null;
}

const END = "\u0001";

/** Each rule alone, appended to an empty table with a chain `userchain`. */
export function askTool(tool: Tool, rules: readonly RealRule[]): RealAnswer[] {
  const save = tool === "ebtables-nft" || tool === "arptables-nft" ? `${tool}-save` : `${tool}-save -t`;
  const steps = rules.map(({ table, rule }) => {
    const saved = save.endsWith("-t") ? `${save} ${table}` : save;
    return `${tool} -t ${table} -F; ${tool} -t ${table} -X; ${tool} -t ${table} -N userchain
if message=$(${tool} -t ${table} ${rule} 2>&1 >/dev/null); then echo SAVED; ${saved} | sed -n '/^\\*${table}$/,/^[#]/p' | grep -a -e '-A '; else echo "REFUSED $message"; fi; printf '${END}'`;
  });
  const setUp =
    "ipset create hosts hash:ip 2>/dev/null; ipset create pairs hash:net,port 2>/dev/null; ipset create hosts6 hash:ip family inet6 2>/dev/null";
  const { stdout } = spawnSync("unshare", ["--net", "sh"], {
    input: `exec 2>/dev/null\n${setUp}\n${steps.join("\n")}\n`,
    encoding: "latin1",
    maxBuffer: 1 << 28,
  });
  return stdout
    .split(END)
    .slice(0, rules.length)
    .map((text) => {
      const body = text.trim();
      if (!body.startsWith("SAVED")) return { refused: body.replace(/^REFUSED ?/, "") };
      return { saved: body.split("\n").slice(1) };
    });
}
