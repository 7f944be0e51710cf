/** Words → matches and a target with typed values, as getopt reads them. Nothing is dropped: what nobody knows is carried. */
import type { Given, MatchExtension, TargetExtension, Value } from "../extensions/index.ts";
import type { Problem } from "../finding.ts";
import type { Word } from "../syntax/index.ts";
import { mistakesOf } from "./mistakes.ts";
import type { Open } from "./open.ts";
import { OptionReader } from "./options.ts";
import type { Rule } from "./ruleset.ts";

// biome-ignore lint/suspicious/noExplicitAny: values of any extension
export type AnyGiven = Given<Readonly<Record<string, Value<any>>>>;

export interface BoundMatch {
  readonly name: string;
  /** null: an extension that nobody here knows. */
  readonly extension: MatchExtension | null;
  readonly given: AnyGiven;
  /** Words that could not be bound, as they stand. */
  readonly carried: readonly Word[];
}
export interface BoundTarget {
  readonly how: "jump" | "goto";
  readonly name: string;
  readonly word: Word;
  /** null: a chain, or a target that nobody here knows. */
  readonly extension: TargetExtension | null;
  readonly given: AnyGiven;
  readonly carried: readonly Word[];
}
export interface BoundRule {
  readonly matches: readonly BoundMatch[];
  readonly target: BoundTarget | null;
  /** Packets and bytes of `-c`. */
  readonly counters: readonly [Word, Word] | null;
  readonly problems: readonly Problem[];
}

/** Rules are bound again rather than kept: only the latest are remembered, however large the dump. */
const REMEMBERED = 4096;
const memo = new Map<Rule, BoundRule>();

export function bind(rule: Rule): BoundRule {
  let bound = memo.get(rule);
  if (!bound) {
    if (memo.size >= REMEMBERED) memo.clear();
    bound = bindAnew(rule);
    memo.set(rule, bound);
  }
  return bound;
}

function bindAnew(rule: Rule): BoundRule {
  const reader = new OptionReader(rule);
  reader.read();
  const { loaded, complaints, counters } = reader;
  const { all } = loaded;
  for (const each of all) {
    for (const { word, expected, found, message, advice } of complaints.isTold(each) ? [] : mistakesOf(each, all, rule))
      complaints.say(word ?? reader.first, expected, found, advice, message);
    // what could not be read was not left out
    const isRead = each.carried.length === 0 && Object.keys(each.flags).every((option) => option in each.given);
    const complete = isRead && each.extension?.complete?.(each.given as never, rule.family);
    if (complete) Object.assign(each.given, complete);
  }
  return {
    matches: inPrintedOrder(loaded.matches.filter(hasContent), rule) as unknown as readonly BoundMatch[],
    target: loaded.target as unknown as BoundTarget | null,
    counters,
    problems: complaints.problems,
  };
}

function hasContent({ extension, given, carried }: Open): boolean {
  const isImplicit = extension && "implicit" in extension && extension.implicit;
  return !isImplicit || Object.keys(given).length > 0 || carried.length > 0;
}
/** The rule's own part, then matches as they were first named; ebtables' own tool prints its watchers last. */
function inPrintedOrder(matches: readonly Open[], { saver }: Rule): readonly Open[] {
  const rank = ({ extension }: Open) => {
    if (extension && "implicit" in extension && extension.implicit === "own") return 0;
    return saver.release <= 10000 && extension && "logs" in extension ? 2 : 1;
  };
  const first = ({ word, flags }: Open) => word?.start ?? Math.min(...Object.values(flags).map(({ start }) => start));
  return [...matches].sort((a, b) => rank(a) - rank(b) || first(a) - first(b));
}
