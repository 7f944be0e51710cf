/**
 * Rules that are printed as they stand. Dumps hold few shapes of rules: once a rule of a shape came back as it was
 * written, others of that shape do if each of their values does, which is known without binding them.
 */
import { type MatchExtension, quote, type TargetExtension, type Value } from "../extensions/index.ts";
import { encode } from "../source.ts";
import type { RuleLine, Word } from "../syntax/index.ts";
import { type AnyGiven, bind } from "./bind.ts";
import type { Rule } from "./ruleset.ts";
import { targetNamed } from "./vocabulary.ts";

/** The value of an option, wherever it stands in a rule. */
interface Slot {
  readonly flag: string;
  readonly negated: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: values of any extension
  readonly value: Value<any>;
}
/** What has to stand in a word's place: this text, a chain's name (null), or any value that is printed as it is written. */
type Part = string | Slot | null;
type Shape = readonly Part[];

/** More than these are no dump's shapes; such rules are printed the long way. */
const MOST_KEYS = 4096;
const MOST_SHAPES = 16;
const MOST_WORDS = 1 << 14;

export class CanonicalRules {
  readonly #bytes: string;
  readonly #shapes = new Map<string, Shape[]>();
  /** Words that were found to be as their slot prints them, or not. */
  readonly #words = new Map<string, boolean>();
  /** Extensions have options of the same name that mean different things: each value's own number. */
  readonly #values = new Map<Slot["value"], number>();

  constructor(bytes: string) {
    this.#bytes = bytes;
  }

  /** Whether the line is known to be its own print. */
  has(rule: Rule, line: RuleLine): boolean {
    const { words } = line;
    const shapes = this.#shapes.get(this.#key(rule, words));
    return (
      !!shapes &&
      this.#isSpaced(line, words) &&
      shapes.some((shape) => shape.every((part, at) => this.#fits(part, words[at] as Word, rule)))
    );
  }

  /** A rule that came back as it was written. */
  learn(rule: Rule, { words }: RuleLine): void {
    const key = this.#key(rule, words);
    const shapes = this.#shapes.get(key) ?? [];
    if (this.#shapes.size >= MOST_KEYS || shapes.length >= MOST_SHAPES) return;
    const shape = shapeOf(
      rule,
      words.map((word) => this.#raw(word)),
    );
    if (shape) this.#shapes.set(key, [...shapes, shape]);
  }

  /** One blank between its words, and nothing behind them. */
  #isSpaced({ start, end, counters, chain }: RuleLine, words: readonly Word[]): boolean {
    const command = this.#bytes.slice(counters?.end ?? start, chain.start);
    if (command !== (counters ? " -A " : "-A ")) return false;
    let at = chain.end;
    for (const word of words) {
      if (word.start !== at + 1 || this.#bytes[at] !== " ") return false;
      at = word.end;
    }
    return at === end;
  }

  #raw({ start, end }: Word): string {
    return this.#bytes.slice(start, end);
  }

  /** Options as they stand, and what decides how they are read: protocols, matches, targets. */
  #key({ family, saver }: Rule, words: readonly Word[]): string {
    let key = `${family} ${saver.backend} ${saver.release}`;
    let before = "";
    for (const word of words) {
      const raw = this.#raw(word);
      const first = raw.charCodeAt(0);
      const isOption = first === 0x2d || first === 0x21;
      const decides = before === "-m" || before === "-p" || (before === "-j" && targetNamed(family, raw) !== null);
      key += isOption || decides ? ` ${raw}` : " ";
      before = raw;
    }
    return key;
  }

  #fits(part: Part, word: Word, rule: Rule): boolean {
    if (part === null) return !word.quoted;
    const raw = this.#raw(word);
    if (typeof part === "string") return part === raw;
    if (rule.family === "ipv4" && part.value.plain?.test(raw)) return true;
    const { family, saver } = rule;
    const key = `${family} ${saver.backend} ${saver.release} ${this.#number(part.value)} ${part.flag}${part.negated ? "!" : " "}${raw}`;
    let fits = this.#words.get(key);
    if (fits === undefined) {
      if (this.#words.size >= MOST_WORDS) this.#words.clear();
      this.#words.set(key, (fits = printsAlike(part, word, raw, rule)));
    }
    return fits;
  }

  #number(value: Slot["value"]): number {
    const there = this.#values.get(value);
    if (there !== undefined) return there;
    this.#values.set(value, this.#values.size);
    return this.#values.size - 1;
  }
}

function printsAlike({ value, flag, negated }: Slot, word: Word, raw: string, { family, saver }: Rule): boolean {
  try {
    const [text] = value.write(value.read([word], flag, family), negated, saver) ?? [];
    return text !== undefined && encode(value.quoted === undefined ? text : quote(text, value.quoted)) === raw;
  } catch {
    return false;
  }
}

/** The parts of a rule whose words these are, in their order; null where a part cannot be told from the others. */
function shapeOf(rule: Rule, raws: readonly string[]): Shape | null {
  const { matches, target, counters } = bind(rule);
  if (counters || rule.family === "bridge") return null;
  const out: Part[] = [];
  for (const { name, extension, given, carried } of [...matches, ...(target ? [target] : [])]) {
    if (carried.length > 0) return null;
    if (target?.word && name === target.name && given === target.given)
      out.push(target.how === "goto" ? "-g" : "-j", extension ? name : null);
    else if (!extension) return null;
    else if (!("implicit" in extension && extension.implicit)) out.push("-m", name);
    if (!extension) continue;
    if (!addOptions(extension, given, out)) {
      // printed in a way of its own: up to the next match or target every word as it stands
      while (out.length < raws.length && !/^-[mjg]$/.test(raws[out.length] as string))
        out.push(raws[out.length] as string);
    }
  }
  const same = out.length === raws.length && out.every((part, at) => typeof part !== "string" || part === raws[at]);
  return same ? out : null;
}

/** false: its words do not follow from its table. */
function addOptions(extension: MatchExtension | TargetExtension, given: AnyGiven, out: Part[]): boolean {
  if (extension.write || extension.complete) return false;
  const slots: Part[] = [];
  for (const [flag, value] of Object.entries(extension.options)) {
    const one = given[flag];
    if (!one) continue;
    if (value.arity > 1 || value.shorthands || one.again) return false;
    if (one.negated) slots.push("!");
    slots.push(flag);
    if (value.arity === 1) slots.push(flag === "-p" ? one.value.text : { flag, negated: one.negated, value });
  }
  out.push(...slots);
  return true;
}
