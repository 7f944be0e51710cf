/** A lint rule is words and options (`rules/<name>.yaml`), run by a check (`checks/<check>.ts`). */
import type { Problem, Severity } from "../finding.ts";
import type { Analysis } from "./analysis.ts";

export interface Message {
  readonly severity: Severity;
  /** `{name}` stands for the problem's data. */
  readonly text: string;
}
export interface Expectation {
  readonly line: number;
  readonly message: string;
  readonly severity?: Severity;
}
export interface Example {
  readonly title: string;
  readonly dump: string;
  /** Empty: a good one. */
  readonly expect: readonly Expectation[];
}
export type Options = Readonly<Record<string, unknown>>;
export interface LintRule {
  readonly name: string;
  readonly title: string;
  readonly category: string;
  readonly presets: readonly string[];
  readonly check: string;
  readonly options: Options;
  /** Tables that must be in the dumps for the rule to say anything. */
  readonly needs: readonly string[];
  readonly messages: Readonly<Record<string, Message>>;
  readonly why: string;
  readonly remedy: string;
  readonly falsePositives: string | null;
  readonly sources: readonly string[];
  readonly examples: readonly Example[];
}

/** The lint rule that runs a check signs what it finds. */
export type Found = Omit<Problem, "rule">;
export type Check = (analysis: Analysis, options: Options) => Iterable<Found>;
