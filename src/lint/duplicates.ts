/** Rules that ask and do the same as an earlier one of their chain, where nothing between the two changes what they ask. */
import type { Field, Host } from "../facts/index.ts";
import { bind, type Chain, matchText, meaningOf, type Rule, targetText } from "../model/index.ts";
import { leaves } from "./reach.ts";

/** Targets after which nothing is left to do for a second copy. */
export const FINAL: ReadonlySet<string> = new Set([
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

/** By their numbers, the number of the first of the kind. */
export function duplicatesIn(
  chain: Chain,
  host: Host,
  look: (rule: Rule) => { readonly text: string; readonly target: string | null },
): ReadonlyMap<number, number> {
  const out = new Map<number, number>();
  const seen = new Map<string, number>();
  /** The last rule that may change what others ask for. */
  let changed = 0;
  for (const [index, rule] of chain.rules.entries()) {
    const number = index + 1;
    const { text, target } = look(rule);
    const first = seen.get(text);
    // between the two copies, something may have set what both of them ask for
    const again = first !== undefined && (changed <= first || asksLasting(rule, host));
    if (!again) seen.set(text, number);
    if (target !== null && !PASSIVE.has(target)) changed = number;
    if (again) out.set(number, first);
  }
  return out;
}

/** Equal for rules that ask and do the same: canonical options, `-m` in any order, comments aside. */
export function canonical(rule: Rule): string {
  const bound = bind(rule);
  if (bound.problems.length > 0) return rule.text;
  const own = bound.matches.filter(({ extension }) => extension?.implicit);
  const named = bound.matches.filter(({ extension, name }) => !extension?.implicit && name !== "comment");
  const texts = named.map((match) => matchText(match, rule)).sort();
  return [...own.map((match) => matchText(match, rule)), ...texts, targetText(rule)]
    .filter((text) => text !== "")
    .join(" ");
}

function asksLasting(rule: Rule, host: Host): boolean {
  for (const { leaf } of leaves(meaningOf(rule, host).condition)) {
    if (!("field" in leaf) || SETTABLE.has(leaf.field)) return false;
  }
  return true;
}
