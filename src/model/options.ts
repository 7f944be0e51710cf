/** A rule's words, read one option after the other as getopt reads them. */
import { BadValue, type Value } from "../extensions/index.ts";
import type { Word } from "../syntax/index.ts";
import { type Misread, withPlainDashes } from "./advice.ts";
import { OF_LISTS } from "./command.ts";
import { Complaints } from "./complaints.ts";
import { type How, Loaded, type Owner } from "./loaded.ts";
import type { Open } from "./open.ts";
import type { Rule } from "./ruleset.ts";
import { unglued } from "./unglued.ts";
import { matchNamed, targetNamed } from "./vocabulary.ts";

const JUMPS = new Map<string, How>([
  ["-j", "jump"],
  ["--jump", "jump"],
  ["-g", "goto"],
  ["--goto", "goto"],
]);
const MATCHES = new Set(["-m", "--match"]);
const COUNTERS = new Set(["-c", "--set-counters"]);
const MOST_BEHIND = 32;
/** About the command's output, not about the rule. */
const QUIET = /^(?:-v|--verbose)$/;

export class OptionReader {
  readonly loaded: Loaded;
  readonly complaints: Complaints;
  counters: readonly [Word, Word] | null = null;
  readonly #rule: Rule;
  readonly #words: Word[];
  #at = 0;

  constructor(rule: Rule) {
    this.#rule = rule;
    this.#words = rule.family === "bridge" ? unglued(rule.words()) : [...rule.words()];
    this.loaded = new Loaded(rule.family);
    this.complaints = new Complaints(rule, this.loaded);
  }

  get first(): Word | null {
    return this.#words[0] ?? null;
  }

