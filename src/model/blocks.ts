/** The compound commands of a shell script: whether what stands in them runs. */
import type { Word } from "../syntax/index.ts";

/** true: it succeeds, or runs; false: it does not; null: that is not known here. */
export type Status = boolean | null;
export const and = (a: Status, b: Status): Status =>
  a === false || b === false ? false : a === null || b === null ? null : true;
export const negate = (status: Status): Status => (status === null ? null : !status);
const or = (a: Status, b: Status): Status => negate(and(negate(a), negate(b)));

type Kind = "if" | "loop" | "case" | "function" | "group" | "subshell";
interface Block {
  readonly kind: Kind;
  /** Whether the whole block runs. */
  outer: Status;
  /** Whether the commands that come now run. */
  runs: Status;
  /** Between `if` or `elif` and `then`. */
  inCondition: boolean;
  /** What it stands in is such a condition. */
  readonly within: boolean;
  condition: Status;
  /** Whether a branch before this one was taken. */
  before: Status;
  /** A function's brace is there. */
  opened: boolean;
  /** What comes next in a case is a pattern. */
  awaitsPattern: boolean;
  /** How the command before it ended. */
  readonly entered: Status;
  /** What a subshell assigns is forgotten at its end. */
  readonly variables: ReadonlyMap<string, string> | null;
}

const WHY: Readonly<Record<Exclude<Kind, "subshell">, string>> = {
  if: "it runs only under a condition that is not known here",
  loop: "it stands in a loop",
  case: "it stands in a case, and which pattern fits is not known here",
  function: "it stands in a function",
  group: "it runs only if the command before it succeeds or fails, which is not known here",
};
const HELP: Readonly<Record<Exclude<Kind, "subshell">, string>> = {
  if: "write the commands that run, without the condition",
  loop: "write its commands out, one a line",
  case: "write the commands that run, without the case",
  function: "write its commands where they are to run",
  group: "write the commands that run, a line each",
};
/** What each closing word can close. */
const CLOSES = new Map<string, readonly Kind[]>([
  ["fi", ["if"]],
  ["done", ["loop"]],
  ["esac", ["case"]],
  ["}", ["group", "function"]],
  [")", ["subshell", "function"]],
]);
export class Blocks {
  readonly #open: Block[] = [];
  readonly #variables: Map<string, string>;
  /** How the latest command ended. */
  status: Status = true;

  constructor(variables: Map<string, string>) {
    this.#variables = variables;
  }

