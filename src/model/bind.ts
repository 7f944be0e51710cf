/** Words → matches and a target with typed values. Nothing is dropped: what nobody knows is carried word for word. */
import {
  BadValue,
  type Given,
  type MatchExtension,
  matches,
  type OptionTable,
  type TargetExtension,
  targets,
  type Value,
} from "../extensions/index.ts";
import type { Family } from "../facts/index.ts";
import type { Problem } from "../finding.ts";
import type { Word } from "../syntax/index.ts";
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
  readonly problems: readonly Problem[];
}

const memo = new WeakMap<Rule, BoundRule>();

export function bind(rule: Rule): BoundRule {
  let bound = memo.get(rule);
  if (!bound) {
    bound = new Binder(rule).bind();
    memo.set(rule, bound);
  }
  return bound;
}

const knownMatches = index(matches);
const knownTargets = index(targets);
function index<E extends { readonly name: string; readonly families: readonly Family[] }>(list: readonly E[]) {
  const map = new Map<string, E>();
  for (const each of list) for (const family of each.families) map.set(`${family} ${each.name}`, each);
  return map;
}
const implicit = (family: Family) => matches.filter((each) => each.implicit && each.families.includes(family));
const IMPLICIT: Readonly<Record<Family, readonly MatchExtension[]>> = {
  ipv4: implicit("ipv4"),
  ipv6: implicit("ipv6"),
  bridge: implicit("bridge"),
};

/** Whether a target of this name is known without a chain of that name. */
export const isTarget = (family: Family, name: string): boolean => knownTargets.has(`${family} ${name}`);

interface Open {
  readonly name: string;
  readonly extension: MatchExtension | TargetExtension | null;
  readonly given: Record<string, { value: unknown; negated: boolean }>;
  readonly carried: Word[];
}

class Binder {
  readonly #rule: Rule;
  readonly #words: readonly Word[];
  readonly #problems: Problem[] = [];
  /** The ip part first (ebtables: every match), then `-m` in input order. */
  readonly #matches: Open[];
  #target: (Open & { how: "jump" | "goto"; word: Word }) | null = null;
  #last: Open | null = null;
  #at = 0;

  constructor(rule: Rule) {
    this.#rule = rule;
    this.#words = rule.words();
    this.#matches = IMPLICIT[rule.family].map((extension) => open(extension.name, extension));
  }

