/** Words → matches and a target with typed values, as getopt reads them. Nothing is dropped: what nobody knows is carried. */
import { BadValue, type Given, type MatchExtension, type TargetExtension, type Value } from "../extensions/index.ts";
import type { Problem } from "../finding.ts";
import type { Word } from "../syntax/index.ts";
import { mistakesOf } from "./mistakes.ts";
import { type Open, open } from "./open.ts";
import type { Rule } from "./ruleset.ts";
import {
  implicitMatches,
  matchElsewhere,
  matchNamed,
  nearMatch,
  nearOption,
  optionSpelled,
  optionsBeginning,
  protocolMatch,
  targetNamed,
  toolOf,
} from "./vocabulary.ts";

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
    bound = new Binder(rule).bind();
    memo.set(rule, bound);
  }
  return bound;
}

type How = "jump" | "goto";
const JUMPS: Readonly<Record<string, How>> = { "-j": "jump", "--jump": "jump", "-g": "goto", "--goto": "goto" };
const MATCHES = new Set(["-m", "--match"]);
/** Long options that belong to no extension: an abbreviation may not stand for one of these and another as well. */
const BASE = [
  "--jump",
  "--goto",
  "--match",
  "--set-counters",
  "--table",
  "--verbose",
  "--wait",
  "--numeric",
  "--exact",
];
/** About the command's output, not about the rule. */
const QUIET = /^(?:-[vnx]|--verbose|--numeric|--exact|--line-numbers)$/;
const COUNTERS = new Set(["-c", "--set-counters"]);

class Binder {
  readonly #rule: Rule;
  readonly #words: Word[];
  readonly #problems: Problem[] = [];
  /** The ip part first (ebtables: the frame), then in input order. */
  readonly #matches: Open[];
  #target: (Open & { how: How; word: Word }) | null = null;
  #counters: readonly [Word, Word] | null = null;
  #last: Open | null = null;
  /** What was loaded, the latest first: where two have the same option, getopt finds that one's. */
  readonly #loaded: Open[];
  #protocol: string | null = null;
  #at = 0;

  constructor(rule: Rule) {
    this.#rule = rule;
    this.#words = rule.family === "bridge" ? unglued(rule.words()) : [...rule.words()];
    this.#matches = implicitMatches[rule.family].map((extension) => open(extension.name, extension, null));
    this.#loaded = [...this.#matches];
  }

