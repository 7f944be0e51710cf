/** argv → exit code. Only the command that is named is loaded. */
import { Command, CommanderError } from "commander";
import { safe } from "../report/text.ts";
import { BAD_USAGE, Failure, FOUND_NOTHING } from "./exit-codes.ts";
import type { Io } from "./io.ts";

type Define = (program: Command, io: Io, exit: (code: number) => void) => void;
const COMMANDS: Readonly<Record<string, () => Promise<{ define: Define }>>> = {
  lint: () => import("./lint.ts"),
  explain: () => import("./explain.ts"),
  drift: () => import("./drift.ts"),
  infer: () => import("./infer.ts"),
  test: () => import("./test.ts"),
  diff: () => import("./diff.ts"),
  query: () => import("./query.ts"),
  print: () => import("./print.ts"),
  rules: () => import("./rules.ts"),
  capture: () => import("./capture.ts"),
};

const HELP = `
Examples:
  chainwalk lint rules.v4
  chainwalk explain rules.v4 -i eth0 -s 192.0.2.7 -d 203.0.113.9 -p tcp --dport 8080 --ctstate NEW
  chainwalk drift rules.v4 ebtables.save --host host.json --log /var/log/kern.log

Exit codes: 0 nothing found, 1 something found, 2 wrong usage, 3 an input that could not be read or holds nothing of its kind`;

/** Runs one command; never throws for what a user can get wrong. */
export async function run(argv: readonly string[], io: Io, version: string): Promise<number> {
  let code = FOUND_NOTHING;
  const program = new Command("chainwalk")
    .description("Linter and explainer for Linux firewall dumps, with the kernel as judge.")
    .version(version)
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({ writeOut: io.out, writeErr: (text) => io.err(shown(text)) })
    .addHelpText("after", HELP);
  const named = COMMANDS[argv.find((word) => !word.startsWith("-")) ?? ""];
  const defines = await Promise.all((named ? [named] : Object.values(COMMANDS)).map((load) => load()));
  for (const { define } of defines) define(program, io, (exit) => (code = exit));
  for (const command of program.commands)
    command.exitOverride().configureOutput({ writeOut: io.out, writeErr: (text) => io.err(shown(text)) });
  try {
    await program.parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof Failure) {
      io.err(`chainwalk: ${error.message.split("\n").map(safe).join("\n")}\n`);
      return error.exitCode;
    }
    if (error instanceof CommanderError) return error.exitCode === 0 ? FOUND_NOTHING : BAD_USAGE;
    throw error;
  }
}

/** Wrong words are echoed in error messages: they are not trusted either. */
const shown = (text: string): string => text.split("\n").map(safe).join("\n");
