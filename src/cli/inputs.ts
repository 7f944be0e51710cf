/** Files and folders → dumps and host facts, recognised by what they hold, never by name. */
import { Host, type HostJson, hostMistake, readIpsets } from "../facts/index.ts";
import { clash, type LoadedDump, loadDump, type Ruleset, toRuleset } from "../model/index.ts";
import { readPublish, type StockHost, stockHost, stockNames } from "../owners/index.ts";
import { problemLines } from "../report/problems.ts";
import { Source } from "../source.ts";
import { parse } from "../syntax/index.ts";
import { badInput, badUsage } from "./exit-codes.ts";
import { filesIn, type Io, isFolder, readBytes } from "./io.ts";

/** What is loaded: dumps, or a stock Docker host, and what is applied to it. */
export interface Setting {
  readonly names: readonly string[];
  readonly host?: string;
  readonly ipset?: string;
  readonly base?: string;
  readonly publish?: readonly string[];
  readonly apply?: readonly string[];
}
/** Dumps as they were named: of one host, or of several where two hold the same table. */
export interface Named {
  readonly host: Host;
  readonly dumps: readonly LoadedDump[];
}
export interface OneHost extends Named {
  /** All that is loaded, changes applied. */
  readonly ruleset: Ruleset;
}

/** Everything named on the command line as one host's. Throws Failure. */
export async function readHost(setting: Setting, io: Io): Promise<OneHost> {
  const one = await applied(await readDumps(setting, io), setting, io);
  // an answer about a rule-set that lacks lines has to say so
  const lines = [...problemLines(one.dumps)];
  const vain = one.dumps.find(({ tables }) => tables.length === 0);
  if (vain) throw badInput([`${vain.dump.source.name}: nothing of it could be applied`, ...lines].join("\n"));
  for (const line of lines) io.err(`chainwalk: ${line}\n`);
  return one;
}

export async function readDumps({ names, host: hostFile, ipset, base, publish }: Setting, io: Io): Promise<Named> {
  const stock = stockOf(base, publish ?? []);
  if (stock && names.length > 0) throw badUsage("give dumps, or --base, not both");
  if (!stock && names.length === 0)
    throw badUsage("no dump: name a file or a folder, or stand on a stock host with --base");
  const sources: Source[] = [];
  let json: HostJson = stock?.host ?? {};
  for (const name of names) {
    if (isFolder(name)) {
      const held = await readFolder(name, io);
      sources.push(...held.sources);
      json = { ...json, ...held.json };
    } else sources.push(new Source(name === "-" ? "(standard input)" : name, await readBytes(name, io)));
  }
  if (hostFile !== undefined) json = { ...json, ...hostJson(hostFile, await readBytes(hostFile, io)) };
  if (ipset !== undefined) json = { ...json, ipset: setsText(ipset, await readBytes(ipset, io)) };
  const host = new Host(json);
  if (!stock) return { host, dumps: sources.map((source) => loadSource(source, host)) };
  const daemon = loadDump(parse(new Source(stock.name, stock.dump)), host);
  if (stock.commands === "") return { host, dumps: [daemon] };
  const containers = new Source(`${stock.name} --publish`, stock.commands);
  return { host, dumps: [daemon, loadDump(parse(containers), host, daemon.ruleset)] };
}

/** The dumps as one host's, and the changes run on it one after the other. */
export async function applied({ host, dumps }: Named, { base, apply }: Setting, io: Io): Promise<OneHost> {
  // what was published on a stock host was run on it already
  const start = base === undefined ? oneRuleset(dumps) : (dumps.at(-1)?.ruleset ?? { tables: [] });
  const one = { host, dumps: [...dumps], ruleset: start };
  for (const name of apply ?? []) {
    const source = new Source(name === "-" ? "(standard input)" : name, await readBytes(name, io));
    const change = loadDump(parse(source), host, one.ruleset);
    if (change.tables.length === 0 && change.problems.length === 0)
      throw badInput(`${source.name}: nothing to apply: expected iptables commands, or a file for iptables-restore`);
    one.dumps.push(change);
    one.ruleset = change.ruleset;
  }
  return one;
}