  read(): void {
    while (this.#at < this.#words.length) this.#option();
  }

  get #next(): Word | undefined {
    return this.#words[this.#at];
  }
  /** What comes next, no more than advice looks at: a rule may have 10^5 words. */
  get #behind(): readonly Word[] {
    return this.#words.slice(this.#at, this.#at + MOST_BEHIND);
  }

  #option(): void {
    const bang = this.#next as Word;
    const negated = isBang(bang);
    const again = this.#words[this.#at + 1];
    if (negated && again && isBang(again)) {
      this.#at++;
      return this.complaints.say(again, "an option after !", "!", { replacement: "" });
    }
    const word = negated ? again : bang;
    if (!word) {
      this.#at++;
      return this.complaints.say(bang, "an option after !", "the end of the rule");
    }
    this.#at += negated ? 2 : 1;
    const flag = word.text;
    if (negated && this.#isBase(flag))
      this.complaints.say(bang, "! before what can be negated", `! before ${flag}`, { replacement: "" });
    if (this.#base(word, flag)) return;
    const owner = this.loaded.owner(flag) ?? this.#split(word);
    if (owner === "base") return;
    if (owner) return this.#value(owner, word, negated ? bang : null);
    if (isWord(flag) && withPlainDashes(flag) === null && this.loaded.last?.extension && !negated) return this.#stray();
    this.#carry(negated ? [bang, word] : [word], word);
  }

  #isBase(flag: string): boolean {
    return JUMPS.has(flag) || COUNTERS.has(flag) || (MATCHES.has(flag) && this.#rule.family !== "bridge");
  }

  /** The options that belong to no extension. */
  #base(word: Word, flag: string): boolean {
    const how = JUMPS.get(flag);
    if (how) this.#jump(word, how);
    else if (MATCHES.has(flag) && this.#rule.family !== "bridge") this.#match(word);
    else if (COUNTERS.has(flag)) this.#count(word);
    else if (OF_LISTS.test(flag))
      this.complaints.say(word, `no ${flag} with a rule`, flag, { help: "only -L takes it" });
    else return QUIET.test(flag);
    return true;
  }

  #match(flag: Word): void {
    const name = this.#words[this.#at++];
    if (!name) return this.complaints.noMatch(flag);
    if (name.text.startsWith("-")) {
      this.#at--;
      const meant = this.complaints.nameless(flag, name, this.#behind);
      if (meant) this.loaded.match(meant.name, meant, null);
      return;
    }
    const extension = matchNamed(this.#rule.family, name.text);
    if (!extension) this.complaints.unknownMatch(name);
    this.loaded.match(name.text, extension, name);
  }

  #jump(flag: Word, how: How): void {
    const name = this.#words[this.#at++];
    const { target } = this.loaded;
    if (!name) return this.complaints.noTarget(flag, how === "jump");
    if (target) return this.complaints.secondTarget(flag, target.name, name.text);
    this.loaded.jump(how, how === "goto" ? null : targetNamed(this.#rule.family, name.text), name);
  }

  #count(flag: Word): void {
    const [packets, bytes] = this.#behind;
    if (!packets || !bytes || !/^\d+$/.test(packets.text) || !/^\d+$/.test(bytes.text))
      return this.complaints.say(
        packets ?? flag,
        "packets and bytes after -c",
        packets?.text ?? "the end of the rule",
        {
          help: "such as -c 0 0, or leave -c out",
        },
      );
    this.#at += 2;
    this.counters = [packets, bytes];
  }

  /** `--dport=80` and `-ptcp`: an option and its word in one; the word is put back into the line. */
  #split(word: Word): Owner | "base" | null {
    const { text, end } = word;
    const isLong = text.startsWith("--");
    const sign = isLong ? text.indexOf("=") : /^-[^-]./s.test(text) ? 2 : -1;
    if (word.quoted || sign < 2) return null;
    const flag = text.slice(0, sign);
    const value = text.slice(isLong ? sign + 1 : sign);
    const owner = this.loaded.owner(flag);
    const isBase = JUMPS.has(flag) || (MATCHES.has(flag) && this.#rule.family !== "bridge");
    if (owner ? owner.to.extension?.options[owner.option]?.arity !== 1 : !isBase) return null;
    this.#words.splice(this.#at, 0, { text: value, start: end - value.length, end, quoted: false });
    // iptables/xshared.c do_parse took their words from argv, where the two are one, before 1.8.11
    const isOwn = owner ? owner.to === this.loaded.matches[0] : JUMPS.has(flag);
    const { family, saver } = this.#rule;
    if (isOwn && family !== "bridge" && saver.release < 10811)
      this.complaints.say(word, `${flag} and its word apart`, text, { replacement: `${flag} ${value}` });
    if (owner) return owner;
    this.#base(word, flag);
    return "base";
  }

  #value({ to, option, spelled }: Owner, flag: Word, bang: Word | null): void {
    const value = to.extension?.options[option];
    if (!value) return;
    this.loaded.last = to;
    const isShorthand = value.shorthands !== undefined && spelled in value.shorthands;
    const negated = this.#isNegatedBehind(value, isShorthand, flag, option) || bang !== null;
    if (bang && !value.negatable) this.complaints.say(bang, `${option} without !`, "!", { replacement: "" });
    const earlier = to.given[option];
    if (earlier && !value.repeatable && !this.complaints.isFull) {
      const before = this.#words[this.#words.indexOf(to.flags[option] as Word) + 1];
      this.complaints.twice(flag, option, [before, this.#next]);
    }
    to.flags[option] = flag;
    const put = (given: unknown) => {
      const one = { value: given, negated, at: this.#at };
      if (earlier && value.repeatable) (earlier.again ??= []).push(one);
      else to.given[option] = one;
    };
    if (isShorthand) return put(value.shorthands?.[spelled]);
    const next = this.#next;
    if (value.optionalWord && (!next || isBang(next) || !isWord(next.text)))
      return put(value.read([], spelled, this.#rule.family));
    this.#take(value, { to, option, spelled }, flag, negated, put);
  }

  /** ebtables writes `-s ! 10.0.0.1`, and iptables did long ago. */
  #isNegatedBehind(value: Value<unknown>, isShorthand: boolean, flag: Word, option: string): boolean {
    const next = this.#next;
    if (!next || !isBang(next) || !value.negatable || value.arity === 0 || isShorthand) return false;
    if (this.#words.length <= this.#at + 1) return false;
    this.#at++;
    const { family } = this.#rule;
    if (family === "ipv4" || family === "ipv6") {
      const span = { start: flag.start, end: next.end };
      this.complaints.say(span, `! before ${option}`, "it behind", { replacement: `! ${flag.text}` }, "outdated");
    }
    return true;
  }

  #take(
    value: Value<unknown>,
    { to, option, spelled }: Owner,
    flag: Word,
    negated: boolean,
    put: (given: unknown) => void,
  ): void {
    const { family } = this.#rule;
    const words = this.#words.slice(this.#at, this.#at + value.arity);
    this.#at += words.length;
    const misread: Misread = { value, option, flag: spelled, words, family };
    if (words.length < value.arity) {
      to.carried.push(...(negated ? [{ ...flag, text: "!" }] : []), flag, ...words);
      return this.complaints.tooFew(flag, misread);
    }
    try {
      put(value.read(words, spelled, family));
      if (option === "-p") this.loaded.protocol = words[0]?.text.toLowerCase() ?? null;
    } catch (error) {
      if (!(error instanceof BadValue)) throw error;
      const isNext = words[0] === error.word && this.#isOption(error.word);
      this.complaints.badValue(error, flag, misread, isNext);
      if (isNext) {
        this.#at -= words.length;
        to.carried.push(flag);
      } else {
        // A word glued to its option, `-d1.2.3`, is carried with it already.
        const apart = words.filter(({ start }) => start >= flag.end);
        to.carried.push(...(negated ? [{ ...flag, text: "!" }] : []), flag, ...apart);
      }
    }
  }

  #isOption({ text, quoted }: Word): boolean {
    return !quoted && text.startsWith("-") && (this.#isBase(text) || this.loaded.owner(text) !== null);
  }

  /** Words that no option takes, as many as there are. */
  #stray(): void {
    const from = this.#at - 1;
    const stray = [this.#words[from] as Word, ...this.#plainWords()];
    this.loaded.last?.carried.push(...stray);
    if (!this.complaints.isFull) this.complaints.stray(this.#words.slice(0, from), stray);
  }

  /** An option of an unknown extension takes its words with it; of a known one it is a mistake. */
  #carry(words: readonly Word[], flag: Word): void {
    const { last, matches } = this.loaded;
    if ((!last || last.extension) && !this.complaints.isFull) this.complaints.unknownOption(flag, this.#behind);
    const to: Open | undefined = last ?? matches[0];
    to?.carried.push(...words, ...this.#plainWords());
  }

  /** Up to the next option. */
  #plainWords(): readonly Word[] {
    const from = this.#at;
    for (let next = this.#next; next && !isBang(next) && isWord(next.text); next = this.#next) this.#at++;
    return this.#words.slice(from, this.#at);
  }
}

const isBang = ({ text, quoted }: Word): boolean => text === "!" && !quoted;
const isWord = (text: string): boolean => !text.startsWith("-") || text === "-";
