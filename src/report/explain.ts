/** `explain`: a walk for people, the verdict first, and as JSON. */
import { type Field, isAbsent, type Packet, packetJson, writeValues } from "../facts/index.ts";
import { type Path, passedOver, type Step, type Walk, type World } from "../path/index.ts";
import { assumptionWords } from "./assumptions.ts";
import { journey } from "./journey.ts";
import { counted, decider, painted, whereTo } from "./outcome.ts";
import { isNamed, packetWords } from "./packet-words.ts";
import { placeOf, ruleJson, ruleWords } from "./rule-words.ts";
import type { Style } from "./style.ts";
import { safe } from "./text.ts";
import { inOrder, openFacts, tree, waysOf } from "./ways.ts";

export interface Explanation {
  readonly scenario: string | null;
  readonly walk: Walk;
  readonly world: World;
}

export function explainJson(explanations: readonly Explanation[], mostPassedOver: number): object {
  return {
    version: 1,
    explanations: explanations.map(({ scenario, walk, world }) => ({
      scenario,
      packet: packetJson(walk.packet),
      paths: walk.paths.map((path) => pathJson(path, world, mostPassedOver)),
    })),
  };
}

function pathJson(path: Path, world: World, most: number): object {
  const over = path.steps.map((step) => passedOver(step, world.host, most));
  return {
    verdict: path.verdict,
    decidedBy: path.decidedBy,
    assumptions: path.assumptions,
    lost: path.lost,
    branches: path.branches.map((branch) => pathJson(branch, world, most)),
    generated: path.generated.map((each) => pathJson(each, world, most)),
    truncated: path.truncated,
    steps: path.steps.map(stepJson),
    passedOver: over.flatMap(({ rules }) => rules.map(({ rule, because }) => ({ rule, because }))),
    passedOverCount: over.reduce((sum, { count }) => sum + count, 0),
  };
}

function stepJson(step: Step): object {
  const { id, layer, family, table, chain, kind, number, hook, printed, rule, action, changes } = step;
  const onBridge = layer === "bridge";
  return {
    id,
    layer,
    family,
    table,
    chain,
    kind,
    number,
    hook,
    printed,
    rule: rule && { ...ruleJson(rule), number },
    action,
    ...value("in", step.seen, onBridge ? "physdevIn" : "inInterface"),
    ...value("out", step.seen, onBridge ? "physdevOut" : "outInterface"),
    ...(onBridge
      ? {}
      : { ...value("physdevIn", step.seen, "physdevIn"), ...value("physdevOut", step.seen, "physdevOut") }),
    changes,
  };
}

/** null: the packet has none here; left out: not known. */
function value(key: string, packet: Packet, field: Field): Record<string, string | null> {
  const set = packet.fields[field];
  if (!set || (set.absent && set.ranges.length > 0) || !isNamed(set)) return {};
  return { [key]: isAbsent(set) ? null : writeValues(field, set.ranges) };
}

export function* explainPretty(
  explanations: readonly Explanation[],
  style: Style,
  mostPassedOver: number,
): Iterable<string> {
  for (const [at, explanation] of explanations.entries()) {
    if (at > 0) yield "";
    yield* oneWalk(explanation, style, mostPassedOver);
  }
}

function* oneWalk({ scenario, walk, world }: Explanation, style: Style, most: number): Iterable<string> {
  const { packet, paths } = walk;
  if (scenario !== null) yield style.bold(safe(scenario));
  const [only, ...others] = paths;
  const stated = `  packet    ${packetWords(packet)}`;
  if (only && others.length === 0) {
    yield `${painted(only, style)}  ${whereTo(only, packet)}`;
    yield stated;
    yield* because(only, world, style);
    yield "";
    yield* journey(only, { world, style, most });
    return;
  }
  const counts = counted(paths, style);
  if (counts.length === 1 && only)
    yield `${painted(only, style)}  in each of ${paths.length} ways that the description leaves open`;
  else
    yield `${style.bold("It depends")} on what the description leaves open: ${paths.length} ways, ${counts.join(", ")}`;
  yield stated;
  const ways = waysOf(paths);
  for (const line of openFacts(ways, world)) yield `  ${style.cyan(line)}`;
  for (const each of ways.common) yield `  assuming  ${safe(assumptionWords(each, world))}`;
  yield "";
  yield* tree(ways, packet, world, style);
  if (paths.some(({ truncated }) => truncated))
    yield style.yellow("  There are more ways than are shown: state more of the packet.");
  const told = new Map<string, number>();
  for (const [at, path] of inOrder(ways).entries()) {
    yield "";
    yield `${style.bold(`Way ${at + 1}:`)} ${painted(path, style)}  ${whereTo(path, packet)}`;
    yield* because(path, world, style);
    yield* journey(path, { world, style, most, told, way: at + 1 });
  }
}

/** What decided, and what was taken for it. */
function* because(path: Path, world: World, style: Style): Iterable<string> {
  const { steps, assumptions } = path;
  const by = decider(path);
  const step = steps.findLast(({ id }) => id === by);
  if (step?.rule) {
    yield `  decided   by ${safe(step.id)}  ${safe(ruleWords(step.rule))}`;
    yield `            ${style.dim(placeOf(step.rule))}`;
  } else if (step) yield `  decided   by ${safe(step.id)}, the policy of ${safe(step.chain)}`;
  for (const each of assumptions) yield `  assuming  ${safe(assumptionWords(each, world))}`;
}
