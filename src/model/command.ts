/** The words after `iptables` as a command: what it does to which chain, and the rule that it names. iptables/xshared.c do_parse. */

import type { Advice } from "../finding.ts";
import { own } from "../own.ts";
import type { Word } from "../syntax/index.ts";

/** What a command does; those that change nothing are `list`. */
export type Verb =
  | "append"
  | "insert"
  | "delete"
  | "replace"
  | "check"
  | "new-chain"
  | "delete-chain"
  | "rename-chain"
  | "flush"
  | "zero"
  | "policy"
  | "list";

export interface Command {
  readonly verb: Verb;
  /** The word of the verb. */
  readonly word: Word;
  readonly chain: Word | null;
  /** Counted from 1. */
  readonly number: number | null;
  readonly numberWord: Word | null;
  /** The policy of `-P`, the new name of `-E`. */
  readonly operand: Word | null;
  readonly table: Word | null;
  /** `-4` or `-6`: only for iptables, or for ip6tables. */
  readonly only: "ipv4" | "ipv6" | null;
  /** Matches and target. */
  readonly spec: readonly Word[];
}

/** Words that are no command: what was expected, at which word. */
export class NoCommand extends Error {
  readonly word: Word;
  readonly expected: string;
  readonly found: string;
  readonly advice: Advice | undefined;
  constructor(word: Word, expected: string, found: string, advice?: Advice) {
    super(`expected ${expected}, found ${found}`);
    this.advice = advice;
    this.word = word;
    this.expected = expected;
    this.found = found;
  }
}

const LONG: Readonly<Record<string, Verb>> = {
  "--append": "append",
  "--insert": "insert",
  "--delete": "delete",
  "--replace": "replace",
  "--check": "check",
  "--new-chain": "new-chain",
  "--delete-chain": "delete-chain",
  "--rename-chain": "rename-chain",
  "--flush": "flush",
  "--zero": "zero",
  "--policy": "policy",
  "--list": "list",
  "--list-rules": "list",
};
const SHORT: Readonly<Record<string, Verb>> = {
  A: "append",
  I: "insert",
  D: "delete",
  R: "replace",
  C: "check",
  N: "new-chain",
  X: "delete-chain",
  E: "rename-chain",
  F: "flush",
  Z: "zero",
  P: "policy",
  L: "list",
  S: "list",
  V: "list",
  h: "list",
};
const NEEDS_CHAIN = new Set<Verb>([
  "append",
  "insert",
  "delete",
  "replace",
  "check",
  "new-chain",
  "rename-chain",
  "policy",
]);
/** They take no rule: the tools refuse any other word. */
const ALONE = new Set<Verb>(["new-chain", "delete-chain", "rename-chain", "flush", "policy"]);
const QUIET = /^(?:-[vnx]+|--verbose|--numeric|--exact|--line-numbers|--concurrent|--fragile)$/;
/** Options of QUIET that change how a list is shown: the tools refuse them with any other command. xshared.c commands_v_options. */
export const OF_LISTS = /^(?:-v*[nx][vnx]*|--numeric|--exact|--line-numbers)$/;

export function readCommand(words: readonly Word[]): Command {
  return new Reader(words).read();
}

class Reader {
  readonly #words: readonly Word[];
  #at = 0;
  #verb: { verb: Verb; word: Word } | null = null;
  #chain: Word | null = null;
  #number: Word | null = null;
  #operand: Word | null = null;
  #table: Word | null = null;
  #only: Command["only"] = null;
  /** An option in front that only a list takes. */
  #quiet: Word | null = null;
  readonly #spec: Word[] = [];

  constructor(words: readonly Word[]) {
    this.#words = words;
  }

