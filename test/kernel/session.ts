/** A session's commands, run by the real tool and here: which of them failed, and what the tables hold afterwards. */
import { spawnSync } from "node:child_process";
import { Host } from "../../src/facts/index.ts";
import { loadDump, type Ruleset, ruleBody, ruleWith } from "../../src/model/index.ts";
import { encode, Source } from "../../src/source.ts";
import { parse } from "../../src/syntax/index.ts";
import type { Session } from "./draw-commands.ts";
import { backendOf, header } from "./ours.ts";

export interface Outcome {
  /** The commands that failed, by index. */
  readonly failed: readonly number[];
  /** A line for every chain, with its policy, and every rule; chains in the order of their names. */
  readonly state: readonly string[];
}

const END = "\u0001";
const shell = (word: string): string => (/^[\w./:=,-]+$/.test(word) ? word : `'${word}'`);
const line = (tool: string, words: readonly string[]): string => [tool, ...words].map(shell).join(" ");

export function runReal(sessions: readonly Session[]): Outcome[] {
  const steps = sessions.map(({ tool, tables, dump, commands }) => {
    const save = tool.startsWith("ip") ? tables.map((table) => `${tool}-save -t ${table}`) : [`${tool}-save`];
    const runs = commands.map((words) => `${line(tool, words)} >/dev/null; echo "status $?"`);
    return [`${tool}-restore <<'${END}'\n${dump}${END}`, `echo "status $?"`, ...runs, ...save, `printf '${END}'`].join(
      "\n",
    );
  });
  const { stdout } = spawnSync("unshare", ["--net", "sh"], {
    input: `exec 2>/dev/null\n${steps.join("\n")}\n`,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  const answers = stdout.split(END);
  return sessions.map(({ tool, tables, dump, commands }, at) => {
    const lines = (answers[at] ?? "").split("\n");
    const status = lines.filter((each) => each.startsWith("status ")).map((each) => each !== "status 0");
    if (status.length !== commands.length + 1) throw new Error(`${tool} did not answer: ${answers[at]}`);
    if (status[0]) throw new Error(`${tool} refused the dump:\n${dump}`);
    const failed = status.slice(1).map((flag, i) => flag && !isCheck(commands[i] ?? [], tool));
    return { failed: indexes(failed), state: stateOfSave(lines, tables) };
  });
}
/**
 * A check is a question: no is an answer, not a failure. And iptables-nft's -X takes empty built-in chains too, which
 * only -Z misses: every other command makes them again, and no dump shows that they were gone.
 */
const isCheck = (words: readonly string[], tool: Session["tool"]): boolean =>
  words.some((word) => /^(?:-C|--check)$/.test(word) || (backendOf(tool) === "nft" && /^(?:-Z|--zero)$/.test(word)));
const indexes = (flags: readonly boolean[]): number[] => flags.flatMap((flag, at) => (flag ? [at] : []));

function stateOfSave(lines: readonly string[], tables: readonly string[]): string[] {
  let table = "";
  const chains = new Map<string, string[]>();
  for (const each of lines) {
    if (each.startsWith("*")) table = each.slice(1);
    if (!tables.includes(table)) continue;
    const [, name = "", policy = ""] = /^:(.*?) (\S+)(?: \[\d+:\d+\])?$/.exec(each) ?? [];
    if (each.startsWith(":")) chains.set(`${table} ${name}`, [policy]);
    else if (each.startsWith("-A ")) {
      const [, chain = "", body = ""] = /^-A (\S+) ?(.*)$/.exec(each) ?? [];
      chains.get(`${table} ${chain}`)?.push(body);
    }
  }
  return sorted(chains);
}
const sorted = (chains: ReadonlyMap<string, readonly string[]>): string[] =>
  [...chains]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, [policy, ...bodies]]) => [`${name} ${policy}`, ...bodies.map((body) => `  ${body}`)]);

export function runOurs({ tool, tables, dump, commands }: Session): Outcome {
  const host = new Host();
  const loaded = loadDump(parse(new Source("dump", encode(header(tool) + dump))), host);
  const script = commands.map((words) => line(tool, words));
  const ran = loadDump(
    parse(new Source("commands", encode(`#!/bin/sh\n${script.join("\n")}\n`))),
    host,
    loaded.ruleset,
  );
  let start = "#!/bin/sh\n".length;
  const failed = script.map((text, at) => {
    const [from, to] = [start, start + text.length];
    start = to + 1;
    return (
      !isCheck(commands[at] ?? [], tool) && ran.problems.some(({ place }) => place.start >= from && place.start <= to)
    );
  });
  return { failed: indexes(failed), state: stateOfRuleset(ran.ruleset, tool, tables) };
}

function stateOfRuleset(ruleset: Ruleset, tool: Session["tool"], tables: readonly string[]): string[] {
  const saver = { backend: backendOf(tool), release: 10809 };
  const chains = new Map<string, string[]>();
  for (const table of ruleset.tables) {
    if (!tables.includes(table.name)) continue;
    for (const { name, policy, rules } of table.chains.values())
      chains.set(`${table.name} ${name}`, [policy ?? "-", ...rules.map((rule) => ruleBody(ruleWith(rule, { saver })))]);
  }
  return sorted(chains);
}
