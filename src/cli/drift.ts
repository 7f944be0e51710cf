/** drift: the kernel's TRACE log held against the dump. */
import { setFlagsFromString } from "node:v8";
import { type Command, Option } from "commander";
import { DriftFold, logPrefixes } from "../drift/index.ts";
import { driftJson, driftPretty } from "../report/drift.ts";
import { outcomeJson, outcomeLine } from "../report/outcome-line.ts";
import { badInput, FOUND_NOTHING, FOUND_SOMETHING } from "./exit-codes.ts";
import { readHost } from "./inputs.ts";
import { type Io, jsonLine, jsonText, styleOf } from "./io.ts";
import { Log } from "./log.ts";
import { hostOption, ipsetOption, logOption } from "./options.ts";

interface Options {
  readonly host?: string;
  readonly ipset?: string;
  readonly log: string;
  readonly follow?: boolean;
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
    .addOption(logOption())
    .addOption(hostOption())
    .addOption(ipsetOption())
    .option("--follow", "go on reading what the log still gets; Ctrl-C ends with the summary")
    .addOption(
      new Option("-f, --format <format>", "how to print; ndjson: an object a packet, and the summary last")
        .choices(["pretty", "json", "ndjson"])
        .default("pretty"),
    )
    .action(async (dumps: string[], options: Options) => exit(await drift(dumps, options, io)));
}

async function drift(names: readonly string[], { log, format, follow, ...setting }: Options, io: Io): Promise<number> {
  const { host, ruleset } = await readHost({ names, ...setting }, io);
  // V8 lets garbage grow to several times of what lives, unless it is told not to
  setFlagsFromString("--heap-growing-percent=30");
  const fold = new DriftFold(ruleset, host);
  const read = new Log(log, io, logPrefixes(ruleset));
  const style = styleOf(io.colour);
  const file = log === "-" ? "(standard input)" : log;
  for await (const packet of follow ? read.followed() : read.packets()) {
    const outcome = fold.add(packet);
    if (!outcome) continue;
    if (format === "ndjson") io.out(jsonLine(outcomeJson(outcome)));
    else if (follow && format === "pretty" && outcome.divergence) io.out(`${outcomeLine(outcome, file, style)}\n`);
  }
  const { lines, unread, foreign, logged, lastForeign } = read.reader;
  if (lines === 0) {
    throw badInput(
      `${log}: no trace line in it (hosts with iptables-nft print none to the kernel log: use xtables-monitor --trace there)`,
    );
  }
  const report = {
    ...fold.summary(lastForeign),
    file,
    lines,
    unread,
    foreign,
    logged,
    hostless: Object.keys(host.json).length === 0,
  };
  if (format === "json") io.out(jsonText(driftJson(report)));
  else if (format === "ndjson") io.out(jsonLine({ type: "summary", ...driftJson(report) }));
  else for (const line of driftPretty(report, style)) io.out(`${line}\n`);
  return report.drifts.length > 0 ? FOUND_SOMETHING : FOUND_NOTHING;
}
