/** The rule's own part, read from its first words alone: of most rules of a long chain nothing else is ever asked. */
import { BadValue, type MatchExtension, type One } from "../extensions/index.ts";
import type { Condition, Host } from "../facts/index.ts";
import type { Rule } from "./ruleset.ts";
import { implicitMatches, optionSpelled, optionsBeginning } from "./vocabulary.ts";

/** What `-s -d -i -o -p -f` in front of all else ask; null where only binding the whole rule tells. */
export function ownCondition(rule: Rule, host: Host): Condition | null {
  const { family } = rule;
  const [own] = implicitMatches[family];
  if (!own || (family !== "ipv4" && family !== "ipv6")) return null;
  const words = rule.words();
  const given: Record<string, One<unknown>> = {};
  let at = 0;
  while (at < words.length) {
    const negated = words[at]?.text === "!";
    const flag = words[negated ? at + 1 : at]?.text ?? "";
    const option = optionSpelled(own, flag);
    const value = option === undefined ? undefined : own.options[option];
    if (option === undefined || !value) break;
    at += negated ? 2 : 1;
    const its = words.slice(at, at + value.arity);
    const isOdd = option in given || its.length < value.arity || its[0]?.text === "!";
    if (isOdd || (negated && (!value.negatable || words[at - 2]?.quoted))) return null;
    try {
      given[option] = { value: value.read(its, flag, family), negated, at };
    } catch (error) {
      if (error instanceof BadValue) return null;
      throw error;
    }
    at += value.arity;
  }
  for (; at < words.length; at++) if (mayBeOwn(own, words[at]?.text ?? "")) return null;
  return own.means(given as never, host, family, rule.saver.backend);
}

/** An option of the own part that stands further behind: short, begun, or with its word in one. */
function mayBeOwn(own: MatchExtension, text: string): boolean {
  if (text[0] !== "-" || text === "-m" || text === "-j" || text === "-g") return false;
  return text[1] !== "-" || optionsBeginning(own, text.split("=", 1)[0] as string).length > 0;
}
