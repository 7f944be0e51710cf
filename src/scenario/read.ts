/** A scenario file to scenarios: packets by their fields, with what is expected of their way. */
import { type CheckedYaml, readYaml, type YamlPath, type YamlProblem, YamlProblems } from "../checked-yaml.ts";
import {
  anyPacket,
  BadField,
  type Field,
  type HostJson,
  hostMistake,
  type Packet,
  readPacket,
  wordOf,
} from "../facts/index.ts";
import type { Place } from "../finding.ts";
import type { Hook, Verdict } from "../path/index.ts";
import type { Source } from "../source.ts";
import { scenarioSchema } from "./schema.ts";

export interface Expect {
  readonly verdict?: Verdict;
  /** null: nothing decided. */
  readonly decidedBy?: string | null;
  readonly steps?: readonly string[];
  readonly passes?: readonly string[];
  readonly notPasses?: readonly string[];
  readonly paths?: number;
}

export interface Scenario {
  readonly name: string;
  readonly description: string | null;
  readonly packet: Packet;
  /** Facts that hold in this scenario, over the host's own: see `hostFor`. */
  readonly host: HostJson | null;
  /** null: where the packet enters. */
  readonly hook: Hook | null;
  readonly expect: Expect | null;
  readonly place: Place;
  /** Where a part of `expect` stands. */
  expectedAt(...path: YamlPath): Place;
}

export interface ScenarioFile {
  readonly source: Source;
  /** Paths as written: seen from the file. */
  readonly dumps: readonly string[];
  readonly host: string | null;
  readonly scenarios: readonly Scenario[];
}

/** A file without one scenario would be a false all-clear. */
export class EmptyScenarios extends Error {
  constructor(source: Source) {
    super(`${source.name}: no scenarios`);
    this.name = "EmptyScenarios";
  }
}

type PacketFamily = "ipv4" | "ipv6";
type PacketValues = Readonly<Partial<Record<Field, string | number | null>>>;
interface FileJson {
  readonly dumps?: readonly string[];
  readonly host?: string;
  readonly family?: PacketFamily;
  readonly scenarios: readonly ScenarioJson[];
}
interface ScenarioJson {
  readonly name: string;
  readonly description?: string;
  readonly packet: PacketValues;
  readonly host?: HostJson;
  readonly hook?: Hook;
  readonly expect?: Expect;
}

/** Throws YamlProblems, EmptyScenarios. */
export function readScenarios(source: Source): ScenarioFile {
  if (isBlank(source)) throw new EmptyScenarios(source);
  const file = readYaml<FileJson>(source, scenarioSchema);
  const { dumps = [], host = null, family = "ipv4", scenarios } = file.value;
  if (scenarios.length === 0) throw new EmptyScenarios(source);
  const problems = repeatedNames(file);
  const read = scenarios.map((json, index) => readScenario(json, family, ["scenarios", index], file, problems));
  if (problems.length > 0) throw new YamlProblems(problems);
  return { source, dumps, host, scenarios: read };
}

/** The host's facts as they are in a scenario: maps key by key, lists as a whole. */
export function hostFor({ host }: Scenario, base: HostJson): HostJson {
  if (!host) return base;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(host)) {
    const old = merged[key];
    merged[key] = isMap(value) && isMap(old) ? { ...old, ...value } : value;
  }
  return merged;
}
const isMap = (value: unknown): value is object => typeof value === "object" && value !== null && !Array.isArray(value);

const isBlank = ({ bytes }: Source): boolean => bytes.split("\n").every((line) => /^\s*(#|$)/.test(line));

function readScenario(
  json: ScenarioJson,
  family: PacketFamily,
  path: YamlPath,
  file: CheckedYaml<FileJson>,
  problems: YamlProblem[],
): Scenario {
  const { name, description = null, host = null, hook = null, expect = null } = json;
  const mistake = host && hostMistake(host);
  if (mistake) problems.push({ place: file.placeOf([...path, "host"]), message: mistake });
  return {
    name,
    description,
    packet: packetOf(json.packet, family, (field) => file.placeOf([...path, "packet", field]), problems),
    host,
    hook,
    expect,
    place: file.placeOf(path),
    expectedAt: (...part) => file.placeOf([...path, "expect", ...part]),
  };
}

/** Each field is read by itself first, so that every bad one is told. */
function packetOf(
  values: PacketValues,
  family: PacketFamily,
  placeOf: (field: string) => Place,
  problems: YamlProblem[],
): Packet {
  const before = problems.length;
  for (const [field, value] of Object.entries(values)) {
    try {
      readPacket(family, { [field]: value });
    } catch (error) {
      if (!(error instanceof BadField)) throw error;
      const message = `${field}${error.message.slice(wordOf(error.field).length)}`;
      problems.push({ place: placeOf(field), message });
    }
  }
  return problems.length === before ? readPacket(family, values) : anyPacket(family);
}

/** A scenario is asked for by its name. */
function repeatedNames({ value, placeOf }: CheckedYaml<FileJson>): YamlProblem[] {
  const first = new Map<string, number>();
  return value.scenarios.flatMap(({ name }, index) => {
    const earlier = first.get(name);
    if (earlier === undefined) {
      first.set(name, index);
      return [];
    }
    const { source, start } = placeOf(["scenarios", earlier, "name"]);
    const message = `another scenario has the name ${JSON.stringify(name)}, at line ${source.lineAt(start)}`;
    return [{ place: placeOf(["scenarios", index, "name"]), message }];
  });
}
