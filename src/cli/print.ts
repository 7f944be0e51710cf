/** print: the dump again, canonical. */
import { type Command, Option } from "commander";
import { printJson, printSave } from "../report/print.ts";
import { safe } from "../report/text.ts";
import { decode } from "../source.ts";
import { FOUND_NOTHING } from "./exit-codes.ts";
import { readHost } from "./inputs.ts";
import { type Io, jsonText } from "./io.ts";

export function define(program: Command, io: Io, exit: (code: number) => void): void {
  program
    .command("print")
    .summary("the dump again, canonical")
    .description("Prints a dump as iptables-save and ebtables-save would; lines that cannot be read stay as they are.")
    .argument("<dump...>", "dumps: files, a folder, or - for standard input")
    .addOption(new Option("-f, --format <format>", "how to print").choices(["save", "json"]).default("save"))
    .action(async (names: string[], { format }: { format: string }) => {
      const { dumps } = await readHost(names, undefined, io);
      if (format === "json") io.out(jsonText(printJson(dumps)));
      else for (const dump of dumps) show(printSave(dump), io);
      exit(FOUND_NOTHING);
    });
}

/** Byte for byte into a file or pipe; on a terminal what could steer it is shown escaped. */
function show(bytes: string, io: Io): void {
  if (!io.terminal) io.outBytes(bytes);
  else io.out(decode(bytes).split("\n").map(safe).join("\n"));
}