  read(): Command {
    while (this.#at < this.#words.length) this.#word(this.#words[this.#at++] as Word);
    const first = this.#words[0];
    if (!this.#verb) {
      if (!first) throw new RangeError("a command has words");
      throw new NoCommand(first, "a command (-A, -I, -D, -R, -N, -F, -X, -P …)", first.text);
    }
    const { verb, word } = this.#verb;
    if (this.#quiet && verb !== "list" && verb !== "zero")
      throw new NoCommand(this.#quiet, `no ${this.#quiet.text} with ${word.text}`, this.#quiet.text, {
        help: "only -L takes it",
      });
    const stray = ALONE.has(verb) ? this.#spec.find(({ text }) => !QUIET.test(text) || OF_LISTS.test(text)) : undefined;
    if (stray) throw new NoCommand(stray, `the end of the command ${word.text}`, stray.text);
    return {
      verb,
      word,
      chain: this.#chain,
      number: this.#number && Number(this.#number.text),
      numberWord: this.#number,
      operand: this.#operand,
      table: this.#table,
      only: this.#only,
      spec: this.#spec,
    };
  }

  #word(word: Word): void {
    const { text } = word;
    const verb = word.quoted ? undefined : verbOf(text, this.#verb === null);
    if (verb !== undefined && !this.#isValue(word)) {
      if (this.#verb)
        throw new NoCommand(word, "one command", `${text} after ${this.#verb.word.text}`, {
          help: "make two lines of it",
        });
      this.#verb = { verb: verb.verb, word };
      this.#operands(verb.verb, word, verb.glued === "" ? null : { ...word, text: verb.glued });
    } else if (text === "-t" || text === "--table") this.#table = this.#next(word, "the name of a table");
    else if (/^-t./.test(text)) this.#table = { ...word, text: text.slice(2) };
    else if (text.startsWith("--table=")) this.#table = { ...word, text: text.slice(8) };
    else if (text === "-4" || text === "--ipv4") this.#only = "ipv4";
    else if (text === "-6" || text === "--ipv6") this.#only = "ipv6";
    else if (text === "-w" || text === "--wait" || text === "-W" || text === "--wait-interval") this.#optionalNumber();
    else if (text === "-M" || text === "--modprobe") this.#at++;
    else if (/^(?:-[wW]\d+|--(?:wait|wait-interval|modprobe)=.*)$/.test(text)) return;
    // behind the verb it may be the value of an option: the binder knows
    else if (!this.#verb && QUIET.test(text)) this.#quiet ??= OF_LISTS.test(text) ? word : null;
    else this.#spec.push(word);
  }

  /** The word of an option before it, such as a comment that looks like a command. */
  #isValue(word: Word): boolean {
    const before = this.#spec.at(-1);
    return (
      before?.end !== undefined &&
      this.#verb !== null &&
      this.#words[this.#at - 2] === before &&
      takesText(before, word)
    );
  }

  #operands(verb: Verb, word: Word, glued: Word | null): void {
    const needs = NEEDS_CHAIN.has(verb);
    this.#chain = glued ?? (needs ? this.#next(word, "the name of a chain") : this.#bare());
    if (verb === "policy") this.#operand = this.#next(word, "a policy, ACCEPT or DROP,");
    if (verb === "rename-chain") this.#operand = this.#next(word, "the chain's new name");
    if (verb === "replace") {
      const number = this.#next(word, "the number of a rule");
      if (!/^\d+$/.test(number.text))
        throw new NoCommand(number, "the number of a rule", number.text, {
          help: `such as ${word.text} ${this.#chain?.text ?? ""} 1`,
        });
      this.#number = number;
    }
    const numbered = verb === "insert" || verb === "delete" || verb === "zero" || verb === "list";
    const next = this.#words[this.#at];
    if (numbered && this.#chain && next && /^\d+$/.test(next.text)) {
      this.#number = next;
      this.#at++;
    }
  }

  #next(after: Word, expected: string): Word {
    const next = this.#words[this.#at++];
    if (!next) throw new NoCommand(after, `${expected} after ${after.text}`, "the end of the command");
    return next;
  }

  #bare(): Word | null {
    const next = this.#words[this.#at];
    if (!next || next.text.startsWith("-") || next.text === "!") return null;
    this.#at++;
    return next;
  }

  #optionalNumber(): void {
    if (/^\d+$/.test(this.#words[this.#at]?.text ?? "")) this.#at++;
  }
}

const takesText = (option: Word, word: Word): boolean =>
  /^--(?:comment|(?:nf)?log-prefix|nflog-prefix|string|hex-string|helper|name|u32)$/.test(option.text) &&
  word !== option;

/** `begun`: a beginning will do, as long as no verb was read; behind it, `--pol` is the match's own option. */
function verbOf(text: string, begun: boolean): { verb: Verb; glued: string } | undefined {
  const short = /^-[vnx]*([A-Z])(.*)$/.exec(text);
  const verb = own(SHORT, short?.[1] ?? "");
  // -vnL: the letters before it are of no verb that changes anything
  if (short?.[1] !== undefined && (text[1] === short[1] || verb === "list")) {
    return verb && { verb, glued: short[2] ?? "" };
  }
  if (text === "-h") return { verb: "list", glued: "" };
  if (!text.startsWith("--") || text.length < 5) return undefined;
  const exact = own(LONG, text);
  if (exact || !begun) return exact && { verb: exact, glued: "" };
  const names = Object.keys(LONG).filter((name) => name.startsWith(text));
  const [one, ...more] = names;
  return one !== undefined && more.length === 0 ? { verb: LONG[one] as Verb, glued: "" } : undefined;
}
