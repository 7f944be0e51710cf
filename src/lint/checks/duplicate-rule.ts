import type { Field } from "../../facts/index.ts";
import {
  bind,
  type Chain,
  matchText,
  meaningOf,
  type Rule,
  ruleBody,
  type Table,
  targetText,
  toolOf,
} from "../../model/index.ts";
import type { Analysis } from "../analysis.ts";
import { ruleAt } from "../analysis.ts";
import type { Check, Found } from "../define.ts";
import { leaves } from "../reach.ts";

/** Matches that remember or draw lots: a second copy counts, or draws, again. */
const STATEFUL = new Set([
  "connlimit",
  "hashlimit",
  "limit",
  "nth",
  "quota",
  "random",
  "rateest",
  "recent",
  "statistic",
]);
/** Targets after which nothing is left to do for a second copy. */
const FINAL = new Set([
  "ACCEPT",
  "DROP",
  "RETURN",
  "REJECT",
  "DNAT",
  "SNAT",
  "MASQUERADE",
  "REDIRECT",
  "NETMAP",
  "NOTRACK",
]);
/** Targets that leave the packet as it is. */
const PASSIVE = new Set([...FINAL, "LOG", "NFLOG", "ULOG", "TRACE", "AUDIT", "CONTINUE"]);
/** What a target can set; the rest of a packet stays as it is from rule to rule. */
const SETTABLE = new Set<Field>(["mark", "tos", "ttl"]);

export const check: Check = function* (analysis) {
  for (const table of analysis.tables) {
    for (const chain of table.chains.values()) {
      if (chain.rules.length > 1) yield* duplicates(analysis, table, chain);
    }
  }
};

function* duplicates(analysis: Analysis, table: Table, chain: Chain): Generator<Found, void> {
  const seen = new Map<string, number>();
  /** The last rule that may change what others ask for. */
  let changed = 0;
  for (const [index, rule] of chain.rules.entries()) {
    const number = index + 1;
    const key = canonical(rule);
    const first = seen.get(key);
    // between the two copies, something may have set what both of them ask for
    const again = first !== undefined && (changed <= first || asksLasting(rule, analysis));
    if (!again) seen.set(key, number);
    if (mayChange(rule)) changed = number;
    if (first === undefined || !again) continue;
    const isFinal = actsOnce(rule, table);
    const message = bind(rule).matches.some(({ name }) => STATEFUL.has(name))
      ? "stateful"
      : isFinal
        ? "duplicate"
        : "repeated";
    const commands = [`${toolOf(table.family)} -t ${table.name} -D ${chain.name} ${number}`];
    yield {
      ...ruleAt(table, chain, number),
      message,
      data: { number, first, rule: ruleBody(rule), target: bind(rule).target?.name ?? "" },
      related: [{ place: (chain.rules[first - 1] ?? rule).place, message: `rule ${first}, the first of the two` }],
      confidence: "proven",
      ...(message === "duplicate" ? { fix: { safe: true, commands } } : {}),
    };
  }
}

/** Equal for rules that ask and do the same: canonical options, `-m` in any order, comments aside. */
function canonical(rule: Rule): string {
  const bound = bind(rule);
  if (bound.problems.length > 0) return rule.text;
  const own = bound.matches.filter(({ extension }) => extension?.implicit);
  const named = bound.matches.filter(({ extension, name }) => !extension?.implicit && name !== "comment");
  const texts = named.map((match) => matchText(match, rule)).sort();
  return [...own.map((match) => matchText(match, rule)), ...texts, targetText(rule)]
    .filter((text) => text !== "")
    .join(" ");
}

function asksLasting(rule: Rule, { host }: Analysis): boolean {
  for (const { leaf } of leaves(meaningOf(rule, host).condition)) {
    if (!("field" in leaf) || SETTABLE.has(leaf.field)) return false;
  }
  return true;
}

function mayChange(rule: Rule): boolean {
  const { target } = bind(rule);
  return target !== null && !PASSIVE.has(target.name);
}
function actsOnce(rule: Rule, table: Table): boolean {
  const { target } = bind(rule);
  return !target || FINAL.has(target.name) || table.chains.has(target.name);
}
