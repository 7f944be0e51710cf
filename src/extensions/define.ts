/** How netfilter's vocabulary is written down: one file an extension, data and two small functions. */
import type { Condition, Family, Field, Host, Ranges } from "../facts/index.ts";
import type { Word } from "../syntax/index.ts";

/** A word that cannot be read; the message says what was expected there. */
export class BadValue extends Error {
  readonly word: Word;
  constructor(word: Word, expected: string) {
    super(expected);
    this.word = word;
  }
}

/** How one kind of option value is read and written; `read` throws BadValue at the word. */
export interface Value<T> {
  /** How many words follow the option. */
  readonly arity: number;
  readonly aliases?: readonly string[];
  /** Options without a word that stand for a value of this one. */
  readonly shorthands?: Readonly<Record<string, T>>;
  readonly negatable?: boolean;
  /** ebtables only: the option may stand without its word. */
  readonly optional?: boolean;
  read(words: readonly Word[], flag: string): T;
  /** The words as iptables-save prints them, unquoted; null where it prints no such option at all. */
  write(value: T, negated: boolean): readonly string[] | null;
  /** Printed in quotes: always (true) or where a character needs it (false); left out: never. */
  readonly quoted?: boolean;
}
export interface One<T> {
  readonly value: T;
  readonly negated: boolean;
}
// biome-ignore lint/suspicious/noExplicitAny: a table holds values of any type; each extension knows its own
export type OptionTable = Readonly<Record<string, Value<any>>>;
export type Given<O extends OptionTable> = { readonly [K in keyof O]?: O[K] extends Value<infer T> ? One<T> : never };

interface Extension<O extends OptionTable> {
  readonly name: string;
  readonly families: readonly Family[];
  /** In the order in which iptables-save prints them. */
  readonly options: O;
  /** Options that are wrong only together: what is missing or too much. */
  check?(given: Given<O>): string | null;
}
export interface MatchExtension<O extends OptionTable = OptionTable> extends Extension<O> {
  /** Options that need no `-m`: the ip part, and every ebtables match. */
  readonly implicit?: boolean;
  /** `-p` of these loads it without `-m`; left out: of its own name. */
  readonly protocols?: readonly string[];
  means(given: Given<O>, host: Host, family: Family): Condition;
  /** A watcher: the prefix of the line that it logs when the rule matches. */
  logs?(given: Given<O>): string | null;
}
export interface TargetExtension<O extends OptionTable = OptionTable> extends Extension<O> {
  /** ACCEPT, DROP, RETURN: an unconditional rule with it is not printed as `rule` in TRACE lines (semantics 1.2). */
  readonly standard?: boolean;
  does(given: Given<O>, host: Host): readonly Effect[];
}

/** What a target does to the packet and to its way. */
export type Effect =
  | { readonly does: "verdict"; readonly verdict: "ACCEPT" | "DROP" }
  | { readonly does: "reject"; readonly with: string }
  | { readonly does: "return" | "continue" }
  /** Sets the trace flag; its own rule is not printed the first time. */
  | { readonly does: "trace" }
  | { readonly does: "set"; readonly field: Field; readonly value: number; readonly mask: number }
  | Translate;
/** NAT. `addresses`: empty when the address stays, null for the out device's (source) or the in device's (destination) own. */
export interface Translate {
  readonly does: "translate";
  readonly manip: "source" | "destination";
  readonly addresses: Ranges | null;
  /** absent: ports stay where they can. */
  readonly ports?: Ranges;
}

export const match = <const O extends OptionTable>(extension: MatchExtension<O>): MatchExtension<O> => extension;
export const target = <const O extends OptionTable>(extension: TargetExtension<O>): TargetExtension<O> => extension;
