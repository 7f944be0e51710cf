/** Options that are right one by one and wrong together or in their place, as the tools and the kernel refuse them. */
import type { Placement, Standing } from "../extensions/index.ts";
import type { Advice } from "../finding.ts";
import type { Word } from "../syntax/index.ts";
import { suchAs } from "./advice.ts";
import type { Open } from "./open.ts";
import { builtinChains, type Rule } from "./ruleset.ts";

export interface WordMistake {
  /** The lint rule's message: options that do not fit together, or a place where the kernel does not take them. */
  readonly message: "unbound" | "misplaced";
  /** null: nothing of the rule can be pointed at. */
  readonly word: Word | null;
  readonly expected: string;
  readonly found: string;
  readonly advice: Advice;
}

export function* mistakesOf(each: Open, opened: readonly Open[], rule: Rule): Generator<WordMistake, void> {
  const { extension, given, flags } = each;
  // what could not be read was said already; more about it would be noise
  if (!extension || each.carried.length > 0 || Object.keys(flags).some((option) => !(option in given))) return;
  const name = each.word;
  const { table, chain, saver, family } = rule;
  const isImplicit = "implicit" in extension && extension.implicit;
  if (isImplicit && Object.keys(given).length === 0) return;
  for (const group of extension.needs ?? []) {
    if (group.some((option) => option in given)) continue;
    const [option = ""] = group;
    const value = extension.options[option];
    const advice = value ? { help: suchAs({ value, option, flag: option, family }) } : {};
    yield { message: "unbound", word: name, expected: `${list(group)} with ${each.name}`, found: "none", advice };
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
        advice: { help: `leave one out, or make a rule for each` },
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
        advice: { help: `add ${missing.join(", ")}, or leave ${option} out` },
      };
  }
  const beside = (match: string) => opened.filter((other) => other.name === match).map((other) => other.given as never);
  const standing: Standing = { table, chain, saver, protocol: protocolOf(opened), beside };
  const wrong = extension.check?.(given as never, family, standing);
  if (wrong) {
    const word = (wrong.option !== undefined ? flags[wrong.option] : undefined) ?? name;
    const found = wrong.found ?? word?.text ?? each.name;
    yield { message: "unbound", word, expected: wrong.expected, found, advice: wrong.help ? { help: wrong.help } : {} };
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
  placement: Placement,
  opened: readonly Open[],
  rule: Rule,
): Generator<WordMistake, void> {
  const word = each.word ?? Object.values(each.flags)[0] ?? null;
  const elsewhere = placeMistake(each, placement, rule);
  if (elsewhere) yield { message: "misplaced", word, ...elsewhere };
  const { protocols } = placement;
  if (!protocols) return;
  const asked = protocolOf(opened);
  // of what iptables-nft makes expressions of its own it asks the protocol itself, and does not mind a `!`
  const native = each.extension && "nativeInNft" in each.extension && each.extension.nativeInNft?.(each.given as never);
  const isAsked = asked && protocols.includes(asked.name);
  if (isAsked && (!asked.negated || (native && rule.saver.backend === "nft"))) return;
  // matches that need no -m are known by their options
  const name = each.word ? each.name : (word?.text ?? each.name);
  const expected = `-p ${list(protocols)} for ${name}`;
  if (asked) {
    const found = `${asked.negated ? "! " : ""}-p ${asked.name}`;
    yield { message: "misplaced", word, expected, found, advice: otherProtocol(name, protocols, found) };
    return;
  }
  const advice = each.word
    ? { help: `write -p ${protocols[0]} before -m ${name}` }
    : { replacement: `-p ${protocols[0]} ${name}` };
  yield { message: "misplaced", word, expected, found: "no -p", advice };
}

function otherProtocol(name: string, protocols: readonly string[], found: string): Advice {
  const twin = found === "-p IPv6" ? name.replace(/^--ip-/, "--ip6-") : name.replace(/^--ip6-/, "--ip-");
  const isKnown = /^-p IPv[46]$/.test(found) && twin !== name;
  return isKnown
    ? { replacement: twin }
    : { help: `ask for -p ${protocols[0]} instead of ${found}, or leave ${name} out` };
}

/** Tables and hooks in one sentence. */
function placeMistake({ name }: Open, { tables, hooks }: Placement, { table, chain, family }: Rule) {
  const wrongTable = tables !== undefined && table !== "" && !tables.includes(table);
  // only of built-in chains it is plain from where they are reached
  const wrongHook = hooks !== undefined && builtinChains(family, table).includes(chain) && !hooks.includes(chain);
  if (wrongTable) {
    const where = hooks ? `${tables[0]} ${list(hooks)}` : `table ${tables[0]}`;
    const help = `it belongs in ${where}: move the rule to the section *${tables[0]}`;
    return { expected: `${name} in table ${list(tables)} only`, found: `it in ${table}`, advice: { help } };
  }
  if (!wrongHook) return null;
  return {
    expected: `${name} in ${list(hooks)} only`,
    found: `it in ${chain}`,
    advice: hookAdvice(name, hooks, chain),
  };
}

const INCOMING = /^(?:-i|--logical-in|--physdev-in)$/;
const OUTGOING = /^(?:-o|--logical-out|--physdev-out)$/;
function hookAdvice(name: string, hooks: readonly string[], chain: string): Advice {
  if (OUTGOING.test(name))
    return {
      help: `in ${chain} nothing leaves yet: ask where it came in (${name.replace("out", "in").replace("-o", "-i")}), or move the rule to ${list(hooks)}`,
    };
  if (INCOMING.test(name))
    return {
      help: `in ${chain} nothing has come in: ask where it leaves (${name.replace("-in", "-out").replace("-i", "-o")}), or move the rule to ${list(hooks)}`,
    };
  return { help: `move the rule to ${list(hooks)}` };
}

const list = (names: readonly string[]): string =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
