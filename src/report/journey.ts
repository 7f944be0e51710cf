/** The journey, hook by hook: the lines that TRACE would print, the rules passed over between them, and every rewrite. */
import { fields } from "../facts/index.ts";
import type { Rule } from "../model/index.ts";
import { type Assumption, type Change, type Path, passedOver, type Step, type World } from "../path/index.ts";
import { assumptionWords } from "./assumptions.ts";
import { addressed, copyEnded, ended, painted } from "./outcome.ts";
import { named } from "./packet-words.ts";
import { placeOf, ruleWords } from "./rule-words.ts";
import type { Style } from "./style.ts";
import { safe } from "./text.ts";

interface Telling {
  readonly world: World;
  readonly style: Style;
  /** So many passed-over rules a chain. */
  readonly most: number;
  /** Hooks that an earlier way has passed in the very same manner, by their lines. */
  readonly told?: Map<string, number>;
  readonly way?: number;
}

export function* journey(
  path: Path,
  telling: Telling,
  assumptions = path.assumptions,
  indent = "  ",
): Iterable<string> {
  const { style, told, way = 0 } = telling;
  for (const { heading, lines } of hooks(path, telling, assumptions)) {
    yield `${indent}${style.cyan(heading)}`;
    const key = [heading, ...lines].join("\n");
    const earlier = told?.get(key);
    if (earlier !== undefined && lines.length > 1) yield style.dim(`${indent}  as in way ${earlier}`);
    else for (const line of lines) yield `${indent}  ${line}`;
    if (earlier === undefined) told?.set(key, way);
  }
  if (path.lost) {
    const ends = path.verdict === "LOST" ? "lost here" : "it ends here";
    yield `${indent}${style.red(`${ends}: ${safe(path.lost.reason)}`)}`;
  }
  for (const each of path.generated) {
    yield `${indent}${style.bold(`this host answers ${addressed(each)}:`)} ${painted(each, style)}  ${ended(each)}`;
    for (const taken of each.assumptions) yield `${indent}  assuming  ${safe(assumptionWords(taken, telling.world))}`;
    yield* journey(each, telling, each.assumptions, `${indent}  `);
  }
  const copies = path.branches.length + 1;
  for (const [at, branch] of path.branches.entries()) {
    yield `${indent}${style.bold(`copy ${at + 2} of ${copies}:`)} ${painted(branch, style)}  ${copyEnded(branch)}`;
    yield* journey(branch, telling, assumptions, indent);
  }
}

interface Section {
  readonly heading: string;
  readonly lines: string[];
}

function hooks(path: Path, telling: Telling, assumptions: readonly Assumption[]): Section[] {
  const stacks = callersOf(path.steps);
  const widths = path.steps.map((step, at) =>
    isQuiet(step) ? 0 : safe(step.id).length + 2 * (stacks[at]?.length ?? 0),
  );
  const width = Math.min(48, Math.max(18, ...widths));
  const out: Section[] = [];
  for (const [at, step] of path.steps.entries()) {
    const heading = headingOf(step);
    if (out.at(-1)?.heading !== heading) out.push({ heading, lines: [] });
    out.at(-1)?.lines.push(...stepLines(step, stacks[at] ?? [], width, telling, assumptions));
  }
  return out;
}

/** The chains that each step's chain goes back to, the nearest last: a jump adds one, a goto does not. */
function callersOf(steps: readonly Step[]): (readonly string[])[] {
  let callers: readonly string[] = [];
  return steps.map((step, at) => {
    const before = steps[at - 1];
    if (!before || before.table !== step.table || before.hook !== step.hook || before.layer !== step.layer)
      callers = [];
    else if (before.action === "jump") callers = [...callers, before.chain];
    else if (/^return$/i.test(before.action)) callers = callers.slice(0, -1);
    return callers;
  });
}

function stepLines(
  step: Step,
  callers: readonly string[],
  width: number,
  { world, style, most }: Telling,
  assumptions: readonly Assumption[],
): string[] {
  const indent = "  ".repeat(callers.length);
  const column = (text: string) => `${indent}${text}`.padEnd(width);
  const under = " ".repeat(width + 2);
  const lines = step.changes
    .filter(({ by }) => by !== "target")
    .map((change) => `${under}${changeWords(change, style)}`);
  const over = passedOver(step, world.host, most);
  const hidden = over.count - over.rules.length;
  if (hidden > 0 && most > 0) {
    const before = hidden === 1 ? "1 rule before is" : `${hidden} rules before are`;
    lines.push(style.dim(`${indent}${before} not shown (--passed-over)`));
  }
  for (const { number, rule: id, because } of over.rules) {
    const rule = step.rules[number - 1];
    const assumed = assumptions.some((each) => each.rule === id && each.taken === "no");
    lines.push(style.dim(`${column(`passed over rule ${number}`)}  ${withPlace(rule)}`));
    lines.push(style.dim(`${under}${safe(assumed ? "assumed not to match" : because)}`));
  }
  if (isQuiet(step)) return lines;
  const mark = step.printed ? "" : style.dim("  (prints no line)");
  lines.push(`${column(safe(step.id))}  ${doing(step, callers, style)}${mark}`.trimEnd());
  const changes = step.changes.filter(({ by }) => by === "target");
  return [...lines, ...changes.map((change) => `${under}${changeWords(change, style)}`)];
}

function doing(step: Step, callers: readonly string[], style: Style): string {
  if (step.rule) return `${safe(ruleWords(step.rule))}  ${style.dim(placeOf(step.rule))}`;
  if (step.kind === "policy") return `policy ${safe(step.action)}`;
  const caller = callers.at(-1);
  // a chain that a base chain goes to, not jumps to, has nothing to return to: the policy decides (ip_tables.c ipt_do_table)
  return `end of ${safe(step.chain)}, ${caller === undefined ? `on to the policy of ${step.hook}` : `back to ${safe(caller)}`}`;
}

function changeWords({ field, from, to, by }: Change, style: Style): string {
  const cause =
    by === "conntrack"
      ? " (as the connection is translated; no rule is asked)"
      : by === "routing"
        ? " (by routing)"
        : "";
  return style.yellow(
    `${fields[field].says} ${safe(from ?? "(not known)")} becomes ${safe(to ?? "(not known)")}${cause}`,
  );
}

const withPlace = (rule: Rule | undefined): string => (rule ? `${safe(ruleWords(rule))}  ${placeOf(rule)}` : "");

/** The end of a bridge chain prints no line, and one that accepts tells nothing. */
const isQuiet = ({ layer, kind, action }: Step): boolean =>
  layer === "bridge" && kind === "policy" && action === "ACCEPT";

/** `FORWARD  in docker0 (port veth1)  out docker0 (port veth2)`: as the rules there see it. */
function headingOf({ layer, hook, seen }: Step): string {
  const part = (label: string, device: string | undefined, port?: string): string =>
    device === undefined ? "" : `  ${label} ${device}${port === undefined ? "" : ` (port ${port})`}`;
  const [portIn, portOut] = [named(seen, "physdevIn"), named(seen, "physdevOut")];
  if (layer === "bridge") return `bridge ${hook}${part("in", portIn)}${part("out", portOut)}`;
  return `${hook}${part("in", named(seen, "inInterface"), portIn)}${part("out", named(seen, "outInterface"), portOut)}`;
}
