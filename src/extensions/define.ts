/** How netfilter's vocabulary is written down: one file an extension, data and a few small functions. */
import type { Address, Condition, Family, Field, Host, Range, Ranges } from "../facts/index.ts";
import type { Word } from "../syntax/index.ts";

/** Which of the two implementations holds the rules: xtables' own tables, or nf_tables. */
export type Backend = "legacy" | "nft";

/** The tool whose output canonical text is. Releases print a few things differently. */
export interface Saver {
  readonly backend: Backend;
  /** 1.8.9 is 10809. */
  readonly release: number;
}

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
  /** Notations that the tools accept: for error messages, and to draw random rules from. Each holds all its words. */
  readonly examples: readonly string[];
  readonly aliases?: readonly string[];
  /** The names that its words are made of, for those who mistype one. */
  names?(family: Family): readonly string[];
  /** What to do about a word that is none. */
  hint?(text: string, family: Family): string | undefined;
  /** Options without a word that stand for a value of this one. */
  readonly shorthands?: Readonly<Record<string, T>>;
  readonly negatable?: boolean;
  /** The word may be left out: it is taken unless what follows is an option. */
  readonly optionalWord?: boolean;
  /** May be given again: `One.again` holds the further ones. */
  readonly repeatable?: boolean;
  /** `flag` is the option as it was spelled: an alias may give its word another meaning. */
  read(words: readonly Word[], flag: string, family: Family): T;
  /** The words as iptables-save prints them, unquoted; null where it prints no such option at all. */
  write(value: T, negated: boolean, saver: Saver): readonly string[] | null;
  /** Words (bytes, quotes included) that are printed as they are written: some of them, told without reading. */
  readonly plain?: RegExp;
  /** Printed in quotes: always (true) or where a character needs it (false); left out: never. */
  readonly quoted?: boolean;
}
export interface One<T> {
  readonly value: T;
  readonly negated: boolean;
  /** Grows along the rule: tells what came first. */
  readonly at: number;
  readonly again?: readonly One<T>[];
}
// biome-ignore lint/suspicious/noExplicitAny: a table holds values of any type; each extension knows its own
export type OptionTable = Readonly<Record<string, Value<any>>>;
export type Given<O extends OptionTable> = { readonly [K in keyof O]?: O[K] extends Value<infer T> ? One<T> : never };

/** Where a rule stands, and whose tool would load it. */
export interface Standing {
  readonly table: string;
  readonly chain: string;
  readonly saver: Saver;
  /** `-p`, named as iptables-save does; null: every protocol. */
  readonly protocol: { readonly name: string; readonly negated: boolean; readonly at: number } | null;
  /** What the rule's matches of this name were given. */
  beside(match: string): readonly Readonly<Record<string, One<unknown>>>[];
}

/** What is wrong with options that are right one by one. */
export interface Mistake {
  /** The option to point at; left out: the extension's name. */
  readonly option?: string;
  readonly expected: string;
  /** Left out: the option itself. */
  readonly found?: string;
  readonly help?: string;
}

/** Where the kernel takes a rule with this extension; what is left out is not restricted. */
export interface Placement {
  readonly tables?: readonly string[];
  /** Built-in chains from which it may be reached. */
  readonly hooks?: readonly string[];
  /** `-p` must be there, name one of these, and not be negated. */
  readonly protocols?: readonly string[];
}

interface Extension<O extends OptionTable> {
  readonly name: string;
  readonly families: readonly Family[];
  /** In the order in which iptables-save prints them. */
  readonly options: O;
  /** Of each group at least one option is given. */
  readonly needs?: readonly (readonly string[])[];
  /** Of each group at most one option is given. */
  readonly excludes?: readonly (readonly string[])[];
  /** Options that need others beside them. */
  readonly together?: Readonly<Record<string, readonly string[]>>;
  readonly placement?: Placement;
  /** The same for single options. */
  readonly placed?: Readonly<Record<string, Placement>>;
  /** What no list above can say. */
  check?(given: Given<O>, family: Family, standing: Standing): Mistake | null;
  /** What the tool adds by itself to what was given: defaults that it prints. */
  complete?(given: Given<O>, family: Family): Given<O>;
  /** The printed options where they depart from the table: each a text, quoted where it needs to be; null: as the table says. */
  write?(given: Given<O>, saver: Saver, family: Family): readonly string[] | null;
}
export interface MatchExtension<O extends OptionTable = OptionTable> extends Extension<O> {
  /** Options that need no `-m`: the rule's own part, which is printed first, and every ebtables match. */
  readonly implicit?: "own" | "other";
  /** Other names that `-m` takes. */
  readonly aliases?: readonly string[];
  /** `-p`, by one of these names, loads it without `-m`; left out: by its own. */
  readonly loadedBy?: readonly string[];
  /** iptables-nft keeps it as expressions of its own: two of them become one, and one that always holds is lost. */
  nativeInNft?(given: Given<O>): boolean;
  /** `backend`: iptables-nft turns some matches into expressions of its own, which ask otherwise. */
  means(given: Given<O>, host: Host, family: Family, backend: Backend): Condition;
  /**
   * The match drops the packet itself, and no line is printed (hotdrop; semantics 1.2): asked where those before it
   * matched, of packets that are cut off or fragments.
   */
  dropsIf?(given: Given<O>, family: Family): Condition;
  /** Of others too. */
  readonly dropsWhole?: boolean;
  /** A watcher: the prefix of the line that it logs when the rule matches. */
  logs?(given: Given<O>): string | null;
}
export interface TargetExtension<O extends OptionTable = OptionTable> extends Extension<O> {
  /** ACCEPT, DROP, RETURN: an unconditional rule with it is not printed as `rule` in TRACE lines (semantics 1.2). */
  readonly standard?: boolean;
  does(given: Given<O>, host: Host): readonly Effect[];
}

