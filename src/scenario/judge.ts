/** Holds a walk against what is expected of it. An expectation holds only if it does however the unknown facts fall. */
import type { Ternary } from "../facts/index.ts";
import type { Place } from "../finding.ts";
import type { Path, Walk } from "../path/index.ts";
import type { Expect, Scenario } from "./read.ts";

/** undecided: met on some paths only, or not known; neither is it met. */
export type Outcome = "passed" | "failed" | "undecided";

export interface Failure {
  readonly expected: string;
  readonly got: string;
  /** Index of the path that it is about; null: the walk as a whole. */
  readonly path: number | null;
  readonly place: Place;
}

export interface Judgement {
  readonly scenario: Scenario;
  readonly outcome: Outcome;
  readonly failures: readonly Failure[];
  /** Undecided: the facts that the paths take differently; to state them settles it. */
  readonly settledBy: readonly string[];
  readonly walk: Walk;
}

export function judge(scenario: Scenario, walk: Walk): Judgement {
  const judged = judgeAll(scenario, walk);
  const has = (outcome: Outcome) => judged.some((each) => each.outcome === outcome);
  const outcome = has("failed") ? "failed" : has("undecided") ? "undecided" : "passed";
  const settledBy = outcome === "undecided" ? openFacts(walk.paths) : [];
  return { scenario, outcome, failures: judged.flatMap(({ failures }) => failures), settledBy, walk };
}

/** Ids of the lines that TRACE prints, copies of a flooded frame one after the other. */
export const printedIds = (path: Path): string[] => allSteps(path).flatMap(({ id, printed }) => (printed ? [id] : []));

const copies = (path: Path): Path[] => [path, ...path.branches.flatMap(copies)];
const allSteps = (path: Path) => copies(path).flatMap(({ steps }) => steps);
const allIds = (path: Path) => allSteps(path).map(({ id }) => id);
/** It came to something that is not modelled: what happens after that is not known. */
const isOpen = (path: Path) => copies(path).some(({ verdict }) => verdict === "UNDECIDED");

interface Judged {
  readonly outcome: Outcome;
  readonly failures: readonly Failure[];
}
interface Answer {
  readonly is: Ternary;
  readonly expected: string;
  readonly got: string;
  readonly at: readonly (string | number)[];
}

function judgeAll(scenario: Scenario, walk: Walk): Judged[] {
  const { expect } = scenario;
  // nothing expected is nothing tested: it must not count as passed
  if (!expect) return [unmet("undecided", "an expectation", "none is stated", scenario.place)];
  const checks = CHECKS.filter(({ key }) => expect[key] !== undefined);
  const judged = checks.map(({ on }) => overPaths(walk, scenario, (path) => on(expect, path)));
  return [...judged, ...(expect.paths === undefined ? [] : [judgeCount(expect.paths, walk, scenario)])];
}

function overPaths({ paths }: Walk, scenario: Scenario, check: (path: Path) => Answer): Judged {
  const answers = paths.map(check);
  const all = (wanted: Ternary) => paths.length > 0 && answers.every(({ is }) => is === wanted);
  const failures = answers.flatMap(({ is, expected, got, at }, path): Failure[] =>
    is === "yes" ? [] : [{ expected, got, path, place: scenario.expectedAt(...at) }],
  );
  if (paths.some(({ truncated }) => truncated) || paths.length === 0) {
    return failures.length > 0 ? { outcome: "undecided", failures } : tooMany(paths.length, scenario);
  }
  return { outcome: all("yes") ? "passed" : all("no") ? "failed" : "undecided", failures };
}

function judgeCount(wanted: number, { paths }: Walk, scenario: Scenario): Judged {
  if (paths.some(({ truncated }) => truncated)) return tooMany(paths.length, scenario);
  if (paths.length === wanted) return { outcome: "passed", failures: [] };
  return unmet("failed", ways(wanted), ways(paths.length), scenario.expectedAt("paths"));
}

