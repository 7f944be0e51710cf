/** The compound commands of a shell script: whether what stands in them runs. */
import type { Word } from "../syntax/index.ts";

/** true: it succeeds, or runs; false: it does not; null: that is not known here. */
export type Status = boolean | null;
export const and = (a: Status, b: Status): Status =>
  a === false || b === false ? false : a === null || b === null ? null : true;
export const negate = (status: Status): Status => (status === null ? null : !status);
const or = (a: Status, b: Status): Status => negate(and(negate(a), negate(b)));

type Kind = "if" | "loop" | "case" | "function" | "group";
interface Block {
  readonly kind: Kind;
  /** Whether the whole block runs. */
  readonly outer: Status;
  /** Whether the commands that come now run. */
  runs: Status;
  /** Between `if` or `elif` and `then`. */
  inCondition: boolean;
  condition: Status;
  /** Whether a branch before this one was taken. */
  before: Status;
  /** A function's brace is there. */
  opened: boolean;
}

const WHY: Readonly<Record<Kind, string>> = {
  if: "it runs only under a condition that is not known here",
  loop: "it stands in a loop",
  case: "it stands in a case, and which pattern fits is not known here",
  function: "it stands in a function",
  group: "it runs only if the command before it succeeds or fails, which is not known here",
};
const HELP: Readonly<Record<Kind, string>> = {
  if: "write the commands that run, without the condition",
  loop: "write its commands out, one a line",
  case: "write the commands that run, without the case",
  function: "write its commands where they are to run",
  group: "write the commands that run, a line each",
};
const LOOPS = new Set(["for", "while", "until", "select"]);

export class Blocks {
  readonly #open: Block[] = [];

  get runs(): Status {
    const top = this.#open.at(-1);
    return top ? top.runs : true;
  }
  /** Why what comes now may or may not run. */
  get why(): string {
    return WHY[this.#open.findLast(({ runs }) => runs === null)?.kind ?? "group"];
  }
  /** What to do about it. */
  get help(): string {
    return HELP[this.#open.findLast(({ runs }) => runs === null)?.kind ?? "group"];
  }
  get inCondition(): boolean {
    return this.#open.some(({ inCondition }) => inCondition);
  }
  get inGroup(): boolean {
    return this.#open.some(({ kind }) => kind === "group");
  }

  /** Takes the words that open and close blocks off a command; what is left is a simple command. */
  take(words: Word[], variables: Map<string, string>): Word[] {
    for (;;) {
      const word = words[0];
      if (!word || word.quoted) return words;
      const { text } = word;
      // the pattern of a case
      const pattern = this.#open.at(-1)?.kind === "case" ? words.findIndex((each) => each.text === ")") : -1;
      if (pattern >= 0) {
        words.splice(0, pattern + 1);
        continue;
      }
      const isFunction = text === "function" || (words[1]?.text === "(" && words[2]?.text === ")");
      if (isFunction) {
        this.#push("function", null);
        const brace = words.findIndex((each) => each.text === "{");
        words.splice(0, brace < 0 ? words.length : brace);
        continue;
      }
      if (text === "if") this.#push("if", this.runs, true);
      else if (text === "case") {
        this.#push("case", null);
        return [];
      } else if (LOOPS.has(text)) {
        this.#push("loop", null);
        const name = words[1]?.text ?? "";
        if (text !== "for" && text !== "select") words.shift();
        else {
          variables.delete(name);
          return [];
        }
        continue;
      } else if (text === "{" || text === "(") this.#brace();
      else if (/^(?:then|elif|else)$/.test(text)) this.#branch(text);
      else if (/^(?:fi|done|esac|\}|\))$/.test(text)) this.#open.pop();
      else if (text !== "do") return words;
      words.shift();
    }
  }

  /** A `)` behind a command. */
  close(): void {
    this.#open.pop();
  }

  /** How the latest command ended: the condition of the `if` that it stands in. */
  ended(status: Status): void {
    const top = this.#open.at(-1);
    if (top?.inCondition) top.condition = status;
  }

  #push(kind: Kind, runs: Status, inCondition = false): void {
    this.#open.push({
      kind,
      outer: this.runs,
      runs: and(this.runs, runs),
      inCondition,
      condition: null,
      before: false,
      opened: false,
    });
  }

  #brace(): void {
    const top = this.#open.at(-1);
    if (top?.kind === "function" && !top.opened) top.opened = true;
    else this.#push("group", this.runs);
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
    if (word === "elif") top.condition = null;
  }
}
