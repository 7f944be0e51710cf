/** What came of scenarios: a line each, and under it what was not met. */
import type { Failure, Judgement, Outcome } from "../scenario/index.ts";
import type { Style } from "./style.ts";
import { safe } from "./text.ts";

const MARKS: Readonly<Record<Outcome, { readonly sign: string; readonly colour: "green" | "red" | "yellow" }>> = {
  passed: { sign: "✓", colour: "green" },
  failed: { sign: "✗", colour: "red" },
  undecided: { sign: "?", colour: "yellow" },
};

export function* testPretty(results: readonly Judgement[], style: Style): Iterable<string> {
  let file: string | null = null;
  for (const result of results) {
    const { outcome, scenario, settledBy } = result;
    const { name } = scenario.place.source;
    if (name !== file) yield style.bold(safe(name));
    file = name;
    const { sign, colour } = MARKS[outcome];
    yield `  ${style[colour](sign)} ${safe(scenario.name)}${outcome === "passed" ? "" : ` ${style[colour](outcome)}`}`;
    for (const { expected, got, paths, at } of grouped(result)) {
      yield `      ${style.dim(safe(at))} expected ${style.green(safe(expected))}, got ${style.red(safe(got))}${paths}`;
    }
    if (settledBy.length > 0) yield `      ${style.cyan("state, to settle it:")} ${settledBy.map(safe).join(", ")}`;
  }
  const { passed, failed, undecided } = summary(results);
  const paint = failed > 0 ? style.red : undecided > 0 ? style.yellow : style.green;
  const count = `${results.length} scenario${results.length === 1 ? "" : "s"}`;
  yield paint(`${count}: ${passed} passed, ${failed} failed, ${undecided} undecided`);
}

export function testJson(results: readonly Judgement[]): object {
  return {
    version: 1,
    scenarios: results.map((result) => ({
      file: result.scenario.place.source.name,
      name: result.scenario.name,
      line: lineOf(result.scenario),
      outcome: result.outcome,
      failures: grouped(result).map(({ expected, got }) => ({ expected, got })),
      settledBy: result.settledBy,
      paths: result.walk.paths.length,
    })),
    summary: summary(results),
  };
}

const lineOf = ({ place }: Pick<Failure, "place">): number => place.source.lineAt(place.start);

/** Paths that miss the same in the same way are told together. */
function grouped({ failures, walk }: Judgement) {
  const groups = new Map<string, Failure[]>();
  for (const failure of failures) {
    const key = JSON.stringify([failure.expected, failure.got, failure.place.start]);
    groups.set(key, [...(groups.get(key) ?? []), failure]);
  }
  return [...groups.values()].map((group) => {
    const { expected, got, path, place } = group[0] as Failure;
    const { line, column } = place.source.position(place.start);
    const isSome = path !== null && group.length < walk.paths.length;
    const paths = isSome ? ` on ${group.length} of ${walk.paths.length} paths` : "";
    return { expected, got, paths, at: `${place.source.name}:${line}:${column}` };
  });
}

function summary(results: readonly Judgement[]) {
  const count = (wanted: Outcome) => results.filter(({ outcome }) => outcome === wanted).length;
  return { passed: count("passed"), failed: count("failed"), undecided: count("undecided") };
}
