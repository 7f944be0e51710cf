/** print: the dump again, canonical. */
import { type Command, Option } from "commander";
import { dumpPieces, printRuleset } from "../model/index.ts";
import { printJson } from "../report/print.ts";
import { problemLines } from "../report/problems.ts";
import { safe } from "../report/text.ts";
import { decode } from "../source.ts";
import { FOUND_NOTHING } from "./exit-codes.ts";
import { applied, readDumps, type Setting } from "./inputs.ts";
import { type Io, jsonText } from "./io.ts";
import { addChangeOptions, hostOption } from "./options.ts";

interface Options extends Omit<Setting, "names"> {
  readonly format: string;
}

export function define(program: Command, io: Io, exit: (code: number) => void): void {
  const command = program
    .command("print")
    .summary("the dump again, canonical")
    .description("Prints a dump as iptables-save and ebtables-save would; lines that cannot be read stay as they are.")
    .argument("[dump...]", "dumps: files, a folder, or - for standard input")
    .addOption(new Option("-f, --format <format>", "how to print").choices(["save", "json"]).default("save"))
    .addOption(hostOption())
    .action(async (names: string[], options: Options) => exit(await print({ ...options, names }, options.format, io)));
  addChangeOptions(command);
}

async function print(setting: Setting, format: string, io: Io): Promise<number> {
  const named = await readDumps(setting, io);
  const changed = setting.base !== undefined || setting.apply !== undefined;
  const { dumps, ruleset } = changed ? await applied(named, setting, io) : { ...named, ruleset: null };
  if (format === "json") io.out(jsonText(printJson(dumps, ruleset)));
  else if (ruleset) show(printRuleset(ruleset), io);
  else for (const dump of dumps) for (const piece of dumpPieces(dump)) show(piece, io);
  for (const line of problemLines(dumps)) io.err(`chainwalk: ${line}\n`);
  return FOUND_NOTHING;
}

/** Byte for byte into a file or pipe; on a terminal what could steer it is shown escaped. */
function show(bytes: string, io: Io): void {
  if (!io.terminal) io.outBytes(bytes);
  else io.out(decode(bytes).split("\n").map(safe).join("\n"));
}
