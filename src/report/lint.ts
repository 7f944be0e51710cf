/** `lint`: findings for people, and as JSON. */
import type { Place, Severity } from "../finding.ts";
import { type LintFinding, type LintResult, type NotDecided, ruleNamed } from "../lint/index.ts";
import { frameLines } from "./frame.ts";
import type { Style } from "./style.ts";
import { safe } from "./text.ts";

/** More related places than this are counted, not shown. */
const MOST_RELATED = 5;
const SEVERITIES: readonly Severity[] = ["error", "warning", "info"];

export function lintJson({ findings, notDecided, summary }: LintResult): object {
  return { version: 1, findings: findings.map(findingJson), notDecided: notDecided.map(notDecidedJson), summary };
}

function notDecidedJson({ place, family, table, chain, ruleNumber, why }: NotDecided): object {
  return {
    file: place.source.name,
    line: place.source.lineAt(place.start),
    family: family ?? null,
    table: table ?? null,
    chain: chain ?? null,
    ruleNumber: ruleNumber ?? null,
    why,
  };
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
    help,
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
    help: help ?? null,
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
  yield* notDecidedPretty(result.notDecided, style);
  yield lastLine(result, style);
}

/** More rules than these are counted. */
const MOST_OPEN = 5;
function* notDecidedPretty(open: readonly NotDecided[], style: Style): Generator<string, void> {
  for (const { place, table, chain, ruleNumber, why } of open.slice(0, MOST_OPEN)) {
    const at = `${safe(place.source.name)}:${place.source.lineAt(place.start)}`;
    yield `${style.dim("not decided")} ${at} ${safe(`${table} ${chain} rule ${ruleNumber}: ${why}`)}`;
  }
  if (open.length > MOST_OPEN) yield `${style.dim("not decided")} and ${open.length - MOST_OPEN} more`;
  if (open.length > 0) yield "";
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
  const more = found ? ` ${style.dim(`(chainwalk rules ${rule})`)}` : "";
  const help = finding.help !== undefined ? finding.help : found ? oneLine(found.remedy) : null;
  if (found) yield `${margin}${style.cyan("=")} why: ${oneLine(found.why)}${help === null ? more : ""}`;
  if (help !== null) yield `${margin}${style.cyan("=")} help: ${safe(help)}${more}`;
  const instead = fix
    ? [...(fix.replacement === undefined ? [] : [lineWith(place, fix.replacement)]), ...(fix.commands ?? [])]
    : [];
  for (const each of instead) yield `${margin}${style.cyan("=")} ${fix?.safe ? "fix" : "try"}: ${safe(each)}`;
}

/** Lines longer than this are not shown again for a word of theirs. */
const MOST_SHOWN = 200;

/** The whole line as it is to be; of a long one only what changes. */
function lineWith({ source, start, end }: Place, replacement: string): string {
  const { bytes } = source;
  const first = start === 0 ? 0 : bytes.lastIndexOf("\n", start - 1) + 1;
  const next = bytes.indexOf("\n", start);
  const last = next < 0 ? bytes.length : next;
  if (last - first > MOST_SHOWN || end > last) return replacement;
  const after = source.text(end, last).replace(/\r$/, "");
  const before = source.text(first, start);
  return `${before}${replacement}${replacement === "" ? after.replace(/^[ \t]/, "") : after}`.trim();
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