  get runs(): Status {
    const top = this.#open.at(-1);
    return top ? top.runs : true;
  }
  /** Why what comes now may or may not run. */
  get why(): string {
    return WHY[this.#unsettled];
  }
  /** What to do about it. */
  get help(): string {
    return HELP[this.#unsettled];
  }
  /** A group is as uncertain as what it stands in. */
  get #unsettled(): Exclude<Kind, "subshell"> {
    const { kind = "group" } =
      this.#open.findLast((each) => each.runs === null && each.kind !== "group" && each.kind !== "subshell") ?? {};
    return kind === "subshell" ? "group" : kind;
  }
  get inCondition(): boolean {
    const top = this.#open.at(-1);
    return !!top && (top.inCondition || top.within);
  }

  /**
   * Takes the words that open and close blocks off a command; what is left is a simple command. `joined` is what stands
   * before it, `joins` whether that lets it run: true in the answer where a block that it opens has taken that over.
   */
  take(words: Word[], joined: string, joins: Status): Status {
    const top = this.#open.at(-1);
    if (joined === ";;" && top?.kind === "case") top.awaitsPattern = true;
    let left = joins;
    let at = 0;
    for (let word = words[at]; word; word = words[at]) {
      const before = this.#open.length;
      const taken = this.#pattern(words, at) ?? (word.quoted ? null : this.#word(words, at, left));
      if (taken === null) break;
      at = taken;
      if (this.#open.length > before) left = true;
    }
    words.splice(0, at);
    return left;
  }

  /** Behind a pattern of a case, if one begins here. */
  #pattern(words: readonly Word[], at: number): number | null {
    const top = this.#open.at(-1);
    if (top?.kind !== "case" || !top.awaitsPattern || words[at]?.text === "esac") return null;
    const end = words.findIndex((each, i) => i > at && each.text === ")" && !each.quoted);
    top.awaitsPattern = end < 0;
    return end < 0 ? words.length : end + 1;
  }

  /** Behind the words here that belong to a block; null: these do not. */
  #word(words: readonly Word[], at: number, joins: Status): number | null {
    const [first, second, third, fourth] = words.slice(at, at + 4);
    const text = first?.text ?? "";
    if (text === "function" || (second?.text === "(" && third?.text === ")" && /^[^=("]+$/.test(text))) {
      this.#push("function", null, joins);
      return at + (text !== "function" ? 3 : third?.text === "(" && fourth ? 4 : 2);
    }
    if (text === "case") {
      this.#push("case", null, joins);
      const start = words.findIndex((each, i) => i > at + 1 && each.text === "in");
      return start < 0 ? words.length : start + 1;
    }
    if (text === "for" || text === "select") {
      this.#push("loop", null, joins);
      this.#variables.delete(second?.text ?? "");
      return words.length;
    }
    if (text === "if") this.#push("if", true, joins);
    else if (text === "while" || text === "until") this.#push("loop", null, joins);
    else if (text === "{" || text === "(") this.#brace(text, joins);
    else if (text === "then" || text === "elif" || text === "else") this.#branch(text);
    else if (CLOSES.has(text)) this.close(text);
    else if (text !== "do") return null;
    return at + 1;
  }

  close(word: string): void {
    const top = this.#open.at(-1);
    if (!top || !CLOSES.get(word)?.includes(top.kind)) return;
    this.#open.pop();
    if (top.variables) {
      this.#variables.clear();
      for (const [name, value] of top.variables) this.#variables.set(name, value);
    }
    this.status = this.#after(top);
    this.ended(this.status);
  }

  /** How a block as a whole ended. */
  #after({ kind, outer, entered, before, condition }: Block): Status {
    if (outer === false) return entered;
    if (kind === "function") return outer;
    if (outer === null || kind === "loop" || kind === "case") return null;
    if (kind !== "if") return this.status;
    const taken = or(before, condition);
    return taken === false ? true : taken && this.status;
  }

  /** How the latest command ended: the condition of the `if` that it stands in. */
  ended(status: Status): void {
    const top = this.#open.at(-1);
    if (top?.inCondition) top.condition = status;
  }

  /** `exit`: nothing more runs in the subshell that it stands in; false: it is the script that ends. */
  leave(): boolean {
    const subshell = this.#open.findLastIndex(({ kind }) => kind === "subshell");
    this.#open.slice(Math.max(subshell, 0)).forEach((block, at) => {
      block.runs = false;
      if (at > 0) block.outer = false;
    });
    return subshell >= 0;
  }

  #push(kind: Kind, runs: Status, joins: Status): void {
    const outer = and(this.runs, joins);
    this.#open.push({
      kind,
      outer,
      runs: and(outer, runs),
      inCondition: kind === "if",
      within: this.inCondition,
      condition: null,
      before: false,
      opened: false,
      awaitsPattern: kind === "case",
      entered: this.status,
      variables: kind === "subshell" ? new Map(this.#variables) : null,
    });
  }

  #brace(brace: string, joins: Status): void {
    const top = this.#open.at(-1);
    if (top?.kind === "function" && !top.opened) top.opened = true;
    else this.#push(brace === "(" ? "subshell" : "group", true, joins);
  }

  #branch(word: string): void {
    const top = this.#open.at(-1);
    if (top?.kind !== "if") return;
    if (word === "then") {
      top.runs = and(top.outer, and(negate(top.before), top.condition));
      top.inCondition = false;
      return;
    }
    top.before = or(top.before, top.condition);
    top.runs = and(top.outer, negate(top.before));
    top.inCondition = word === "elif";
    top.condition = word === "elif" ? null : true;
  }
}
