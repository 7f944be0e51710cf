/** Rules by their place, their text and their target in a chain that commands change. */
import type { Word } from "../syntax/index.ts";
import { bind } from "./bind.ts";
import { ruleBody } from "./print.ts";
import { ruleWith } from "./rule.ts";
import { builtinChains, type Rule } from "./ruleset.ts";
import { type OpenChain, type OpenTable, Refused } from "./tables.ts";
import { isTarget, nearTarget } from "./vocabulary.ts";

/** Rules are the same when they are printed alike; counters do not count. */
export function indexOf(chain: OpenChain, rule: Rule): number {
  const body = ruleBody(rule);
  const at = chain.rules.findIndex((each) => ruleBody(ruleWith(each, { saver: rule.saver })) === body);
  if (at < 0)
    throw new Refused(`chain ${chain.name} has no such rule: ${body}`, null, { help: nearestRule(chain, body) });
  return at;
}
/** The rule that has most words in common with one that is not there. */
function nearestRule(chain: OpenChain, body: string): string {
  const wanted = new Set(body.split(" "));
  const alike = chain.rules.map((rule, at) => {
    const text = ruleBody(rule);
    const words = text.split(" ");
    const common = words.filter((word) => wanted.has(word)).length;
    return { text, at, alike: (2 * common) / (words.length + wanted.size) };
  });
  const best = alike.reduce<(typeof alike)[number] | null>((a, b) => (a && a.alike >= b.alike ? a : b), null);
  if (!best || best.alike < 0.5) return `-S ${chain.name} shows its rules as they are to be written`;
  return `the nearest that it has is rule ${best.at + 1}: ${best.text}`;
}

/** The rule with its target's name changed. */
export function retargeted(rule: Rule, name: string): Rule {
  const at = bind(rule).target?.word.start;
  const words = () =>
    rule
      .words()
      .map((word) =>
        word.start === at ? { start: word.start, end: word.end, quoted: word.quoted, text: name } : word,
      );
  return ruleWith(rule, { words });
}

/** A target that is neither a user chain nor a known extension is refused by the tool. */
export function loadable({ family, name, chains }: OpenTable, rule: Rule): void {
  const { target } = bind(rule);
  if (!target) return;
  if (builtinChains(family, name).includes(target.name))
    throw new Refused(`${target.name} is built in: no rule leads there`, target.word, {
      help: "move its rules into a chain of their own (-N), and jump there from both",
    });
  if (chains.has(target.name) || (target.how === "jump" && isTarget(family, target.name))) return;
  const near = nearTarget(family, target.name, chains.keys());
  throw new Refused(
    `${target.name} is neither a chain of table ${name} nor a known target${near === undefined ? "" : `; did you mean ${near}?`}`,
    target.word,
    near === undefined ? { help: `make the chain first: -N ${target.name}` } : { replacement: near },
  );
}

export const counted = ({ rules: { length } }: OpenChain): string =>
  length === 0 ? "no rules" : `${length} rule${length === 1 ? "" : "s"}`;
export const numbers = ({ name }: OpenChain): string => `-L ${name} -n --line-numbers shows the numbers`;
/** The word to point at, where one rule only is meant. */
export const targetOf = (rules: readonly Rule[]): Word | null =>
  rules.length === 1 ? (bind(rules[0] as Rule).target?.word ?? null) : null;

export function inChain(chain: OpenChain, number: number, last: number, word: Word, help: string): void {
  if (number >= 1 && number <= last) return;
  const may = last === 0 ? "there is none to name" : `the number may be 1${last === 1 ? " only" : ` to ${last}`}`;
  throw new Refused(`chain ${chain.name} has ${counted(chain)}: ${may}`, word, { help });
}