function stockOf(base: string | undefined, publish: readonly string[]): StockHost | undefined {
  if (base === undefined && publish.length > 0) throw badUsage("--publish goes with --base");
  if (base === undefined) return undefined;
  const ports = publish.map((text) => {
    const port = readPublish(text);
    if (!port) throw badUsage(`--publish ${text}: expected [address:]port:port[/protocol], such as 8080:80/tcp`);
    return port;
  });
  const stock = stockHost(base, ports);
  if (!stock) throw badUsage(`--base ${base}: there is no such stock host (${stockNames().join(", ")})`);
  return stock;
}

/** Loads one dump, or says what the file is instead. */
function loadSource(source: Source, host: Host): LoadedDump {
  if (source.bytes.length === 0)
    throw badInput(`${source.name}: the file is empty: expected a dump with at least one table`);
  if (source.bytes.slice(0, 8192).includes("\0"))
    throw badInput(`${source.name}: not a firewall dump: it holds binary data`);
  const loaded = loadDump(parse(source), host);
  if (loaded.tables.length > 0) return loaded;
  if (loaded.dump.dialect === "commands" && loaded.problems.length > 0) return loaded;
  const [first] = loaded.problems;
  const position = first?.place.source.position(first.place.start);
  const at =
    first && position
      ? `:${position.line}:${position.column}: expected ${first.data["expected"]}, found ${first.data["found"]}`
      : ": no table in it";
  throw badInput(`${source.name}${at} (a dump has at least one table, such as *filter)`);
}

async function readFolder(folder: string, io: Io): Promise<{ sources: Source[]; json: HostJson }> {
  const sources: Source[] = [];
  let json: HostJson = {};
  for (const file of filesIn(folder)) {
    const bytes = await readBytes(file, io);
    if (/(^|\/)host\.json$/.test(file)) json = { ...json, ...hostJson(file, bytes) };
    else if (isSets(bytes)) json = { ...json, ipset: setsText(file, bytes) };
    else if (/^\*[a-z]+\s*$/m.test(bytes.slice(0, 1 << 20)) && !bytes.slice(0, 8192).includes("\0"))
      sources.push(new Source(file, bytes));
  }
  if (sources.length === 0)
    throw badInput(`${folder}: no dump in this folder (looked for files that hold a table, such as *filter)`);
  return { sources, json };
}

/** `ipset save` begins with a set; dumps begin otherwise. */
const isSets = (bytes: string): boolean => /^create \S+ (?:hash|bitmap|list):/.test(bytes);

/** The sets of a file, which it must hold: none at all would say that nothing is in any. */
function setsText(name: string, bytes: string): string {
  const shown = name === "-" ? "(standard input)" : name;
  const text = new Source(name, bytes).text(0, bytes.length);
  const { sets, mistakes } = readIpsets(text);
  const [first] = mistakes;
  if (first) throw badInput(`${shown}:${first.line}:${first.column}: expected ${first.expected}, found ${first.found}`);
  if (sets.size === 0) throw badInput(`${shown}: no set in it (ipset save begins with create)`);
  return text;
}

function hostJson(name: string, bytes: string): HostJson {
  const source = new Source(name, bytes);
  try {
    const json: unknown = JSON.parse(source.text(0, bytes.length));
    const mistake = hostMistake(json);
    if (mistake !== null) throw new SyntaxError(mistake);
    return json as HostJson;
  } catch (error) {
    throw badInput(`${name}: host facts cannot be read: ${(error as Error).message}`);
  }
}

/** One rule-set of all dumps; the same table twice is not one host. */
export function oneRuleset(dumps: readonly LoadedDump[]): Ruleset {
  const ruleset = toRuleset(dumps);
  const pair = clash(ruleset);
  if (pair) {
    const [a, b] = pair.map(({ place }) =>
      place ? `${place.source.name}:${place.source.lineAt(place.start)}` : "a file without a table line",
    );
    throw badUsage(
      `table ${pair[0].name} (${pair[0].family}, ${pair[0].backend}) is in two dumps, ${a} and ${b}: give the dumps of one host only`,
    );
  }
  return ruleset;
}
