/** `lint`: findings for people, and as JSON. */
import type { Severity } from "../finding.ts";
import { type LintFinding, type LintResult, ruleNamed } from "../lint/index.ts";
import { frameLines } from "./frame.ts";
import type { Style } from "./style.ts";
import { safe } from "./text.ts";

/** More related places than this are counted, not shown. */
const MOST_RELATED = 5;
const SEVERITIES: readonly Severity[] = ["error", "warning", "info"];

export function lintJson({ findings, summary }: LintResult): object {
  return { version: 1, findings: findings.map(findingJson), notDecided: [], summary };
}

function findingJson(finding: LintFinding): object {
  const {
    rule,
    severity,
    confidence,
    place,
    family,
    table,
    chain,
    ruleNumber,
    text,
    related = [],
    fix,
    fingerprint,
  } = finding;
  const [start, end] = [place.source.position(place.start), place.source.position(place.end)];
  return {
    rule,
    severity,
    confidence,
    file: place.source.name,
    line: start.line,
    column: start.column,
    endLine: end.line,
    endColumn: end.column,
    family: family ?? null,
    table: table ?? null,
    chain: chain ?? null,
    ruleNumber: ruleNumber ?? null,
    message: text,
    related: related.map((each) => ({
      file: each.place.source.name,
      line: each.place.source.lineAt(each.place.start),
      message: each.message,
    })),
    witness: null,
    fix: fix ? { safe: fix.safe, replacement: fix.replacement ?? null, commands: fix.commands ?? [] } : null,
    fingerprint,
  };
}

export function* lintPretty(result: LintResult, style: Style): Iterable<string> {
  const explained = new Set<string>();
  for (const finding of result.findings) {
    yield* findingPretty(finding, style, !explained.has(finding.rule));
    yield "";
    explained.add(finding.rule);
  }
  yield lastLine(result, style);
}

/** Why and what to do are the lint rule's: said once, with its first finding. */
function* findingPretty(finding: LintFinding, style: Style, explain: boolean): Generator<string, void> {
  const { rule, severity, place, related = [], fix } = finding;
  const { line, column } = place.source.position(place.start);
  const color = colorOf(severity, style);
  const at = `${safe(place.source.name)}:${line}:${column}`;
  yield `${color(style.bold(`${severity}[${rule}]`))} ${at} ${style.bold(safe(`${whereOf(finding)}${finding.text}`))}`;
  yield* frameLines(place, style, color);
  const margin = " ".repeat(String(line).length + 1);
  for (const each of related.slice(0, MOST_RELATED)) {
    const { source, start } = each.place;
    const number = source.lineAt(start);
    const shown = `${style.cyan(":")} ${safe(source.name)}:${number} ${safe(each.message)}`;
    yield `${margin}${shown}: ${style.dim(safe(source.line(number)))}`;
  }
  if (related.length > MOST_RELATED) yield `${margin}${style.cyan(":")} and ${related.length - MOST_RELATED} more`;
  const found = explain ? ruleNamed(rule).rule : null;
  if (found) {
    yield `${margin}${style.cyan("=")} why: ${oneLine(found.why)}`;
    yield `${margin}${style.cyan("=")} help: ${oneLine(found.remedy)} ${style.dim(`(chainwalk rules ${rule})`)}`;
  }
  const instead = fix ? [...(fix.replacement === undefined ? [] : [fix.replacement]), ...(fix.commands ?? [])] : [];
  for (const each of instead) yield `${margin}${style.cyan("=")} ${fix?.safe ? "fix" : "try"}: ${safe(each)}`;
}

/** `filter FORWARD rule 7: ` */
function whereOf({ table, chain, ruleNumber }: LintFinding): string {
  const where = [table, chain, ruleNumber === undefined ? undefined : `rule ${ruleNumber}`].filter(
    (part) => part !== undefined,
  );
  return where.length > 0 ? `${where.join(" ")}: ` : "";
}

const colorOf = (severity: Severity, style: Style) =>
  severity === "error" ? style.red : severity === "warning" ? style.yellow : style.cyan;

/** The manifest's paragraph as one line. */
const oneLine = (text: string): string => text.trim().replace(/\s+/g, " ");

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`;

function lastLine({ findings, summary, lintRules }: LintResult, style: Style): string {
  const looked = `in ${count(summary.files, "dump")} (${count(summary.rules, "rule")}, ${count(lintRules, "lint rule")})`;
  if (findings.length === 0) return `${style.green("no findings")} ${looked}`;
  const counts = SEVERITIES.map((severity) => ({
    severity,
    found: findings.filter((each) => each.severity === severity).length,
  }));
  const words = counts
    .filter(({ found }) => found > 0)
    .map(({ severity, found }) =>
      colorOf(severity, style)(severity === "info" ? `${found} info` : count(found, severity)),
    );
  return `${words.join(", ")} ${looked}`;
}
