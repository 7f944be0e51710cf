/** A scenario file from the disk; its mistakes as usage errors with file, line and column. */
import { dirname, join } from "node:path";
import { YamlProblems } from "../checked-yaml.ts";
import { EmptyScenarios, readScenarios, type ScenarioFile } from "../scenario/index.ts";
import { Source } from "../source.ts";
import { badInput, badUsage } from "./exit-codes.ts";
import { type Io, readBytes } from "./io.ts";

export async function readScenarioFile(name: string, io: Io): Promise<ScenarioFile> {
  const source = new Source(name === "-" ? "(standard input)" : name, await readBytes(name, io));
  if (source.bytes.slice(0, 8192).includes("\0")) throw badInput(`${name}: not a scenario file: it holds binary data`);
  try {
    return readScenarios(source);
  } catch (error) {
    if (error instanceof EmptyScenarios) throw badInput(error.message);
    if (!(error instanceof YamlProblems)) throw error;
    const lines = error.problems.map(({ place, message }) => {
      const { line, column } = place.source.position(place.start);
      return `${name}:${line}:${column}: ${message}`;
    });
    throw badUsage(`the scenario file is not right\n${lines.join("\n")}`);
  }
}

/** A path that a file names, seen from that file. */
export const besides = (file: string, path: string): string =>
  path.startsWith("/") ? path : join(dirname(file), path);
