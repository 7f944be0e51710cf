/** Options that are right one by one and wrong together or in their place, as the tools and the kernel refuse them. */
import type { Placement, Standing } from "../extensions/index.ts";
import type { Word } from "../syntax/index.ts";
import type { Open } from "./open.ts";
import { builtinChains, type Rule } from "./ruleset.ts";

export interface WordMistake {
  /** The lint rule's message: options that do not fit together, or a place where the kernel does not take them. */
  readonly message: "unbound" | "misplaced";
  /** null: nothing of the rule can be pointed at. */
  readonly word: Word | null;
  readonly expected: string;
  readonly found: string;
}

export function* mistakesOf(each: Open, opened: readonly Open[], rule: Rule): Generator<WordMistake, void> {
  const { extension, given, flags } = each;
  // what could not be read was said already; more about it would be noise
  if (!extension || each.carried.length > 0 || Object.keys(flags).some((option) => !(option in given))) return;
  const name = each.word;
  const isImplicit = "implicit" in extension && extension.implicit;
  if (isImplicit && Object.keys(given).length === 0) return;
  for (const group of extension.needs ?? []) {
    if (!group.some((option) => option in given))
      yield { message: "unbound", word: name, expected: `${list(group)} with ${each.name}`, found: "none" };
  }
  for (const group of extension.excludes ?? []) {
    const both = group.filter((option) => option in given);
    const last = both.at(-1);
    if (both.length > 1 && last)
      yield {
        message: "unbound",
        word: flags[last] ?? name,
        expected: `only one of ${list(group)}`,
        found: both.join(" and "),
      };
  }
  for (const [option, others] of Object.entries(extension.together ?? {})) {
    const missing = option in given ? others.filter((other) => !(other in given)) : [];
    if (missing.length > 0)
      yield {
        message: "unbound",
        word: flags[option] ?? name,
        expected: `${missing.join(", ")} beside ${option}`,
        found: `${option} alone`,
      };
  }
  const { table, chain, saver, family } = rule;
  const beside = (match: string) => opened.filter((other) => other.name === match).map((other) => other.given as never);
  const standing: Standing = { table, chain, saver, protocol: protocolOf(opened), beside };
  const wrong = extension.check?.(given as never, family, standing);
  if (wrong) {
    const word = (wrong.option !== undefined ? flags[wrong.option] : undefined) ?? name;
    yield { message: "unbound", word, expected: wrong.expected, found: word?.text ?? each.name };
  }
  if (extension.placement) yield* misplaced(each, extension.placement, opened, rule);
  for (const [option, placement] of Object.entries(extension.placed ?? {})) {
    const word = flags[option];
    if (word) yield* misplaced({ ...each, name: option, word }, placement, opened, rule);
  }
}

function protocolOf(opened: readonly Open[]): Standing["protocol"] {
  const asked = opened[0]?.given["-p"];
  return asked ? { name: (asked.value as { text: string }).text, negated: asked.negated, at: asked.at } : null;
}

/** net/netfilter/x_tables.c xt_check_match, xt_check_target: table, hooks, protocol. */
function* misplaced(
  each: Open,
  { tables, hooks, protocols }: Placement,
  opened: readonly Open[],
  { table, chain, family, saver }: Rule,
): Generator<WordMistake, void> {
  const word = each.word ?? Object.values(each.flags)[0] ?? null;
  if (tables && table !== "" && !tables.includes(table))
    yield {
      message: "misplaced",
      word,
      expected: `${each.name} in table ${list(tables)} only`,
      found: `it in ${table}`,
    };
  // only of built-in chains it is plain from where they are reached
  if (hooks && builtinChains(family, table).includes(chain) && !hooks.includes(chain))
    yield { message: "misplaced", word, expected: `${each.name} in ${list(hooks)} only`, found: `it in ${chain}` };
  if (!protocols) return;
  const asked = protocolOf(opened);
  // of what iptables-nft makes expressions of its own it asks the protocol itself, and does not mind a `!`
  const native = each.extension && "nativeInNft" in each.extension && each.extension.nativeInNft?.(each.given as never);
  if (asked && (!asked.negated || (native && saver.backend === "nft")) && protocols.includes(asked.name)) return;
  const found = asked ? `${asked.negated ? "! " : ""}-p ${asked.name}` : "none";
  yield { message: "misplaced", word, expected: `-p ${list(protocols)} for ${each.name}`, found };
}

const list = (names: readonly string[]): string =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
