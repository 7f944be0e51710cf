/** What is wrong with a rule's words, each said once, at its word, with what to do about it. */
import type { BadValue, MatchExtension } from "../extensions/index.ts";
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
import type { Loaded } from "./loaded.ts";
import type { Open } from "./open.ts";
import type { Rule } from "./ruleset.ts";
import { matchElsewhere, nearMatch, nearOption, toolOf } from "./vocabulary.ts";

/** A rule with more mistakes than this is no rule; the next one would help nobody. */
const MOST = 100;

interface Span {
  readonly start: number;
  readonly end: number;
}

export class Complaints {
  readonly problems: Problem[] = [];
  readonly #rule: Rule;
  readonly #loaded: Loaded;
  /** Extensions whose options stand in the wrong place: what they lack was said. */
  readonly #told = new Set<string>();

  constructor(rule: Rule, loaded: Loaded) {
    this.#rule = rule;
    this.#loaded = loaded;
  }

  say(at: Span | null, expected: string, found: string, advice: Advice = {}, message = "unbound"): void {
    const { place, family, chain } = this.#rule;
    if (this.isFull) return;
    this.problems.push({
      rule: "syntax-error",
      message,
      data: { expected, found: shorten(found) },
      place: { source: place.source, start: at?.start ?? place.start, end: at?.end ?? place.end },
      family,
      chain,
      ...advised(advice),
    });
  }

  /** What is found from here on is not worth the search for advice. */
  get isFull(): boolean {
    return this.problems.length >= MOST;
  }

  isTold({ name }: Open): boolean {
    return this.#told.has(name);
  }

  /** Words that no option takes. */
  stray(before: readonly Word[], stray: readonly Word[]): void {
    const [first, last] = [stray[0] as Word, stray.at(-1) as Word];
    const found = stray.map(({ text }) => text).join(" ");
    this.say({ start: first.start, end: last.end }, "an option", found, adviceForStray(before, stray));
  }

  noMatch(flag: Word): void {
    const help = `leave ${flag.text} out, or name a match behind it, such as -m conntrack`;
    this.say(flag, `the name of a match after ${flag.text}`, "the end of the rule", { help });
  }

  /** `-m --ctstate NEW`: the name was left out. Gives the match that was meant. */
  nameless(flag: Word, next: Word, behind: readonly Word[]): MatchExtension | null {
    const known = this.#home(next.text, behind)?.match ?? null;
    const advice = known
      ? { replacement: `${known.name} ${next.text}` }
      : { help: `leave ${flag.text} out, or name a match behind it` };
    this.say(next, `the name of a match after ${flag.text}`, next.text, advice);
    return known;
  }

  /** A match that nobody knows is a mistake only if another one was meant. */
  unknownMatch(name: Word): void {
    const { family } = this.#rule;
    const near = nearMatch(family, name.text);
    const other = matchElsewhere(name.text);
    if (other) {
      const help = counterpartOf(family, name.text);
      this.say(name, `a match of ${toolOf(family)}`, `${name.text}, which ${toolOf(other)} has`, { help });
    } else if (near !== undefined)
      this.say(name, "a match that is known", `${name.text} (did you mean ${near}?)`, { replacement: near });
  }

  noTarget(flag: Word, isJump: boolean): void {
    const help = `such as ${flag.text} ${isJump ? "ACCEPT" : "my-chain"}`;
    this.say(flag, `a target or chain after ${flag.text}`, "the end of the rule", { help });
  }

  secondTarget(flag: Word, first: string, second: string): void {
    const help = `make two rules with the same matches: -j ${first} in the first, -j ${second} in the next`;
    this.say(flag, "one target only", `a second one, ${second}`, { help });
  }

  /** An option that is there already. */
  twice(flag: Word, option: string, words: readonly [before: Word | undefined, now: Word | undefined]): void {
    const { family } = this.#rule;
    const [before, now] = words;
    const listed = /^-[sd]$/.test(option) && before && now && (family === "ipv4" || family === "ipv6");
    const help = listed
      ? `${option} ${before.text},${now.text} makes a rule for each of the two`
      : `leave one out, or make a second rule with the other ${option}`;
    this.say(flag, `${option} once`, "it twice", { help });
  }

  tooFew(flag: Word, misread: Misread): void {
    const { arity } = misread.value;
    const expected = `${arity} word${arity > 1 ? "s" : ""} after ${misread.option}`;
    this.say(flag, expected, "the end of the rule", { help: suchAs(misread) });
  }

  /** A word that cannot be read; `isNext`: it is the next option, and this one's word was left out. */
  badValue({ word, message }: BadValue, flag: Word, misread: Misread, isNext: boolean): void {
    if (this.isFull) return;
    if (isNext) {
      const expected = `${message}, after ${misread.option}`;
      this.say(flag, expected, `the next option, ${word.text}`, { help: suchAs(misread) });
    } else this.say(word, shortList(message, word.text.slice(0, 60)), word.text, adviceFor(misread, word));
  }

  /** An option that no loaded extension has. */
  unknownOption(flag: Word, behind: readonly Word[]): void {
    const { family, table } = this.#rule;
    const next = behind[0]?.text ?? "";
    if (flag.text === "-t" || flag.text === "--table")
      return this.say(flag, "no -t: the table is the section's", `-t ${next}`, {
        help: `leave out -t ${next}${next === table ? "" : `, and put the rule into the section *${next}`}`,
      });
    const home = this.#home(flag.text, behind);
    if (home) {
      this.#told.add(home.owner);
      return this.say(flag, home.expected, home.found, home.advice);
    }
    const { all, last, matches } = this.#loaded;
    const candidates = [this.#loaded.ofProtocol() ?? null, ...all.map(({ extension }) => extension)];
    const near = nearOption(family, withPlainDashes(flag.text) ?? flag.text, candidates);
    const of = optionsOf((last ?? matches[0])?.extension as MatchExtension, family);
    const found = shorten(flag.text);
    if (near === undefined) return this.say(flag, of.expected, found, of.advice);
    this.say(flag, of.expected.replace(/:.*/, ""), `${found} (did you mean ${near}?)`, { replacement: near });
  }

  /** Where an option belongs that no loaded extension has. */
  #home(flag: string, behind: readonly Word[]): Home | null {
    const asked = this.#loaded.matches[0]?.given["-p"];
    return homeOf({
      family: this.#rule.family,
      flag,
      protocol: asked && !asked.negated ? (asked.value as { text: string }).text : null,
      target: this.#loaded.target?.name ?? null,
      behind: behind.map(({ text }) => text),
    });
  }
}

/** Enough of a word to know it by. */
const shorten = (text: string): string =>
  text.length > 120 ? `${text.slice(0, 60)}… (${text.length} characters)` : text;