  bind(): BoundRule {
    while (this.#at < this.#words.length) this.#option();
    const opened = [...this.#matches, ...(this.#target ? [this.#target] : [])];
    for (const each of opened) {
      for (const { word, expected, found, message } of mistakesOf(each, opened, this.#rule))
        this.#problem(word ?? this.#words[0] ?? null, expected, found, message);
      // what could not be read was not left out
      const isRead = each.carried.length === 0 && Object.keys(each.flags).every((option) => option in each.given);
      const complete = isRead && each.extension?.complete?.(each.given as never, this.#rule.family);
      if (complete) Object.assign(each.given, complete);
    }
    return {
      matches: inPrintedOrder(this.#matches.filter(hasContent), this.#rule) as unknown as readonly BoundMatch[],
      target: this.#target as unknown as BoundTarget | null,
      counters: this.#counters,
      problems: this.#problems,
    };
  }

  #option(): void {
    const bang = this.#words[this.#at] as Word;
    const negated = isBang(bang);
    const word = negated ? this.#words[this.#at + 1] : bang;
    if (!word) {
      this.#at++;
      this.#problem(bang, "an option after !", "the end of the rule");
      return;
    }
    this.#at += negated ? 2 : 1;
    const flag = word.text;
    if (!negated && this.#base(word, flag)) return;
    const owner = this.#owner(flag) ?? this.#split(word);
    if (owner) return this.#value(owner, word, negated);
    if (isWord(flag) && this.#last?.extension && !negated) {
      this.#problem(word, "an option", flag);
      this.#last.carried.push(word);
      return;
    }
    this.#carry(negated ? [bang, word] : [word], word);
  }

  /** The options that belong to no extension. */
  #base(word: Word, flag: string): boolean {
    const how = JUMPS[flag];
    if (how) this.#jump(word, how);
    else if (MATCHES.has(flag) && this.#rule.family !== "bridge") this.#match(word);
    else if (COUNTERS.has(flag)) this.#count(word);
    else if (QUIET.test(flag)) return true;
    else return false;
    return true;
  }

  #match(flag: Word): void {
    const name = this.#words[this.#at++];
    if (!name) return this.#problem(flag, "the name of a match", "the end of the rule");
    const { family } = this.#rule;
    const extension = matchNamed(family, name.text);
    if (!extension) {
      const near = nearMatch(family, name.text);
      const other = matchElsewhere(name.text);
      if (other) this.#problem(name, `a match of ${toolOf(family)}`, `${name.text}, which ${toolOf(other)} has`);
      else if (near !== undefined) this.#problem(name, "a match that is known", `${name.text} (did you mean ${near}?)`);
    }
    this.#last = open(extension?.name ?? name.text, extension, name);
    this.#matches.push(this.#last);
    this.#loaded.unshift(this.#last);
  }

  #jump(flag: Word, how: How): void {
    const name = this.#words[this.#at++];
    if (!name) return this.#problem(flag, "a target or chain", "the end of the rule");
    if (this.#target) return this.#problem(flag, "one target only", `a second one, ${name.text}`);
    const extension = how === "goto" ? null : targetNamed(this.#rule.family, name.text);
    this.#target = { ...open(name.text, extension, name), how, word: name };
    this.#last = this.#target;
    this.#loaded.unshift(this.#target);
  }

  #count(flag: Word): void {
    const [packets, bytes] = this.#words.slice(this.#at, this.#at + 2);
    if (!packets || !bytes || !/^\d+$/.test(packets.text) || !/^\d+$/.test(bytes.text))
      return this.#problem(packets ?? flag, "packets and bytes after -c", packets?.text ?? "the end of the rule");
    this.#at += 2;
    this.#counters = [packets, bytes];
  }

  /** What `-p` would bring with it, by the name that is written there or a number's. */
  #ofProtocol(): MatchExtension | undefined {
    const protocol = this.#matches[0]?.given["-p"];
    if (!protocol || protocol.negated || this.#protocol === null) return undefined;
    const name = /^\d/.test(this.#protocol) ? (protocol.value as { text: string }).text : this.#protocol;
    return protocolMatch(this.#rule.family, name);
  }

  /** The latest extension that has the option; `-p tcp --dport` loads tcp by itself, as iptables does. */
  #owner(flag: string): Owner | null {
    if (!flag.startsWith("-")) return null;
    for (const to of this.#loaded) {
      const option = to.extension && optionSpelled(to.extension, flag);
      if (option) return { to, option, spelled: flag };
    }
    const long = flag.startsWith("--") && flag.length > 2;
    // ebtables loads a target twice, so that a beginning of its options is never one alone
    const clear = this.#rule.family === "bridge" ? this.#matches : this.#loaded;
    const begun = long ? this.#beginning(clear, flag) : null;
    if (begun) return begun;
    const extension = this.#ofProtocol();
    if (!extension || this.#matches.some((each) => each.extension === extension)) return null;
    const to = open(extension.name, extension, null);
    const option = optionSpelled(extension, flag);
    const found = option ? { to, option, spelled: flag } : long ? this.#beginning([to], flag) : null;
    if (found) {
      this.#matches.push(to);
      this.#loaded.unshift(to);
    }
    return found;
  }

  #beginning(loaded: readonly Open[], flag: string): Owner | null {
    const found: Owner[] = loaded.flatMap((to) =>
      to.extension
        ? optionsBeginning(to.extension, flag).map((spelled) => ({
            to,
            option: optionSpelled(to.extension as MatchExtension, spelled) as string,
            spelled,
          }))
        : [],
    );
    const [first] = found;
    if (BASE.some((name) => name.startsWith(flag))) return null;
    const same = found.every(({ to, option }) => to.extension === first?.to.extension && option === first?.option);
    return first && same ? first : null;
  }

  /** `--dport=80` and `-ptcp`: an option and its word in one; the word is put back into the line. */
  #split(word: Word): Owner | "base" | null {
    const { text, start, end } = word;
    if (word.quoted) return null;
    const sign = text.startsWith("--") ? text.indexOf("=") : text.length > 2 && text[0] === "-" ? 2 : -1;
    if (sign < 2) return null;
    const flag = text.slice(0, sign);
    const from = text[1] === "-" ? sign + 1 : sign;
    const isShort = text[1] !== "-";
    const owner = this.#owner(flag);
    const base = flag in JUMPS || (MATCHES.has(flag) && this.#rule.family !== "bridge");
    if (!owner && !base) return null;
    if (owner && owner.to.extension?.options[owner.option]?.arity !== 1) return null;
    if (isShort && /^-[^-]$/.test(flag) === false) return null;
    const rest: Word = {
      text: text.slice(from),
      start: start + (end - start - (text.length - from)),
      end,
      quoted: false,
    };
    this.#words.splice(this.#at, 0, rest);
    // iptables/xshared.c do_parse took their words from argv, where the two are one, before 1.8.11
    const isOwn = owner ? owner.to === this.#matches[0] : flag in JUMPS;
    const { family, saver } = this.#rule;
    if (isOwn && family !== "bridge" && saver.release < 10811) this.#problem(word, `${flag} and its word apart`, text);
    if (owner) return owner;
    this.#base(word, flag);
    return "base";
  }

  #value(owner: Owner | "base", flag: Word, before: boolean): void {
    if (owner === "base") return;
    const { to, option, spelled } = owner;
    const value = to.extension?.options[option];
    if (!value) return;
    let negated = before;
    const next = this.#words[this.#at];
    // ebtables writes it so, iptables did long ago
    const isShorthand = value.shorthands !== undefined && spelled in value.shorthands;
    if (
      next &&
      isBang(next) &&
      value.negatable &&
      value.arity > 0 &&
      !isShorthand &&
      this.#words.length > this.#at + 1
    ) {
      negated = true;
      this.#at++;
      if (this.#rule.family === "ipv4" || this.#rule.family === "ipv6")
        this.#problem(next, `! before ${option}`, "it behind", "outdated");
    }
    this.#last = to;
    if (negated && !value.negatable) this.#problem(flag, `${option} without !`, "!");
    const earlier = to.given[option];
    if (earlier && !value.repeatable) this.#problem(flag, `${option} once`, "it twice");
    to.flags[option] = flag;
    const put = (given: unknown) => {
      const one = { value: given, negated, at: this.#at };
      if (earlier && value.repeatable) (earlier.again ??= []).push(one);
      else to.given[option] = one;
    };
    if (isShorthand) return put(value.shorthands?.[spelled]);
    const following = this.#words[this.#at];
    const left = value.optionalWord && (!following || isBang(following) || !isWord(following.text));
    const words = left ? [] : this.#words.slice(this.#at, this.#at + value.arity);
    this.#at += words.length;
    if (left) return put(value.read([], spelled, this.#rule.family));
    if (words.length < value.arity)
      return this.#problem(
        flag,
        `${value.arity} word${value.arity > 1 ? "s" : ""} after ${option}`,
        "the end of the rule",
      );
    try {
      put(value.read(words, spelled, this.#rule.family));
      if (option === "-p") this.#protocol = words[0]?.text.toLowerCase() ?? null;
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
    if (!foreign) this.#unknown(flag, to);
    const target = to ?? this.#matches[0];
    target?.carried.push(...words);
    while (this.#at < this.#words.length) {
      const next = this.#words[this.#at] as Word;
      if (isBang(next) || !isWord(next.text)) return;
      target?.carried.push(next);
      this.#at++;
    }
  }

  #unknown(flag: Word, to: Open | null): void {
    const options = to?.extension ? Object.keys(to.extension.options) : [];
    const loaded = [...this.#matches, ...(this.#target ? [this.#target] : [])].map(({ extension }) => extension);
    const near = nearOption(this.#rule.family, flag.text, [this.#ofProtocol() ?? null, ...loaded]);
    this.#problem(
      flag,
      options.length > 0 ? `an option of ${to?.name}: ${options.join(", ")}` : "an option",
      `${shorten(flag.text)}${near === undefined ? "" : ` (did you mean ${near}?)`}`,
    );
  }

  #problem(word: Word | null, expected: string, found: string, message = "unbound"): void {
    const { place, family, chain } = this.#rule;
    this.#problems.push({
      rule: "syntax-error",
      message,
      data: { expected, found: shorten(found) },
      place: { source: place.source, start: word?.start ?? place.start, end: word?.end ?? place.end },
      family,
      chain,
    });
  }
}

/** ebtables' own ebtables-save leaves out the blank behind some targets: `-j mark … ACCEPT-c 0 0`, `-j chain-c 0 0`. */
function unglued(words: readonly Word[]): Word[] {
  const [glued, packets, bytes] = words.slice(-3);
  const text = glued?.text.slice(0, -2) ?? "";
  const isGlued = glued && !glued.quoted && text !== "" && glued.text.endsWith("-c");
  if (!isGlued || !/^\d+$/.test(packets?.text ?? "") || !/^\d+$/.test(bytes?.text ?? "")) return [...words];
  const cut = glued.end - 2;
  return [
    ...words.slice(0, -3),
    { ...glued, text, end: cut },
    { ...glued, text: "-c", start: cut },
    ...words.slice(-2),
  ];
}

interface Owner {
  readonly to: Open;
  readonly option: string;
  /** As iptables knows it, written out. */
  readonly spelled: string;
}
const isBang = ({ text, quoted }: Word): boolean => text === "!" && !quoted;
const isWord = (text: string): boolean => !text.startsWith("-") || text === "-";

/** Enough of a word to know it by. */
const shorten = (text: string): string =>
  text.length > 120 ? `${text.slice(0, 60)}… (${text.length} characters)` : text;
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
