// Whole processes, timed in pairs: absolute times mean nothing on a shared machine, ratios within one run do.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const folder = mkdtempSync(join(tmpdir(), "chainwalk-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

export function put(name, text) {
  const file = join(folder, name);
  writeFileSync(file, text, "latin1");
  return file;
}

export const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

function once([command, ...args]) {
  const from = process.hrtime.bigint();
  const { error } = spawnSync(command, args, { stdio: ["ignore", "ignore", "ignore"] });
  if (error) throw error;
  return Number(process.hrtime.bigint() - from) / 1e6;
}

/** null: the command is not there. */
export const isThere = (command) => spawnSync("sh", ["-c", `command -v ${command}`]).status === 0;

/** The median of the ratios of runs that follow each other, after a warm-up of each. */
export function ratio(ours, theirs, runs = 7) {
  once(ours);
  once(theirs);
  const pairs = Array.from({ length: runs }, () => [once(ours), once(theirs)]);
  return {
    ours: median(pairs.map(([a]) => a)),
    theirs: median(pairs.map(([, b]) => b)),
    ratio: median(pairs.map(([a, b]) => a / b)),
  };
}

/** Peak memory of a node program, in MB. */
export const memory = (command) => peakOf(command.map((word) => `'${word}'`).join(" "));

/** The same of the one node program in a line for the shell. */
export function peakOf(line) {
  const out = join(folder, "memory");
  const hook = `process.on("exit",()=>require("node:fs").writeFileSync(${JSON.stringify(out)},String(process.resourceUsage().maxRSS)))`;
  const env = { ...process.env, NODE_OPTIONS: `--require ${put("hook.cjs", hook)}` };
  spawnSync("sh", ["-c", line], { stdio: "ignore", env });
  return Math.round(Number(readFileSync(out, "utf8")) / 1024);
}

export function table(title, rows) {
  console.log(`\n${title}`);
  const widths = rows[0].map((_, at) => Math.max(...rows.map((row) => String(row[at]).length)));
  for (const row of rows) console.log(row.map((cell, at) => String(cell).padEnd(widths[at])).join("  "));
}
