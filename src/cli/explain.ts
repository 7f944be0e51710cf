/** explain: the walk of a packet, and why each rule matched or not. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { LogWalks, logPrefixes, walkTraced } from "../drift/index.ts";
import { Host } from "../facts/index.ts";
import { type Hook, STARTS, type World, walk } from "../path/index.ts";
import { type Explanation, explainJson, explainPretty } from "../report/explain.ts";
import { encode } from "../source.ts";
import { PacketGrouper, type TracedPacket, TraceReader } from "../trace/index.ts";
import { badInput, badUsage, FOUND_NOTHING } from "./exit-codes.ts";
import { readHost, type Setting } from "./inputs.ts";
import { type Io, jsonText, styleOf } from "./io.ts";
import { Log } from "./log.ts";
import { addChangeOptions, formatOption, hostOption, ipsetOption } from "./options.ts";
import { addPacketWords, once, packetOf } from "./packet-words.ts";

interface Options extends Omit<Setting, "names"> {
  readonly format: string;
  readonly passedOver: number;
  readonly traceLine?: string;
  readonly scenarios?: string;
  readonly scenario?: string;
  readonly log?: string;
  readonly packet?: number;
  readonly hook?: Hook;
  readonly [word: string]: unknown;
}

const wholeNumber = (value: string): number => {
  if (!/^\d{1,9}$/.test(value)) throw new InvalidArgumentError("Expected a whole number.");
  return Number(value);
};

export function define(program: Command, io: Io, exit: (code: number) => void): void {
  const command = program
    .command("explain")
    .summary("the walk of a packet: which rules matched, which did not, and why")
    .description(
      "Walks a packet through the dumps of one host as the kernel would, and says why each rule matched or not.",
    )
    .argument("[dump...]", "dumps of one host: files, a folder, or - for standard input")
    .addOption(hostOption())
    .addOption(ipsetOption())
    .addOption(formatOption())
    .option("--passed-over <n>", "at most so many passed-over rules a chain", wholeNumber, 100)
    .addOption(
      new Option("--trace-line <line>", "the packet of this line of a TRACE log")
        .argParser(once)
        .conflicts(["scenarios", "log"]),
    )
    .addOption(new Option("--scenarios <file>", "the packets of a scenario file").argParser(once).conflicts("log"))
    .addOption(new Option("--scenario <name>", "only this scenario of the file").argParser(once))
    .addOption(new Option("--log <file>", "the packets of a TRACE log").argParser(once))
    .addOption(new Option("--packet <n>", "only this packet of the log").argParser(wholeNumber))
    .addOption(new Option("--hook <name>", "start at this hook").choices(Object.keys(STARTS)))
    .action(async (dumps: string[], options: Options) => exit(await explain(dumps, options, io)));
  addChangeOptions(command);
  addPacketWords(command);
}

async function explain(names: readonly string[], options: Options, io: Io): Promise<number> {
  const { host, ruleset } = await readHost({ ...options, names }, io);
  const world: World = { ruleset, host };
  const explanations = await explanationsOf(options, world, io);
  if (options.format === "json") io.out(jsonText(explainJson(explanations, options.passedOver)));
  else for (const line of explainPretty(explanations, styleOf(io.colour), options.passedOver)) io.out(`${line}\n`);
  return FOUND_NOTHING;
}

async function explanationsOf(options: Options, world: World, io: Io): Promise<Explanation[]> {
  const families = new Set(world.ruleset.tables.map(({ family }) => family));
  const packet = packetOf(options, families.has("ipv6") && !families.has("ipv4") ? "ipv6" : "ipv4");
  const others = [options.traceLine, options.scenarios, options.log].filter((each) => each !== undefined);
  if (packet && others.length > 0) throw badUsage("give packet words, or --trace-line, --scenarios or --log, not both");
  if (options.packet !== undefined && options.log === undefined) throw badUsage("--packet goes with --log");
  if (options.scenario !== undefined && options.scenarios === undefined)
    throw badUsage("--scenario goes with --scenarios");
  if (options.scenarios !== undefined) return explainScenarios(options.scenarios, options.scenario, world, io);
  if (options.log !== undefined) return explainLog(options.log, options.packet, world, io);
  if (options.traceLine !== undefined)
    return [{ scenario: null, walk: walkTraced(world, traceLine(options.traceLine)), world }];
  if (!packet)
    throw badUsage("no packet: describe it (-i eth0 -s 10.0.0.1 …), or give --trace-line, --scenarios or --log");
  const walked = walk(world, packet, options.hook ? { hook: options.hook } : {});
  return [{ scenario: null, walk: walked, world }];
}

function traceLine(text: string): TracedPacket {
  const reader = new TraceReader();
  const [event] = [...reader.push(`${encode(text)}\n`), ...reader.end()];
  if (!event) throw badUsage("--trace-line: not a TRACE line of the kernel, nor an ebtables log line");
  const grouper = new PacketGrouper();
  const [traced] = [...grouper.add(event), ...grouper.end()];
  if (!traced || traced.family === "bridge") throw badUsage("--trace-line: the frame holds no IP packet");
  return traced;
}

async function explainLog(file: string, only: number | undefined, world: World, io: Io): Promise<Explanation[]> {
  const log = new Log(file, io, logPrefixes(world.ruleset));
  const walks = new LogWalks(world);
  const out: Explanation[] = [];
  for await (const traced of log.packets()) {
    if (traced.family === "bridge") continue;
    const scenario = `packet ${traced.number}, ${file}:${traced.events[0]?.line ?? 0}`;
    const walked = walks.next(traced);
    if (only === undefined || traced.number === only) out.push({ scenario, walk: walked, world });
  }
  if (log.reader.lines === 0) throw badInput(`${file}: no trace line in it`);
  if (out.length === 0) throw badUsage(`${file}: it has no packet ${only}`);
  return out;
}

async function explainScenarios(file: string, only: string | undefined, world: World, io: Io): Promise<Explanation[]> {
  const { readScenarioFile } = await import("./scenario-file.ts");
  const { scenarios } = await readScenarioFile(file, io);
  const chosen = scenarios.filter(({ name }) => only === undefined || name === only);
  if (chosen.length === 0) throw badUsage(`${file}: no scenario is called ${only}`);
  const { hostFor } = await import("../scenario/index.ts");
  return chosen.map((scenario) => {
    const { name, packet, host, hook } = scenario;
    const own: World = host ? { ...world, host: new Host(hostFor(scenario, world.host.json)) } : world;
    return { scenario: name, walk: walk(own, packet, hook ? { hook } : {}), world: own };
  });
}
