/** What a rule asks and does on this host: conditions and effects as data. */
import type { Effect } from "../extensions/index.ts";
import { all, any, type Condition, type Host } from "../facts/index.ts";
import { type BoundMatch, type BoundTarget, bind } from "./bind.ts";
import { isUnconditional, matchText } from "./print.ts";
import type { Rule } from "./ruleset.ts";

export interface Meaning {
  readonly condition: Condition;
  /** Where the rule sends the packet; a jump may name what is neither chain nor known target. */
  readonly action: Action;
  /** Printed as policy or return, not as rule, when its target is a standard one (semantics 1.2). */
  readonly bare: boolean;
  /** Bridge rules: the prefix that a log watcher prints; null: no line. */
  readonly logs: string | null;
  /** A match of it may drop a packet that is neither cut off nor a fragment (`dropsOf`). */
  readonly dropsWhole: boolean;
}
export type Action =
  | { readonly kind: "effects"; readonly name: string; readonly effects: readonly Effect[] }
  | { readonly kind: "jump" | "goto"; readonly chain: string }
  | { readonly kind: "none" };

const memo = new WeakMap<Host, WeakMap<Rule, Meaning>>();

export function meaningOf(rule: Rule, host: Host): Meaning {
  let ofHost = memo.get(host);
  if (!ofHost) memo.set(host, (ofHost = new WeakMap()));
  let meaning = ofHost.get(rule);
  if (!meaning) ofHost.set(rule, (meaning = meaningAnew(rule, host)));
  return meaning;
}

/** For those who ask of every rule, and once. */
export function meaningAnew(rule: Rule, host: Host): Meaning {
  const bound = bind(rule);
  const prefixes = bound.matches.map(({ extension, given }) => extension?.logs?.(given as never) ?? null);
  return {
    condition: all(...bound.matches.map((match) => conditionOf(match, rule, host))),
    action: actionOf(bound.target, host),
    bare: isUnconditional(bound) && (bound.target?.extension?.standard ?? false),
    logs: prefixes.find((prefix) => prefix !== null) ?? null,
    dropsWhole: bound.matches.some(({ extension }) => extension?.dropsWhole),
  };
}

/** What one match of the rule asks. */
export function conditionOf(match: BoundMatch, rule: Rule, host: Host): Condition {
  const known = match.extension?.means(match.given as never, host, rule.family, rule.saver.backend);
  if (known && match.carried.length === 0) return known;
  const key = matchText(match, rule);
  // whether it always answers alike is not known either: it must not settle a later rule
  const unknown: Condition = { is: "chance", key, why: `${key} is not modelled` };
  return known ? all(known, unknown) : unknown;
}

/**
 * When a match of the rule drops the packet itself: one is asked when those before it matched. What iptables-nft turns into
 * expressions of its own drops nothing. Few rules need ask of packets that are neither cut off nor fragments.
 */
export function dropsOf(rule: Rule, host: Host): Condition {
  const { matches } = bind(rule);
  const drops = matches.flatMap(({ extension, given }, at) => {
    const isNative =
      rule.saver.backend === "nft" && (extension?.implicit === "own" || extension?.nativeInNft?.(given as never));
    const own = isNative ? undefined : extension?.dropsIf?.(given as never, rule.family);
    return own ? [all(own, ...matches.slice(0, at).map((match) => conditionOf(match, rule, host)))] : [];
  });
  return any(...drops);
}

function actionOf(target: BoundTarget | null, host: Host): Action {
  if (!target) return { kind: "none" };
  if (target.extension)
    return { kind: "effects", name: target.name, effects: target.extension.does(target.given as never, host) };
  return { kind: target.how, chain: target.name };
}