  bind(): BoundRule {
    while (this.#at < this.#words.length) this.#option();
    for (const each of [...this.#matches, ...(this.#target ? [this.#target] : [])]) this.#checkTogether(each);
    return {
      matches: this.#matches.filter(hasContent) as unknown as readonly BoundMatch[],
      target: this.#target as unknown as BoundTarget | null,
      problems: this.#problems,
    };
  }

  #option(): void {
    const bang = this.#words[this.#at] as Word;
    const negated = bang.text === "!" && !bang.quoted;
    const word = negated ? this.#words[this.#at + 1] : bang;
    if (!word) {
      this.#at++;
      this.#problem(bang, "an option after !", "the end of the rule");
      return;
    }
    this.#at += negated ? 2 : 1;
    const flag = word.text;
    if (!negated && (flag === "-j" || flag === "--jump" || flag === "-g" || flag === "--goto")) return this.#jump(word);
    if (!negated && this.#rule.family !== "bridge" && (flag === "-m" || flag === "--match")) return this.#match(word);
    if (this.#rule.family === "bridge" && flag === "-c") {
      this.#at += 2;
      return;
    }
    const owner = this.#owner(flag);
    if (owner) return this.#value(owner, word, negated);
    this.#carry(negated ? [bang, word] : [word], word);
  }

  #match(flag: Word): void {
    const name = this.#words[this.#at++];
    if (!name) return this.#problem(flag, "the name of a match", "the end of the rule");
    const extension = knownMatches.get(`${this.#rule.family} ${name.text}`) ?? null;
    const known = extension?.implicit ? null : extension;
    this.#last = open(name.text, known);
    this.#matches.push(this.#last);
  }

  #jump(flag: Word): void {
    const name = this.#words[this.#at++];
    if (!name) return this.#problem(flag, "a target or chain", "the end of the rule");
    if (this.#target) return this.#problem(flag, "one target only", `a second one, ${name.text}`);
    const how = flag.text.startsWith("-g") || flag.text === "--goto" ? "goto" : "jump";
    const extension = how === "goto" ? null : (knownTargets.get(`${this.#rule.family} ${name.text}`) ?? null);
    this.#target = { ...open(name.text, extension), how, word: name };
    this.#last = this.#target;
  }

  /** The latest extension that has the option; `-p tcp --dport` loads tcp by itself, as iptables does. */
  #owner(flag: string): { to: Open; option: string } | null {
    const candidates = [...(this.#target ? [this.#target] : []), ...this.#matches.slice().reverse()];
    for (const to of candidates) {
      const option = to.extension && optionOf(to.extension.options, flag);
      if (option) return { to, option };
    }
    const protocol = this.#matches[0]?.given["-p"];
    const name = protocol && !protocol.negated ? (protocol.value as { text: string }).text : "";
    const extension = matches.find(
      (each) =>
        !each.implicit && each.families.includes(this.#rule.family) && (each.protocols ?? [each.name]).includes(name),
    );
    const option = extension && optionOf(extension.options, flag);
    if (!extension || !option) return null;
    const to = open(extension.name, extension);
    this.#matches.push(to);
    return { to, option };
  }

  #value({ to, option }: { to: Open; option: string }, flag: Word, before: boolean): void {
    const value = to.extension?.options[option];
    if (!value) return;
    let negated = before;
    if (this.#rule.family === "bridge" && this.#words[this.#at]?.text === "!") {
      negated = true;
      this.#at++;
    }
    this.#last = to;
    if (negated && !value.negatable) this.#problem(flag, `${option} without !`, "!");
    if (to.given[option]) this.#problem(flag, `${option} once`, "it twice");
    if (value.shorthands && flag.text in value.shorthands) {
      to.given[option] = { value: value.shorthands[flag.text], negated };
      return;
    }
    const words = this.#words.slice(this.#at, this.#at + value.arity);
    this.#at += words.length;
    if (words.length < value.arity)
      return this.#problem(
        flag,
        `${value.arity} word${value.arity > 1 ? "s" : ""} after ${option}`,
        "the end of the rule",
      );
    try {
      to.given[option] = { value: value.read(words, flag.text), negated };
    } catch (error) {
      if (!(error instanceof BadValue)) throw error;
      this.#problem(error.word, error.message, error.word.text);
      to.carried.push(...(negated ? [{ ...flag, text: "!" }] : []), flag, ...words);
    }
  }

  /** An option of an unknown extension takes its words with it; of a known one it is a mistake. */
  #carry(words: readonly Word[], flag: Word): void {
    const to = this.#last;
    const foreign = to && !to.extension;
    if (!foreign) this.#problem(flag, this.#expected(to), flag.text);
    const target = to ?? this.#matches[0];
    target?.carried.push(...words);
    while (
      this.#at < this.#words.length &&
      !this.#words[this.#at]?.text.startsWith("-") &&
      this.#words[this.#at]?.text !== "!"
    ) {
      target?.carried.push(this.#words[this.#at++] as Word);
    }
  }

  #expected(to: Open | null): string {
    const options = to?.extension ? Object.keys(to.extension.options) : [];
    return options.length > 0 ? `an option of ${to?.name}: ${options.join(", ")}` : "an option";
  }

  #checkTogether(each: Open): void {
    const extension = each.extension;
    const wrong = extension?.check && each.carried.length === 0 ? extension.check(each.given as never) : null;
    const first = this.#words[0];
    if (wrong && first) this.#problem(first, wrong, `-m ${each.name} without it`);
  }

  #problem(word: Word, expected: string, found: string): void {
    this.#problems.push({
      rule: "syntax-error",
      message: "unbound",
      data: { expected, found: shorten(found) },
      place: { source: this.#rule.place.source, start: word.start, end: word.end },
      family: this.#rule.family,
      chain: this.#rule.chain,
    });
  }
}

/** Enough of a word to know it by. */
const shorten = (text: string): string =>
  text.length > 60 ? `${text.slice(0, 60)}… (${text.length} characters)` : text;
const open = (name: string, extension: Open["extension"]): Open => ({ name, extension, given: {}, carried: [] });
function hasContent({ extension, given, carried }: Open): boolean {
  const isImplicit = extension && "implicit" in extension && extension.implicit;
  return !isImplicit || Object.keys(given).length > 0 || carried.length > 0;
}
function optionOf(options: OptionTable, flag: string): string | undefined {
  if (flag in options) return flag;
  return Object.keys(options).find((option) => {
    const value = options[option];
    return value?.aliases?.includes(flag) || (value?.shorthands && flag in value.shorthands);
  });
}
