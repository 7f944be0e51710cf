/** `explain`: a walk for people, the verdict first, and as JSON. */
import {
  after,
  type Field,
  fieldNames,
  fields,
  isAbsent,
  type Packet,
  packetJson,
  type ValueSet,
  writeValues,
} from "../facts/index.ts";
import type { Rule } from "../model/index.ts";
import { type Path, passedOver, type Step, type Walk, type World } from "../path/index.ts";
import type { Style } from "./style.ts";
import { safe } from "./text.ts";

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
    rule: rule && {
      file: rule.place.source.name,
      line: rule.place.source.lineAt(rule.place.start),
      number,
      text: rule.text,
    },
    action,
    ...value("in", step.seen, onBridge ? "physdevIn" : "inInterface"),
    ...value("out", step.seen, onBridge ? "physdevOut" : "outInterface"),
    ...(onBridge
      ? {}
      : { ...value("physdevIn", step.seen, "physdevIn"), ...value("physdevOut", step.seen, "physdevOut") }),
    changes,
  };
}

/** Names that can be said one by one: any interface, or any but some, is not known. */
const isNamed = ({ ranges }: ValueSet): boolean =>
  ranges.every(([low, high]) => after(low) === high || (low !== "" && high === `${low}\uffff`));

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
  let first = true;
  for (const explanation of explanations) {
    if (!first) yield "";
    first = false;
    const { scenario, walk, world } = explanation;
    if (scenario !== null) yield style.bold(safe(scenario));
    yield `packet  ${packetWords(walk.packet)}`;
    const { paths } = walk;
    if (paths.length > 1) {
      yield "";
      yield `${paths.length} ways, by what the description leaves open:`;
      for (const [at, path] of paths.entries()) yield `  ${at + 1}. ${verdict(path, style)}${why(path)}`;
    }
    for (const [at, path] of paths.entries()) {
      yield "";
      yield `${paths.length > 1 ? `${at + 1}. ` : ""}${verdict(path, style)}${paths.length > 1 ? "" : why(path)}`;
      yield* decision(path, style);
      yield* journey(path, world, style, mostPassedOver);
    }
    if (paths.some(({ truncated }) => truncated))
      yield style.yellow("There are more ways than are shown: state more of the packet.");
  }
}

const COLOUR: Readonly<Partial<Record<string, keyof Style>>> = {
  ACCEPT: "green",
  DROP: "red",
  REJECT: "red",
  LOST: "red",
};
function verdict({ verdict: name, decidedBy, lost }: Path, style: Style): string {
  const painted = style.bold(style[COLOUR[name] ?? "yellow"](name));
  if (lost) return `${painted}  after ${safe(lost.after ?? "entering")}: ${safe(lost.reason)}`;
  return decidedBy === null ? painted : `${painted}  by ${safe(decidedBy)}`;
}

function why({ assumptions }: Path): string {
  if (assumptions.length === 0) return "";
  const facts = assumptions.map(({ fact, rule, taken }) =>
    rule === null
      ? `${fact}: ${taken}`
      : `${fact} ${taken === "yes" ? "matches" : taken === "no" ? "does not match" : taken} at ${rule}`,
  );
  return `  assuming ${safe(facts.join("; "))}`;
}

function* decision({ steps, decidedBy }: Path, style: Style): Iterable<string> {
  const step = steps.findLast(({ id }) => id === decidedBy);
  if (step?.rule) yield `   ${safe(step.rule.text)}  ${style.dim(place(step))}`;
  else if (step) yield `   the policy of ${safe(step.chain)} is ${safe(step.action)}`;
}

const place = ({ rule }: Step): string =>
  rule ? safe(`${rule.place.source.name}:${rule.place.source.lineAt(rule.place.start)}`) : "";

function* journey(path: Path, world: World, style: Style, most: number): Iterable<string> {
  let at = "";
  const width = Math.min(44, Math.max(0, ...path.steps.map(({ id }) => safe(id).length)));
  for (const step of path.steps) {
    const heading = `${step.layer === "bridge" ? "bridge " : ""}${step.hook}${devices(step)}`;
    if (heading !== at) yield `  ${style.cyan(heading)}`;
    at = heading;
    for (const { field, from, to, by } of step.changes.filter((change) => change.by !== "target")) {
      yield `      ${style.yellow(`${fields[field].says} ${from ?? "unknown"} becomes ${to ?? "unknown"}`)} (${by})`;
    }
    const over = passedOver(step, world.host, most);
    if (over.count > over.rules.length)
      yield style.dim(`      ${over.count - over.rules.length} rules before are not shown (--passed-over)`);
    for (const { number, because } of over.rules) {
      yield style.dim(
        `      passed over rule ${number} (${safe(ruleWords(step.rules[number - 1]))}): ${safe(because)}`,
      );
    }
    if (isQuiet(step)) continue;
    const text = step.rule
      ? safe(ruleWords(step.rule))
      : step.kind === "policy"
        ? `policy ${safe(step.action)}`
        : "end of chain";
    const mark = step.printed ? "" : style.dim("  (prints no line)");
    yield `    ${safe(step.id).padEnd(width)}  ${text}  ${style.dim(place(step))}${mark}`.trimEnd();
    for (const { field, to } of step.changes.filter((change) => change.by === "target")) {
      yield `      ${style.yellow(`${fields[field].says} becomes ${to ?? "unknown"}`)}`;
    }
  }
  for (const branch of path.branches) {
    yield `  ${style.bold("and a copy of the frame:")} ${verdict(branch, style)}`;
    yield* journey(branch, world, style, most);
  }
}

/** The text of a rule without its chain, which the step's id names. */
const ruleWords = (rule: Rule | null | undefined): string => rule?.text.replace(/^(\[\d+:\d+\] )?-A \S+ ?/, "") ?? "";
/** The end of a bridge chain prints no line, and one that accepts tells nothing. */
const isQuiet = ({ layer, kind, action }: Step): boolean =>
  layer === "bridge" && kind === "policy" && action === "ACCEPT";

function devices({ seen, layer }: Step): string {
  const [inField, outField] =
    layer === "bridge" ? (["physdevIn", "physdevOut"] as const) : (["inInterface", "outInterface"] as const);
  const part = (label: string, set: ValueSet | undefined, field: Field) =>
    !set || isAbsent(set) || set.absent || !isNamed(set) ? "" : `  ${label} ${safe(writeValues(field, set.ranges))}`;
  return `${part("in", seen.fields[inField], inField)}${part("out", seen.fields[outField], outField)}`;
}

/** In the words that `explain` takes. */
export function packetWords(packet: Packet): string {
  const json = packetJson(packet);
  const words = fieldNames.flatMap((field) => {
    const text = json[field];
    return text === undefined ? [] : [`${fields[field].word} ${safe(text ?? "none")}`];
  });
  return words.length === 0 ? "(nothing stated)" : words.join(" ");
}
