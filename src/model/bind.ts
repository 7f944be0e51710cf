/** Words → matches and a target with typed values, as getopt reads them. Nothing is dropped: what nobody knows is carried. */
import { BadValue, type Given, type MatchExtension, type TargetExtension, type Value } from "../extensions/index.ts";
import { type Advice, advised, type Problem } from "../finding.ts";
import type { Word } from "../syntax/index.ts";
import {
  adviceFor,
  adviceForStray,
  counterpartOf,
  type Home,
  homeOf,
  type Misread,
  optionsOf,
  shortList,
  suchAs,
  withPlainDashes,
} from "./advice.ts";
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

const NONE: readonly string[] = [];

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
  /** Extensions whose options stand in the wrong place: what they lack was said. */
  #told: readonly string[] = NONE;
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
      const told = this.#told.includes(each.name);
      for (const { word, expected, found, message, advice } of told ? [] : mistakesOf(each, opened, this.#rule))
        this.#problem(word ?? this.#words[0] ?? null, expected, found, advice, message);
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
    const again = this.#words[this.#at + 1];
    if (negated && again && isBang(again)) {
      this.#at++;
      return this.#problem(again, "an option after !", "!", { replacement: "" });
    }
    const word = negated ? this.#words[this.#at + 1] : bang;
    if (!word) {
      this.#at++;
      this.#problem(bang, "an option after !", "the end of the rule");
      return;
    }
    this.#at += negated ? 2 : 1;
    const flag = word.text;
    if (negated && this.#isBase(flag))
      this.#problem(bang, "! before what can be negated", `! before ${flag}`, { replacement: "" });
    if (this.#base(word, flag)) return;
    const owner = this.#owner(flag) ?? this.#split(word);
    if (owner) return this.#value(owner, word, negated ? bang : null);
    if (isWord(flag) && withPlainDashes(flag) === null && this.#last?.extension && !negated) {
      return this.#stray(word);
    }
    this.#carry(negated ? [bang, word] : [word], word);
  }

  /** Words that no option takes, as many as there are. */
  #stray(first: Word): void {
    const from = this.#at - 1;
    while (this.#at < this.#words.length) {
      const next = this.#words[this.#at] as Word;
      if (isBang(next) || !isWord(next.text)) break;
      this.#at++;
    }
    const stray = this.#words.slice(from, this.#at);
    this.#last?.carried.push(...stray);
    const span = { start: first.start, end: stray.at(-1)?.end ?? first.end };
    const found = stray.map(({ text }) => text).join(" ");
    this.#problem(span, "an option", found, adviceForStray(this.#words.slice(0, from), stray));
  }

  #isBase(flag: string): boolean {
    return flag in JUMPS || COUNTERS.has(flag) || (MATCHES.has(flag) && this.#rule.family !== "bridge");
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
    const { family } = this.#rule;
    if (!name)
      return this.#problem(flag, `the name of a match after ${flag.text}`, "the end of the rule", {
        help: `leave ${flag.text} out, or name a match behind it, such as -m conntrack`,
      });
    if (name.text.startsWith("-")) return this.#nameless(flag, name);
    const extension = matchNamed(family, name.text);
    if (!extension) {
      const near = nearMatch(family, name.text);
      const other = matchElsewhere(name.text);
      if (other)
        this.#problem(name, `a match of ${toolOf(family)}`, `${name.text}, which ${toolOf(other)} has`, {
          help: counterpartOf(family, name.text),
        });
      else if (near !== undefined)
        this.#problem(name, "a match that is known", `${name.text} (did you mean ${near}?)`, { replacement: near });
    }
    this.#last = open(extension?.name ?? name.text, extension, name);
    this.#matches.push(this.#last);
    this.#loaded.unshift(this.#last);
  }

  /** `-m --ctstate NEW`: the name was left out. */
  #nameless(flag: Word, next: Word): void {
    this.#at--;
    const home = this.#home(next.text);
    const known = home?.match ?? null;
    this.#problem(
      next,
      `the name of a match after ${flag.text}`,
      next.text,
      known
        ? { replacement: `${known.name} ${next.text}` }
        : { help: `leave ${flag.text} out, or name a match behind it` },
    );
    if (!known) return;
    this.#last = open(known.name, known, null);
    this.#matches.push(this.#last);
    this.#loaded.unshift(this.#last);
  }

  /** Where an option belongs that no loaded extension has. */
  #home(flag: string): Home | null {
    const asked = this.#matches[0]?.given["-p"];
    return homeOf({
      family: this.#rule.family,
      flag,
      protocol: asked && !asked.negated ? (asked.value as { text: string }).text : null,
      target: this.#target?.name ?? null,
      behind: this.#words.slice(this.#at).map(({ text }) => text),
    });
  }

  #jump(flag: Word, how: How): void {
    const name = this.#words[this.#at++];
    if (!name)
      return this.#problem(flag, `a target or chain after ${flag.text}`, "the end of the rule", {
        help: `such as ${flag.text} ${how === "jump" ? "ACCEPT" : "my-chain"}`,
      });
    if (this.#target)
      return this.#problem(flag, "one target only", `a second one, ${name.text}`, {
        help: `make two rules with the same matches: -j ${this.#target.name} in the first, -j ${name.text} in the next`,
      });
    const extension = how === "goto" ? null : targetNamed(this.#rule.family, name.text);
    this.#target = { ...open(name.text, extension, name), how, word: name };
    this.#last = this.#target;
    this.#loaded.unshift(this.#target);
  }

  #count(flag: Word): void {
    const [packets, bytes] = this.#words.slice(this.#at, this.#at + 2);
    if (!packets || !bytes || !/^\d+$/.test(packets.text) || !/^\d+$/.test(bytes.text))
      return this.#problem(packets ?? flag, "packets and bytes after -c", packets?.text ?? "the end of the rule", {
        help: "such as -c 0 0, or leave -c out",
      });
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
    if (isOwn && family !== "bridge" && saver.release < 10811)
      this.#problem(word, `${flag} and its word apart`, text, {
        replacement: `${flag} ${rest.text}`,
      });
    if (owner) return owner;
    this.#base(word, flag);
    return "base";
  }

  #value(owner: Owner | "base", flag: Word, bang: Word | null): void {
    if (owner === "base") return;
    const { to, option, spelled } = owner;
    const value = to.extension?.options[option];
    if (!value) return;
    let negated = bang !== null;
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
        this.#problem(
          { start: flag.start, end: next.end },
          `! before ${option}`,
          "it behind",
          { replacement: `! ${flag.text}` },
          "outdated",
        );
    }
    this.#last = to;
    if (bang && !value.negatable) this.#problem(bang, `${option} without !`, "!", { replacement: "" });
    const earlier = to.given[option];
    if (earlier && !value.repeatable) this.#problem(flag, `${option} once`, "it twice", this.#twice(to, option));
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
    const misread: Misread = { value, option, flag: spelled, words, family: this.#rule.family };
    if (words.length < value.arity)
      return this.#problem(
        flag,
        `${value.arity} word${value.arity > 1 ? "s" : ""} after ${option}`,
        "the end of the rule",
        { help: suchAs(misread) },
      );
    try {
      put(value.read(words, spelled, this.#rule.family));
      if (option === "-p") this.#protocol = words[0]?.text.toLowerCase() ?? null;
    } catch (error) {
      if (!(error instanceof BadValue)) throw error;
      const isNext = words[0] === error.word && this.#isOption(error.word);
      if (isNext) {
        // its word was left out
        this.#at -= words.length;
        this.#problem(flag, `${error.message}, after ${option}`, `the next option, ${error.word.text}`, {
          help: suchAs(misread),
        });
        to.carried.push(flag);
        return;
      }
      const expected = shortList(error.message, error.word.text.slice(0, 60));
      this.#problem(error.word, expected, error.word.text, adviceFor(misread, error.word));
      to.carried.push(...(negated ? [{ ...flag, text: "!" }] : []), flag, ...words);
    }
  }

  #isOption({ text, quoted }: Word): boolean {
    return !quoted && text.startsWith("-") && (this.#isBase(text) || this.#owner(text) !== null);
  }

  /** What to do with an option that is there already. */
  #twice(to: Open, option: string): Advice {
    const before = this.#words[this.#words.indexOf(to.flags[option] as Word) + 1];
    const now = this.#words[this.#at];
    const { family } = this.#rule;
    if (/^-[sd]$/.test(option) && before && now && (family === "ipv4" || family === "ipv6"))
      return { help: `${option} ${before.text},${now.text} makes a rule for each of the two` };
    return { help: `leave one out, or make a second rule with the other ${option}` };
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
    const { family } = this.#rule;
    const next = this.#words[this.#at]?.text ?? "";
    if (flag.text === "-t" || flag.text === "--table")
      return this.#problem(flag, "no -t: the table is the section's", `-t ${next}`, {
        help: `leave out -t ${next}${next === this.#rule.table ? "" : `, and put the rule into the section *${next}`}`,
      });
    const home = this.#home(flag.text);
    if (home) {
      this.#told = [...this.#told, home.owner];
      return this.#problem(flag, home.expected, home.found, home.advice);
    }
    const loaded = [...this.#matches, ...(this.#target ? [this.#target] : [])].map(({ extension }) => extension);
    const plain = withPlainDashes(flag.text);
    const near = nearOption(family, plain ?? flag.text, [this.#ofProtocol() ?? null, ...loaded]);
    const of = optionsOf((to ?? this.#matches[0])?.extension as MatchExtension, family);
    const found = shorten(flag.text);
    if (near === undefined) return this.#problem(flag, of.expected, found, of.advice);
    const expected = of.expected.replace(/:.*/, "");
    this.#problem(flag, expected, `${found} (did you mean ${near}?)`, { replacement: near });
  }

  #problem(
    at: { readonly start: number; readonly end: number } | null,
    expected: string,
    found: string,
    advice: Advice = {},
    message = "unbound",
  ): void {
    const { place, family, chain } = this.#rule;
    this.#problems.push({
      rule: "syntax-error",
      message,
      data: { expected, found: shorten(found) },
      place: { source: place.source, start: at?.start ?? place.start, end: at?.end ?? place.end },
      family,
      chain,
      ...advised(advice),
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
