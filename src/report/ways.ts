/** Several ways: which answer to which open question leads to which of them. */
import type { Packet } from "../facts/index.ts";
import type { Assumption, Path, World } from "../path/index.ts";
import { assumptionWords, settledBy } from "./assumptions.ts";
import { decider, painted, whereTo } from "./outcome.ts";
import type { Style } from "./style.ts";
import { safe } from "./text.ts";

/** Ways that share their first answers, under the question that they part at. */
export interface Ways {
  /** What all of them take, in this order. */
  readonly common: readonly Assumption[];
  /** Those that ask nothing more. */
  readonly ends: readonly Path[];
  readonly parts: readonly Ways[];
}

const key = ({ fact, rule, taken }: Assumption): string => JSON.stringify([fact, rule, taken]);
const question = ({ fact, rule }: Assumption): string => JSON.stringify([fact, rule]);

export const waysOf = (paths: readonly Path[]): Ways =>
  partWays(paths.map((path) => ({ path, left: path.assumptions })));

/** A way, and what it takes that has not been said yet. */
interface Open {
  readonly path: Path;
  readonly left: readonly Assumption[];
}
function partWays(open: readonly Open[]): Ways {
  const [first] = open;
  const taken = open.map(({ left }) => new Set(left.map(key)));
  const isCommon = (each: Assumption): boolean => taken.every((keys) => keys.has(key(each)));
  const rest = open.map(({ path, left }) => ({ path, left: left.filter((each) => !isCommon(each)) }));
  const groups = new Map<string, Open[]>();
  for (const each of rest) {
    const [next] = each.left;
    if (next) groups.set(key(next), [...(groups.get(key(next)) ?? []), each]);
  }
  return {
    common: first?.left.filter(isCommon) ?? [],
    ends: rest.flatMap(({ path, left }) => (left.length === 0 ? [path] : [])),
    parts: yesFirst([...groups.values()].map(partWays)),
  };
}

/** The answers to one question together, `yes` before `no`. */
function yesFirst(parts: readonly Ways[]): Ways[] {
  const asked = (part: Ways) => (part.common[0] ? question(part.common[0]) : "");
  const order = [...new Set(parts.map(asked))];
  const rank = (part: Ways) => 2 * order.indexOf(asked(part)) + (part.common[0]?.taken === "no" ? 1 : 0);
  return [...parts].sort((a, b) => rank(a) - rank(b));
}

/** In the order in which the tree shows them. */
export const inOrder = ({ ends, parts }: Ways): Path[] => [...ends, ...parts.flatMap(inOrder)];

/** What to state so that fewer ways are left, and what stays open however much is stated. */
export function* openFacts({ parts }: Ways, world: World): Iterable<string> {
  const asked = new Map<string, Assumption>();
  const gather = (part: Ways): void => {
    for (const each of part.common) asked.set(question(each), each);
    part.parts.forEach(gather);
  };
  parts.forEach(gather);
  const answers = [...asked.values()].map((each) => settledBy(each, world));
  const stated = [...new Set(answers.flatMap(({ by }) => by ?? []))];
  if (stated.length > 0) yield `settled   by ${safe(stated.join(", "))}`;
  const open = new Set(answers.flatMap(({ by, why }) => (by === null ? [why] : [])));
  for (const why of open) yield `open      ${safe(why)}`;
}

export function* tree(ways: Ways, packet: Packet, world: World, style: Style): Iterable<string> {
  const numbers = new Map(inOrder(ways).map((path, at) => [path, at + 1]));
  const width = String(numbers.size).length;
  const line = (path: Path): string => {
    const decided = decider(path);
    const by = decided === null ? "" : `by ${safe(decided)}, `;
    return `${String(numbers.get(path)).padStart(width)}. ${painted(path, style)}  ${by}${whereTo(path, packet)}`;
  };
  function* level({ ends, parts }: Ways, indent: string): Iterable<string> {
    for (const path of ends) yield `${indent}${line(path)}`;
    for (const [at, part] of parts.entries()) {
      const [first, ...more] = part.common;
      const before = parts[at - 1]?.common[0];
      const contrary = !!first && !!before && first.rule !== null && question(first) === question(before);
      const asked = first && contrary && first.taken === "no" ? "otherwise" : first && `if ${said(first)}`;
      yield `${indent}${style.dim([asked, ...more.map((each) => `and ${said(each)}`)].join(", "))}`;
      yield* level(part, `${indent}  `);
    }
  }
  const said = (each: Assumption): string => safe(assumptionWords(each, world));
  yield* level(ways, "    ");
}
