/** infer: the rule-set skeleton that a log implies. */
import { type Command, Option } from "commander";
import { InferFold } from "../drift/index.ts";
import { inferJson, inferSave } from "../report/infer.ts";
import { badInput, FOUND_NOTHING } from "./exit-codes.ts";
import { type Io, jsonText } from "./io.ts";
import { Log } from "./log.ts";
import { logOption } from "./options.ts";

interface Options {
  readonly log: string;
  readonly family?: "ipv4" | "ipv6";
  readonly format: string;
}

export function define(program: Command, io: Io, exit: (code: number) => void): void {
  program
    .command("infer")
    .summary("the rule-set skeleton that a log implies")
    .description(
      "Writes the least rule-set that prints the TRACE lines of a log, for when the dump is not there: chains, numbers, jumps and order are the log's, what a rule asks for is a guess and said to be one.",
    )
    .addOption(logOption())
    .addOption(new Option("--family <family>", "whose save file").choices(["ipv4", "ipv6"]))
    .addOption(new Option("-f, --format <format>", "how to print").choices(["save", "json"]).default("save"))
    .action(async (options: Options) => exit(await infer(options, io)));
}

async function infer({ log, family, format }: Options, io: Io): Promise<number> {
  const fold = new InferFold();
  const read = new Log(log, io);
  for await (const packet of read.packets()) fold.add(packet);
  const inferred = fold.summary(read.reader.lines);
  if (inferred.tables.length === 0) throw badInput(`${log}: no TRACE line of iptables or ip6tables in it`);
  const families = [...new Set(inferred.tables.map((table) => table.family))];
  if (format === "json") io.out(jsonText(inferJson(inferred)));
  else {
    const chosen = family ?? (families.includes("ipv4") ? "ipv4" : "ipv6");
    if (!families.includes(chosen)) throw badInput(`${log}: no TRACE line of ${chosen} in it`);
    for (const line of inferSave(inferred, chosen)) io.out(`${line}\n`);
    const other = families.find((each) => each !== chosen);
    if (other && !family) io.err(`chainwalk: the log has lines of ${other} too: --family ${other} writes those\n`);
  }
  return FOUND_NOTHING;
}
