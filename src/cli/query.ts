/** query: which packets reach a verdict, or a rule, with a witness. */
import { type Command, Option } from "commander";
import { anyPacket, type Family, type Packet } from "../facts/index.ts";
import type { World } from "../path/index.ts";
import { type Asked, query, readRuleName, tablesNamed } from "../proof/index.ts";
import { queryJson, queryPretty } from "../report/query.ts";
import { badUsage, FOUND_NOTHING, FOUND_SOMETHING } from "./exit-codes.ts";
import { readHost, type Setting } from "./inputs.ts";
import { type Io, jsonText, styleOf } from "./io.ts";
import { addChangeOptions, formatOption, hostOption, ipsetOption } from "./options.ts";
import { addPacketWords, once, packetOf } from "./packet-words.ts";
import { decided, sideOf } from "./sides.ts";

interface Options extends Omit<Setting, "names"> {
  readonly format: string;
  readonly verdict?: "ACCEPT" | "DROP" | "REJECT";
  readonly rule?: string;
  readonly failIfAny?: boolean;
  readonly [word: string]: unknown;
}
const VERDICTS = ["ACCEPT", "DROP", "REJECT", "QUEUE", "STOLEN", "LOST", "UNDECIDED"] as const;

export function define(program: Command, io: Io, exit: (code: number) => void): void {
  const command = program
    .command("query")
    .summary("which packets reach a verdict, or a rule, with a witness")
    .description(
      "All packets of a description that end in a verdict, or match a rule: in words, with one of them to replay and the rules that decide. Values may be sets (--dport 1:1023, -s 10.0.0.0/8). Of packets that open a connection, unless --ctstate says otherwise.",
    )
    .argument("[dump...]", "dumps of one host: files, a folder, or - for standard input")
    .addOption(new Option("--verdict <verdict>", "packets that end so").choices(VERDICTS).conflicts("rule"))
    .addOption(new Option("--rule <id>", "packets that match this rule, such as filter:FORWARD:rule:5").argParser(once))
    .option("--fail-if-any", "exit 1 if there is such a packet")
    .addOption(hostOption())
    .addOption(ipsetOption())
    .addOption(formatOption())
    .action(async (dumps: string[], options: Options) => exit(await run(dumps, options, io)));
  addChangeOptions(command);
  addPacketWords(command);
}

async function run(names: readonly string[], options: Options, io: Io): Promise<number> {
  const { host, ruleset } = await readHost({ ...options, names }, io);
  const world: World = { ruleset, host };
  const families = new Set(ruleset.tables.map(({ family }) => family));
  const fallback: Family = families.has("ipv6") && !families.has("ipv4") ? "ipv6" : "ipv4";
  const packet = packetOf(options, fallback) ?? anyPacket(fallback);
  const asked = askedOf(options, world, packet);
  const answers = decided(() => query(world, packet, asked));
  if (options.format === "json") io.out(jsonText(queryJson(packet, answers, sideOf(names, options))));
  else for (const line of queryPretty(packet, answers, styleOf(io.colour))) io.out(`${line}\n`);
  return options.failIfAny && answers.some(({ isEmpty }) => !isEmpty) ? FOUND_SOMETHING : FOUND_NOTHING;
}

function askedOf({ verdict, rule, failIfAny }: Options, world: World, packet: Packet): Asked | null {
  if (failIfAny && verdict === undefined && rule === undefined)
    throw badUsage("--fail-if-any goes with --verdict or --rule");
  if (verdict !== undefined) return { verdict };
  if (rule === undefined) return null;
  const name = readRuleName(rule);
  if (!name) throw badUsage(`--rule ${rule}: expected table:chain:rule:number, such as filter:FORWARD:rule:5`);
  const tables = tablesNamed(world, name, packet.family);
  const most = Math.max(...tables.map((table) => (table.chains.get(name.chain)?.rules.length ?? 0) + 1), 0);
  if (tables.length === 0) throw badUsage(`--rule ${rule}: no table of these dumps has such a chain`);
  if (name.number > most) throw badUsage(`--rule ${rule}: the chain has ${most - 1} rules`);
  return { rule: name };
}