const ways = (count: number) => `${count} path${count === 1 ? "" : "s"}`;
const tooMany = (count: number, { place }: Scenario) =>
  unmet("undecided", "every path to be followed", `${ways(count)}, and not the rest`, place);
const unmet = (outcome: Outcome, expected: string, got: string, place: Place): Judged => ({
  outcome,
  failures: [{ expected, got, path: null, place }],
});

interface Check {
  readonly key: keyof Expect;
  on(expect: Expect, path: Path): Answer;
}

const CHECKS: readonly Check[] = [
  {
    key: "verdict",
    on({ verdict }, path) {
      const all = copies(path);
      const others = all.filter((copy) => copy.verdict !== verdict);
      const is = others.length === 0 ? "yes" : others.some((copy) => copy.verdict !== "UNDECIDED") ? "no" : "unknown";
      const got = all.map((copy) => (copy.lost ? `${copy.verdict} (${copy.lost.reason})` : copy.verdict));
      return { is, expected: `verdict ${verdict}`, got: `verdict ${got.join(", ")}`, at: ["verdict"] };
    },
  },
  {
    key: "decidedBy",
    on({ decidedBy }, path) {
      const is = path.decidedBy === decidedBy ? "yes" : isOpen(path) ? "unknown" : "no";
      return {
        is,
        expected: `decided by ${decidedBy ?? "nothing"}`,
        got: path.decidedBy ?? "nothing",
        at: ["decidedBy"],
      };
    },
  },
  {
    key: "steps",
    on({ steps = [] }, path) {
      const ids = printedIds(path);
      const length = Math.max(ids.length, steps.length);
      const differs = [...Array(length).keys()].find((index) => ids[index] !== steps[index]);
      if (differs === undefined) return { is: "yes", expected: "", got: "", at: ["steps"] };
      // where copies follow one another, a copy that is not known to its end hides where the next begins
      const isSure = !isOpen(path) || (path.branches.length === 0 && differs < ids.length);
      const expected = `step ${differs + 1} ${steps[differs] ?? "not there"}`;
      return { is: isSure ? "no" : "unknown", expected, got: ids[differs] ?? "the end", at: ["steps", differs] };
    },
  },
  {
    key: "passes",
    on({ passes = [] }, path) {
      const ids = allIds(path);
      let from = 0;
      for (const [index, wanted] of passes.entries()) {
        const found = ids.indexOf(wanted, from);
        if (found < 0) {
          const got = ids.includes(wanted) ? `only before ${passes[index - 1]}` : "not passed";
          return { is: isOpen(path) ? "unknown" : "no", expected: `passes ${wanted}`, got, at: ["passes", index] };
        }
        from = found + 1;
      }
      return { is: "yes", expected: "", got: "", at: ["passes"] };
    },
  },
  {
    key: "notPasses",
    on({ notPasses = [] }, path) {
      const ids = allIds(path);
      const index = notPasses.findIndex((id) => ids.includes(id));
      if (index >= 0) {
        return { is: "no", expected: `does not pass ${notPasses[index]}`, got: "passed", at: ["notPasses", index] };
      }
      const is = isOpen(path) ? "unknown" : "yes";
      return { is, expected: `does not pass ${notPasses.join(", ")}`, got: "not known to its end", at: ["notPasses"] };
    },
  },
];

/** Facts that not every path takes alike. */
function openFacts(paths: readonly Path[]): string[] {
  const key = ({ fact, rule, taken }: Path["assumptions"][number]) => JSON.stringify([fact, rule, taken]);
  const taken = paths.map(({ assumptions }) => new Set(assumptions.map(key)));
  const open = paths.flatMap(({ assumptions, verdict }) =>
    assumptions.filter((each) => verdict === "UNDECIDED" || taken.some((keys) => !keys.has(key(each)))),
  );
  return [...new Set(open.map(({ fact }) => fact))].sort();
}
