/** What the machine's restore tools make of whole tables, each in a network namespace that nobody else uses. */
import { spawnSync } from "node:child_process";
import type { RealAnswer, Tool } from "../support/real-tools.ts";

export interface Job {
  readonly table: string;
  /** What the restore tool is given. */
  readonly dump: string;
}

const END = "\u0001";
/** The sets that the examples name. */
const SETS = ["hosts hash:ip", "pairs hash:net,port", "hosts6 hash:ip"];

/** Each job on its own: restored over what was there, then saved; the rule lines of its table are the answer. */
export function askRestore(tool: Tool, jobs: readonly Job[]): RealAnswer[] {
  const isIp = tool.startsWith("ip");
  const steps = jobs.map(({ table, dump }) => {
    const save = isIp ? `${tool}-save -t ${table}` : `${tool}-save | sed -n '/^\\*${table}$/,/^[#]/p'`;
    return `if message=$(${tool}-restore 2>&1 >/dev/null <<'${END}'
${dump}${END}
); then echo SAVED; ${save} | grep -a -v '^[*:#]\\|^COMMIT$'; else echo "REFUSED $message"; fi; printf '${END}'`;
  });
  const sets = SETS.map((set) => `ipset create ${set} family ${tool.startsWith("ip6") ? "inet6" : "inet"}`);
  const { stdout } = spawnSync("unshare", ["--net", "sh"], {
    input: `exec 2>/dev/null\n${sets.join("\n")}\n${steps.join("\n")}\n`,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  const answers = stdout.split(END).slice(0, jobs.length);
  if (answers.length < jobs.length) throw new Error(`${tool} answered ${answers.length} of ${jobs.length} questions`);
  return answers.map((body) => {
    if (body.startsWith("SAVED\n")) return { saved: body.split("\n").slice(1, -1) };
    return { refused: body.replace(/^REFUSED ?/, "").trim() };
  });
}
