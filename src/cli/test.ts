/** test: scenario files, packets with the outcome that is expected of them. */
import type { Command } from "commander";
import { Host } from "../facts/index.ts";
import { walk } from "../path/index.ts";
import { testJson, testPretty } from "../report/test.ts";
import { hostFor, type Judgement, judge } from "../scenario/index.ts";
import { badUsage, FOUND_NOTHING, FOUND_SOMETHING } from "./exit-codes.ts";
import { readHost, type Setting } from "./inputs.ts";
import { type Io, jsonText, styleOf } from "./io.ts";
import { addChangeOptions, formatOption, hostOption, ipsetOption } from "./options.ts";
import { besides, readScenarioFile } from "./scenario-file.ts";

interface Options extends Omit<Setting, "names"> {
  readonly dump?: readonly string[];
  readonly format: string;
}

export function define(program: Command, io: Io, exit: (code: number) => void): void {
  const command = program
    .command("test")
    .summary("scenario files: packets with expected outcomes")
    .description(
      "Walks the packets of scenario files and compares verdict, deciding rule and steps with what is expected.",
    )
    .argument("<file...>", "scenario files (YAML)")
    .option("--dump <file...>", "dumps to use instead of those that the files name")
    .addOption(hostOption())
    .addOption(ipsetOption())
    .addOption(formatOption())
    .action(async (files: string[], options: Options) => exit(await test(files, options, io)));
  addChangeOptions(command);
}

async function test(files: readonly string[], options: Options, io: Io): Promise<number> {
  const results: Judgement[] = [];
  for (const file of files) results.push(...(await testFile(file, options, io)));
  if (options.format === "json") io.out(jsonText(testJson(results)));
  else for (const line of testPretty(results, styleOf(io.colour))) io.out(`${line}\n`);
  return results.every(({ outcome }) => outcome === "passed") ? FOUND_NOTHING : FOUND_SOMETHING;
}

async function testFile(file: string, options: Options, io: Io): Promise<Judgement[]> {
  const { dumps, host: hostFile, scenarios } = await readScenarioFile(file, io);
  const stands = options.base !== undefined;
  const names = stands ? [] : (options.dump ?? dumps.map((path) => besides(file, path)));
  if (!stands && names.length === 0)
    throw badUsage(`${file}: it names no dumps, and neither --dump nor --base gives any`);
  const own = hostFile === null || stands ? {} : { host: besides(file, hostFile) };
  const { host, ruleset } = await readHost({ ...own, ...options, names }, io);
  return scenarios.map((scenario) => {
    const own = scenario.host ? new Host(hostFor(scenario, host.json)) : host;
    return judge(scenario, walk({ ruleset, host: own }, scenario.packet, scenario.hook ? { hook: scenario.hook } : {}));
  });
}
