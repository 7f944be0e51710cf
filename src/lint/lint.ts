/** Dumps to findings: every lint rule's check, then severity and words, in an order that does not depend on the run. */
import type { Host } from "../facts/index.ts";
import type { Finding, Problem } from "../finding.ts";
import { type LoadedDump, type Rule, type Ruleset, ruleText, ruleWith } from "../model/index.ts";
import { Analysis, ruleAt, type Where } from "./analysis.ts";
import { checkOf, rulesOf } from "./catalogue.ts";
import type { LintRule } from "./define.ts";

export interface LintOptions {
  /** `recommended` when left out. */
  readonly preset?: string;
}
export interface LintFinding extends Finding {
  /** The same for the same mistake, wherever in the file it has moved to. */
  readonly fingerprint: string;
}
/** A rule about which a lint rule could not tell, and why. */
export interface NotDecided extends Where {
  readonly why: string;
}
export interface LintResult {
  readonly findings: readonly LintFinding[];
  readonly notDecided: readonly NotDecided[];
  readonly summary: { readonly files: number; readonly rules: number };
  /** How many lint rules have looked. */
  readonly lintRules: number;
}

/** What is loaded on one host, and the dumps and changes that it comes from. */
export interface Linted {
  readonly host: Host;
  readonly dumps: readonly LoadedDump[];
  readonly ruleset: Ruleset;
}

export function lint({ dumps, host, ruleset }: Linted, { preset = "recommended" }: LintOptions = {}): LintResult {
  const chosen = rulesOf(preset);
  if (!chosen) throw new RangeError(`there is no preset ${preset}`);
  const analysis = new Analysis(dumps, host, ruleset);
  const findings = chosen.flatMap((rule) =>
    [...checkOf(rule)(analysis, rule.options)].map((problem) => inWords(rule, { ...problem, rule: rule.name })),
  );
  const unique = withoutRepeats(findings.sort(inOrder));
  return {
    findings: fingerprinted(unique, analysis),
    notDecided: [...analysis.notDecided()].map(({ table, chain, number, why }) => ({
      ...ruleAt(table, chain, number),
      why,
    })),
    summary: { files: dumps.length, rules: countRules(analysis) },
    lintRules: chosen.length,
  };
}

function inWords(rule: LintRule, problem: Problem): Finding {
  const message = rule.messages[problem.message];
  if (!message) throw new Error(`lint rule ${rule.name} has no message ${problem.message}`);
  const text = message.text.replace(/\{(\w+)\}/g, (whole, name: string) => String(problem.data[name] ?? whole));
  return { ...problem, severity: message.severity, confidence: problem.confidence ?? "proven", text };
}

const compare = (a: string | number, b: string | number): number => (a < b ? -1 : a > b ? 1 : 0);
// within one file, offsets are lines and columns
const inOrder = (a: Finding, b: Finding): number =>
  compare(a.place.source.name, b.place.source.name) ||
  a.place.start - b.place.start ||
  compare(a.rule, b.rule) ||
  compare(a.text, b.text);

const withoutRepeats = (sorted: readonly Finding[]): Finding[] =>
  sorted.filter((finding, i) => {
    const before = sorted[i - 1];
    return !before || inOrder(before, finding) !== 0 || before.place.end !== finding.place.end;
  });

function countRules({ tables }: Analysis): number {
  return tables.reduce(
    (sum, { chains }) => [...chains.values()].reduce((all, { rules }) => all + rules.length, sum),
    0,
  );
}

function fingerprinted(findings: readonly Finding[], analysis: Analysis): LintFinding[] {
  const rules = new Map<string, Rule>();
  if (findings.length > 0) {
    for (const { rules: made, dump } of analysis.dumps)
      for (const rule of made) rules.set(`${dump.source.name} ${dump.source.lineAt(rule.place.start)}`, rule);
  }
  const times = new Map<string, number>();
  const texts = new Map<string, string>();
  return findings.map((finding) => {
    const { source, start } = finding.place;
    const line = `${source.name} ${source.lineAt(start)}`;
    const rule = finding.ruleNumber === undefined ? undefined : rules.get(line);
    // one rule may have many findings: its text is made once
    const place = `${rule ? "rule" : "line"} ${line}`;
    const text =
      texts.get(place) ??
      (rule ? ruleText(ruleWith(rule, { counters: null })) : source.line(source.lineAt(start)).trim());
    texts.set(place, text);
    const key = [finding.rule, finding.family, finding.table, finding.chain, text].join("\0");
    const time = (times.get(key) ?? 0) + 1;
    times.set(key, time);
    return { ...finding, fingerprint: fnv1a(time === 1 ? key : `${key}\0${time}`) };
  });
}

/** FNV-1a, 64 bits, over UTF-16 units; the prime is 2^40 + 435. */
function fnv1a(text: string): string {
  let [high, low] = [0xcbf29ce4, 0x84222325];
  for (let i = 0; i < text.length; i++) {
    low = (low ^ text.charCodeAt(i)) >>> 0;
    const product = low * 435;
    high = (high * 435 + Math.floor(product / 2 ** 32) + ((low << 8) >>> 0)) % 2 ** 32;
    low = product % 2 ** 32;
  }
  return [high, low].map((half) => half.toString(16).padStart(8, "0")).join("");
}
