/** `rules`: the lint rules, or one of them explained. */
import { type Example, type LintRule, rules } from "../lint/index.ts";
import type { Style } from "./style.ts";

export function* rulesPretty(style: Style, rule: LintRule | null = null): Iterable<string> {
  if (rule) return yield* explained(rule, style);
  const width = Math.max(...rules().map(({ name }) => name.length));
  for (const { name, title } of rules()) yield `${style.bold(name.padEnd(width))}  ${title}`;
  yield "";
  yield `${rules().length} lint rules; \`chainwalk rules NAME\` explains one`;
}

function* explained(rule: LintRule, style: Style): Generator<string, void> {
  yield `${style.bold(rule.name)}: ${rule.title}`;
  yield style.dim(`category ${rule.category}; presets ${rule.presets.join(", ") || "none"}`);
  yield "";
  for (const [id, { severity, text }] of Object.entries(rule.messages)) yield `${severity}[${id}]: ${text}`;
  yield* part("why", rule.why, style);
  yield* part("help", rule.remedy, style);
  if (rule.falsePositives !== null) yield* part("when it is wrong", rule.falsePositives, style);
  for (const example of rule.examples) yield* exampleLines(example, style);
  yield* part("sources", rule.sources.join("\n"), style);
}

function* part(heading: string, text: string, style: Style): Generator<string, void> {
  yield "";
  yield style.bold(heading);
  for (const line of text.trimEnd().split("\n")) yield `  ${line}`;
}

function* exampleLines({ title, dump, expect }: Example, style: Style): Generator<string, void> {
  yield "";
  yield `${style.bold(expect.length > 0 ? "bad" : "good")}: ${title}`;
  for (const [i, line] of dump.trimEnd().split("\n").entries()) {
    const marks = expect.filter((each) => each.line === i + 1).map(({ message }) => message);
    yield `  ${line}${marks.length > 0 ? style.yellow(`    <- ${marks.join(", ")}`) : ""}`;
  }
}

/** All rules, or the one asked for. */
export const rulesJson = (rule: LintRule | null = null): object => ({
  version: 1,
  rules: (rule ? [rule] : rules()).map(ruleJson),
});

const ruleJson = ({
  name,
  title,
  category,
  presets,
  needs,
  options,
  messages,
  why,
  remedy,
  falsePositives,
  sources,
  examples,
}: LintRule): object => ({
  name,
  title,
  category,
  presets,
  needs,
  options,
  messages: Object.entries(messages).map(([id, { severity, text }]) => ({ id, severity, text })),
  why,
  remedy,
  falsePositives,
  sources,
  examples: examples.map((each) => ({
    title: each.title,
    dump: each.dump,
    expect: each.expect.map(({ line, message }) => ({ line, message })),
  })),
});
