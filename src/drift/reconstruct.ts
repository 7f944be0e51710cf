/**
 * Which rules of a rule-set a line may mean: TRACE prints numbers, the monitors of iptables-nft handles, which no dump
 * has, and mostly the rule's text (semantics 2).
 */
import type { Effect } from "../extensions/index.ts";
import { Host } from "../facts/index.ts";
import { bind, meaningOf, type Rule, ruleBody, ruleOfText, type Table } from "../model/index.ts";
import type { Step } from "../path/index.ts";
import type { NftLine } from "../trace/index.ts";

/** Whether this may be the step that the monitor's line tells of. */
export function isStepOf(
  step: Step,
  line: NftLine,
  { table, chain, kind }: Pick<Step, "table" | "chain" | "kind">,
): boolean {
  if (step.table !== table || step.chain !== chain) return false;
  if (kind === "policy") return step.kind === "policy" && step.rule === null && step.action === line.verdict;
  return step.rule !== null && kind === "rule" && isRuleOf(step.rule, line);
}

/** Rules of one text are not told apart: the walk takes the one that it comes to. */
export function isRuleOf(rule: Rule, line: NftLine): boolean {
  const told = line.words === "iptables" ? textOf(rule, line.rule) : null;
  return told === null ? verdictsOf(rule).includes(line.verdict) : told === printed(rule);
}

const printedTexts = new WeakMap<Rule, string>();
function printed(rule: Rule): string {
  const there = printedTexts.get(rule);
  if (there !== undefined) return there;
  const text = ruleBody(rule);
  printedTexts.set(rule, text);
  return text;
}

/** As this rule-set's dump would have it; null: nothing was printed, or what was cannot be read. */
function textOf({ family, chain, saver }: Rule, body: string): string | null {
  if (!body.startsWith("-A ")) return null;
  try {
    return ruleBody(ruleOfText(family, chain, body.slice(`-A ${chain} `.length), saver));
  } catch {
    return null;
  }
}

/** The rule that a line tells of: by its text, or, where that cannot be read, by nothing but its verdict. */
export function ruleOfLine({ rule, verdict, words }: NftLine, { family, backend }: Table, chain: string): Rule[] {
  const body = words === "iptables" && rule.startsWith("-A ") ? rule.slice(`-A ${chain} `.length) : null;
  const [word = "", to] = verdict.split(" ");
  const target = to === undefined ? word : to;
  const jump = word === "CONTINUE" ? "" : `-${word === "GOTO" ? "g" : "j"} ${target === "QUEUE" ? "NFQUEUE" : target}`;
  const guess = family === "bridge" ? jump : `-m "(unknown)" ${jump}`;
  try {
    return [ruleOfText(family, chain, body ?? guess, { backend, release: NEWEST })];
  } catch {
    return [];
  }
}
const NEWEST = 10811;

/** net/netfilter/nft_compat.c: verdicts of xt targets become nft's; what goes on is `CONTINUE`. */
function verdictsOf(rule: Rule): readonly string[] {
  const { target } = bind(rule);
  if (target && !target.extension) return [`${target.how === "goto" ? "GOTO" : "JUMP"} ${target.name}`];
  const { action } = meaningOf(rule, ANY_HOST);
  return action.kind === "effects" ? endsOf(action.effects) : ["CONTINUE"];
}
const ANY_HOST = new Host({});

/** How effects may end: those after one that lets go for sure do not run. */
function endsOf(effects: readonly Effect[]): string[] {
  const ends: string[] = [];
  for (const effect of effects) {
    const own = endOf(effect);
    ends.push(...own.filter((end) => end !== "CONTINUE"));
    if (!own.includes("CONTINUE")) return ends;
  }
  return [...ends, "CONTINUE"];
}

function endOf(effect: Effect): string[] {
  switch (effect.does) {
    case "verdict":
      return [effect.verdict];
    case "reject":
      return ["DROP"];
    case "return":
      return ["RETURN"];
    // NAT ends its table (net/netfilter/xt_nat.c)
    case "translate":
      return ["ACCEPT"];
    case "if":
      return [...endsOf(effect.yes), ...endsOf(effect.no)];
    default:
      return ["CONTINUE"];
  }
}
