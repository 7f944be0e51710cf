/** drift: the kernel's TRACE log held against the dump. */
import { type Command, Option } from "commander";
import { DriftFold } from "../drift/index.ts";
import { driftJson, driftPretty } from "../report/drift.ts";
import { PacketGrouper, TraceReader } from "../trace/index.ts";
import { badInput, FOUND_NOTHING, FOUND_SOMETHING } from "./exit-codes.ts";
import { readHost } from "./inputs.ts";
import { type Io, jsonText, readChunks, styleOf } from "./io.ts";
import { formatOption, hostOption, ipsetOption } from "./options.ts";
import { once } from "./packet-words.ts";

interface Options {
  readonly host?: string;
  readonly ipset?: string;
  readonly log: string;
  readonly format: string;
}

export function define(program: Command, io: Io, exit: (code: number) => void): void {
  program
    .command("drift")
    .summary("the kernel's TRACE log against the dump")
    .description(
      "Predicts the lines of every packet in a TRACE log from the dump, and says where the two part and which edit explains it.",
    )
    .argument("<dump...>", "dumps of one host: files, a folder, or - for standard input")
    .addOption(
      new Option("--log <file>", "the log: dmesg, syslog, journal or a document with such lines; - for standard input")
        .argParser(once)
        .makeOptionMandatory(),
    )
    .addOption(hostOption())
    .addOption(ipsetOption())
    .addOption(formatOption())
    .action(async (dumps: string[], options: Options) => exit(await drift(dumps, options, io)));
}

async function drift(names: readonly string[], { log, format, ...setting }: Options, io: Io): Promise<number> {
  const { host, ruleset } = await readHost({ names, ...setting }, io);
  const fold = new DriftFold(ruleset, host);
  const reader = new TraceReader();
  const grouper = new PacketGrouper();
  for await (const chunk of readChunks(log, io)) {
    for (const event of reader.push(chunk)) for (const packet of grouper.add(event)) fold.add(packet);
  }
  for (const event of reader.end()) for (const packet of grouper.add(event)) fold.add(packet);
  for (const packet of grouper.end()) fold.add(packet);
  if (reader.lines === 0) {
    throw badInput(
      `${log}: no trace line in it (hosts with iptables-nft print none to the kernel log: use xtables-monitor --trace there)`,
    );
  }
  const { lines, unread, foreign } = reader;
  const report = { ...fold.summary(), file: log === "-" ? "(standard input)" : log, lines, unread, foreign };
  if (format === "json") io.out(jsonText(driftJson(report)));
  else for (const line of driftPretty(report, styleOf(io.colour))) io.out(`${line}\n`);
  return report.drifts.length > 0 ? FOUND_SOMETHING : FOUND_NOTHING;
}
