/** Files and folders → dumps and host facts, recognised by what they hold, never by name. */
import { Host, type HostJson, hostMistake } from "../facts/index.ts";
import { clash, type LoadedDump, loadDump, type Ruleset, toRuleset } from "../model/index.ts";
import { Source } from "../source.ts";
import { parse } from "../syntax/index.ts";
import { badInput, badUsage } from "./exit-codes.ts";
import { filesIn, type Io, isFolder, readBytes } from "./io.ts";

export interface OneHost {
  readonly host: Host;
  readonly dumps: readonly LoadedDump[];
}

/** Everything named on the command line as one host's. Throws Failure. */
export async function readHost(names: readonly string[], hostFile: string | undefined, io: Io): Promise<OneHost> {
  const sources: Source[] = [];
  let json: HostJson = {};
  for (const name of names) {
    if (isFolder(name)) {
      const held = await readFolder(name, io);
      sources.push(...held.sources);
      json = { ...json, ...held.json };
    } else sources.push(new Source(name === "-" ? "(standard input)" : name, await readBytes(name, io)));
  }
  if (hostFile !== undefined) json = { ...json, ...hostJson(hostFile, await readBytes(hostFile, io)) };
  const host = new Host(json);
  return { host, dumps: sources.map((source) => loadSource(source, host)) };
}

/** Loads one dump, or says what the file is instead. */
function loadSource(source: Source, host: Host): LoadedDump {
  if (source.bytes.length === 0)
    throw badInput(`${source.name}: the file is empty: expected a dump with at least one table`);
  if (source.bytes.slice(0, 8192).includes("\0"))
    throw badInput(`${source.name}: not a firewall dump: it holds binary data`);
  const loaded = loadDump(parse(source), host);
  if (loaded.tables.length > 0) return loaded;
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
    if (/(^|\/)host\.json$/.test(file)) json = hostJson(file, bytes);
    else if (/^\*[a-z]+\s*$/m.test(bytes.slice(0, 1 << 20)) && !bytes.slice(0, 8192).includes("\0"))
      sources.push(new Source(file, bytes));
  }
  if (sources.length === 0)
    throw badInput(`${folder}: no dump in this folder (looked for files that hold a table, such as *filter)`);
  return { sources, json };
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
