/** lint: findings in dumps. */
import { type Command, Option } from "commander";
import { type LintResult, lint, presetNames } from "../lint/index.ts";
import { clash, toRuleset } from "../model/index.ts";
import { lintJson, lintPretty } from "../report/lint.ts";
import { badUsage, FOUND_NOTHING, FOUND_SOMETHING } from "./exit-codes.ts";
import { applied, type OneHost, readDumps, type Setting } from "./inputs.ts";
import { type Io, jsonText, styleOf } from "./io.ts";
import { addChangeOptions, formatOption, hostOption } from "./options.ts";

interface Options extends Omit<Setting, "names"> {
  readonly format: string;
  readonly preset: string;
  readonly failOn: (typeof LEVELS)[number];
}
/** From the gravest on. */
const LEVELS = ["error", "warning", "info", "never"] as const;

export function define(program: Command, io: Io, exit: (code: number) => void): void {
  const command = program
    .command("lint")
    .summary("findings: what is dead, dangerous or not what its author meant")
    .description("Reads dumps and says what is wrong with them, why, and what to write instead.")
    .argument("[dump...]", "dumps: files, a folder, or - for standard input; two dumps of the same table are two hosts")
    .addOption(hostOption())
    .addOption(formatOption())
    .addOption(new Option("--preset <name>", "which lint rules").choices(presetNames()).default("recommended"))
    .addOption(new Option("--fail-on <severity>", "exit 1 from this severity on").choices(LEVELS).default("warning"))
    .action(async (names: string[], options: Options) => exit(await run(names, options, io)));
  addChangeOptions(command);
}

async function run(names: readonly string[], options: Options, io: Io): Promise<number> {
  const { format, preset, failOn } = options;
  const hosts = await hostsOf({ ...options, names }, io);
  const results = hosts.map((one) => lint(one, { preset }));
  const result = together(results);
  if (format === "json") io.out(jsonText(lintJson(result)));
  else for (const line of lintPretty(result, styleOf(io.colour))) io.out(`${line}\n`);
  const failing = LEVELS.slice(0, LEVELS.indexOf(failOn) + 1) as readonly string[];
  const fails = failOn !== "never" && result.findings.some(({ severity }) => failing.includes(severity));
  return fails ? FOUND_SOMETHING : FOUND_NOTHING;
}

/** Files are one host, unless two hold the same table: then each is a host of its own. */
async function hostsOf(setting: Setting, io: Io): Promise<readonly OneHost[]> {
  const named = await readDumps(setting, io);
  if (setting.base !== undefined || !clash(toRuleset(named.dumps))) return [await applied(named, setting, io)];
  if (setting.apply) throw badUsage("--apply goes with the dumps of one host: two of these hold the same table");
  return named.dumps.map((dump) => ({ host: named.host, dumps: [dump], ruleset: dump.ruleset }));
}

const together = (results: readonly LintResult[]): LintResult => ({
  findings: results.flatMap(({ findings }) => findings),
  notDecided: results.flatMap(({ notDecided }) => notDecided),
  summary: {
    files: results.reduce((sum, { summary }) => sum + summary.files, 0),
    rules: results.reduce((sum, { summary }) => sum + summary.rules, 0),
  },
  lintRules: Math.max(...results.map(({ lintRules }) => lintRules)),
});