/** What a target does to the packet and to its way. A field that is not there stays so. */
export type Effect =
  /** QUEUE: a program has the packet, and decides; STOLEN: it goes no further, and nobody drops it. */
  | { readonly does: "verdict"; readonly verdict: "ACCEPT" | "DROP" | "QUEUE" | "STOLEN" }
  | { readonly does: "reject"; readonly with: string }
  | { readonly does: "return" | "continue" }
  /** Sets the trace flag; its own rule is not printed the first time. */
  | { readonly does: "trace" }
  /** (old & ~mask) ^ value, the whole shifted: to the left, negative to the right. */
  | {
      readonly does: "set";
      readonly field: Field;
      readonly value: number;
      readonly mask: number;
      readonly shift?: number;
    }
  /** (old & ~mask) ^ (what `from` has under its mask, shifted). */
  | {
      readonly does: "copy";
      readonly field: Field;
      readonly mask: number;
      readonly from: Field;
      readonly fromMask: number;
      readonly shift: number;
    }
  /** Up or down by so much, and no further than the ends of the field. */
  | { readonly does: "step"; readonly field: Field; readonly by: number }
  /** One of these values, and the rule alone does not tell which; null: any. */
  | { readonly does: "become"; readonly field: Field; readonly ranges: Ranges | null }
  /** NPT: another prefix, the checksum kept. */
  | { readonly does: "map prefix"; readonly field: "source" | "destination"; readonly from: Range; readonly to: Range }
  /** The tcp MSS option is at most this, null: what the route allows; a packet without one gets it. */
  | { readonly does: "limit mss"; readonly most: number | null }
  /** These tcp options become NOPs. */
  | { readonly does: "strip"; readonly options: readonly number[] }
  /** The destination MAC becomes that of the frame's bridge, in broute that of its port. */
  | { readonly does: "redirect" }
  /** In raw, in place of a connection: none is looked for, or it is to be made by a template. */
  | { readonly does: "attach"; readonly what: "untracked" | "template" }
  /** Changes what is no part of the packet: `Condition`'s `until`. */
  | { readonly does: "touch"; readonly what: string }
  | {
      readonly does: "if";
      readonly condition: Condition;
      readonly yes: readonly Effect[];
      readonly no: readonly Effect[];
    }
  | Translate;
/** NAT. `addresses`: empty when the address stays, null for the out device's (source) or the in device's (destination) own. */
export interface Translate {
  readonly does: "translate";
  /** by hook: the destination where packets come in or are made here, the source where they leave. */
  readonly manip: "source" | "destination" | "by hook";
  readonly addresses: Ranges | null;
  /** Bits of the old address that stay. */
  readonly keeps?: Address;
  /** absent: ports stay where they can. */
  readonly ports?: Ranges;
  /** The port that becomes the first of `ports`, its neighbours the following ones. */
  readonly base?: number;
}

export const match = <const O extends OptionTable>(extension: MatchExtension<O>): MatchExtension<O> => extension;
export const target = <const O extends OptionTable>(extension: TargetExtension<O>): TargetExtension<O> => extension;

/** libxtables/xtables.c xtables_save_string: bare iff it is letters, digits, _ and - only. */
export function quote(text: string, always = false): string {
  if (!always && /^[A-Za-z0-9_-]+$/.test(text)) return text;
  return `"${text.replace(/["\\']/g, "\\$&")}"`;
}
