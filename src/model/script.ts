/** A list of commands, or the iptables lines of a shell script: which of them run is decided as far as their text says it. */
import { advised, type Problem } from "../finding.ts";
import { type CommandLine, type Dump, expand, type Word } from "../syntax/index.ts";
import { and, Blocks, negate, type Status } from "./blocks.ts";

/** A command that a script runs. */
export interface Call {
  /** `iptables-legacy`, without a path. */
  readonly tool: string;
  readonly words: readonly Word[];
  readonly start: number;
  readonly end: number;
  /** A failure is allowed for: `|| true`, `2>/dev/null`, the condition of an `if`. */
  readonly mayFail: boolean;
  /** The text that a here-document gives it: from, to. */
  readonly input: readonly [number, number] | null;
}
/** Runs one command on the rule-set; null where what it would answer is not known. */
export type Runner = (call: Call) => Status;

const TOOL = /^(?:ip6?|eb|arp)tables(?:-legacy|-nft)?(?:-restore)?$/;
const PREFIXES = new Set(["sudo", "command", "exec", "env", "time", "nohup", "builtin"]);
const ASSIGNMENT = /^([A-Za-z_]\w*)=(.*)$/s;
const UNCERTAIN = "it runs only if the command before it succeeds or fails, which is not known here";

export function runScript(dump: Dump, run: Runner): Problem[] {
  return new Script(dump, run).go();
}

/** A command's line, and what comes after it. */
interface Around {
  readonly line: CommandLine;
  readonly after: string;
  readonly input: Call["input"];
}

class Script {
  readonly #dump: Dump;
  readonly #run: Runner;
  readonly #problems: Problem[] = [];
  readonly #variables = new Map<string, string>();
  readonly #blocks = new Blocks();
  #status: Status = true;
  #exited = false;

  constructor(dump: Dump, run: Runner) {
    this.#dump = dump;
    this.#run = run;
  }

  go(): Problem[] {
    const commands: CommandLine[] = [];
    for (const line of this.#dump.lines()) if (line.kind === "command") commands.push(line);
    let before = 0;
    for (let i = 0; i < commands.length && !this.#exited; i++) {
      const line = commands[i] as CommandLine;
      const input = this.#hereDocument(line);
      // what a here-document holds is no command of the script's
      while (input && (commands[i + 1]?.start ?? Number.POSITIVE_INFINITY) < input[1]) i++;
      const end = input?.[1] ?? line.end;
      const next = commands[i + 1];
      this.#command(line, this.#between(before, line.start), next ? this.#between(end, next.start) : "\n", input);
      before = end;
    }
    return this.#problems;
  }

  /** What joins two commands; a line end outweighs blanks, and an operator both. */
  #between(from: number, to: number): string {
    const text = this.#dump.source.text(from, to).replace(/#[^\n]*/g, "");
    return /&&|\|\||[|&;]/.exec(text)?.[0] ?? "\n";
  }

  #hereDocument(line: CommandLine): readonly [number, number] | null {
    const { bytes } = this.#dump.source;
    const mark = /<<(-?)[ \t]*(["']?)([A-Za-z_]\w*)\2/.exec(bytes.slice(line.start, line.end).replace(/<<</g, "   "));
    if (!mark) return null;
    const begin = bytes.indexOf("\n", line.end) + 1;
    if (begin === 0) return null;
    const end = new RegExp(`^${mark[1] ? "\\t*" : ""}${mark[3]}$`, "m").exec(bytes.slice(begin));
    const last = end ? begin + end.index : bytes.length;
    return [begin, last + (end?.[0].length ?? 0)];
  }

  #command(line: CommandLine, joined: string, after: string, input: Call["input"]): void {
    const words = this.#blocks.take([...line.words], this.#variables);
    let closes = 0;
    for (let last = words.at(-1); last?.text === ")" && !last.quoted; last = words.at(-1)) {
      words.pop();
      closes++;
    }
    if (words.length > 0) this.#decide(words, line, joined, after, input);
    for (; closes > 0; closes--) this.#blocks.close();
  }

  #decide(words: Word[], line: CommandLine, joined: string, after: string, input: Call["input"]): void {
    let runs = this.#blocks.runs;
    if (joined === "&&") runs = and(runs, this.#status);
    else if (joined === "||") runs = and(runs, negate(this.#status));
    if (runs === false) return;
    const opposite = words[0]?.text === "!";
    if (opposite) words.shift();
    const status = this.#simple(words, runs, { line, after, input });
    this.#status = runs === null ? null : opposite ? negate(status) : status;
    this.#blocks.ended(this.#status);
  }

  #simple(words: Word[], runs: Status, { line, after, input }: Around): Status {
    // before a command they are for that command alone
    const lasting = words.every(({ text }) => ASSIGNMENT.test(text));
    while (words[0] && ASSIGNMENT.test(words[0].text)) this.#assign(words.shift() as Word, runs, lasting);
    if (words.length === 0) return true;
    const said: Word[] = [];
    for (const word of words) {
      const expanded = expand(word.text, this.#variables);
      if ("unknown" in expanded) return this.#unknown(line, word, expanded.unknown, said, runs);
      for (const text of expanded.words) said.push({ text, start: word.start, end: word.end, quoted: false });
    }
    while (said[0] && (PREFIXES.has(said[0].text) || (said.length > 1 && ASSIGNMENT.test(said[0].text)))) {
      said.shift();
      while (said[0]?.text.startsWith("-")) said.shift();
    }
    const [first, ...rest] = said;
    const tool = first?.text.replace(/^.*\//, "") ?? "";
    if (!TOOL.test(tool)) return this.#other(tool, rest, runs, words);
    if (runs === null) return this.#uncertain(line);
    const mayFail = after === "||" || /(?:2|&)>[ \t]*\/dev\/null/.test(line.text) || this.#blocks.inCondition;
    return this.#run({ tool, words: rest, start: line.start, end: line.end, mayFail, input });
  }

  #uncertain({ start, end }: CommandLine): Status {
    const why = this.#blocks.runs === null ? this.#blocks.why : UNCERTAIN;
    this.#problems.push(this.#problem(start, end, `not applied: ${why}`, this.#blocks.help));
    return null;
  }

  #other(tool: string, rest: readonly Word[], runs: Status, words: readonly Word[]): Status {
    if (tool === "true" || tool === ":") return true;
    if (tool === "false") return false;
    if (tool === "exit" && runs === true && !this.#blocks.inGroup) this.#exited = true;
    if (/^(?:export|readonly|local|declare|typeset)$/.test(tool)) {
      for (const word of words.slice(1)) if (ASSIGNMENT.test(word.text)) this.#assign(word, runs, true);
      return true;
    }
    if (tool === "read" || tool === "unset") for (const { text } of rest) this.#variables.delete(text);
    return null;
  }

  #assign({ text }: Word, runs: Status, lasting: boolean): void {
    const [, name = "", raw = ""] = ASSIGNMENT.exec(text) ?? [];
    if (!lasting) return;
    const found = /^["']?(?:\$\(|`)(?:which|command -v|type -p)[ \t]+(\S+?)(?:\)|`)["']?$/.exec(raw)?.[1];
    const value = found === undefined ? expand(raw, this.#variables) : { words: [found] };
    if (runs !== true || "unknown" in value) this.#variables.delete(name);
    else this.#variables.set(name, value.words.join(" "));
  }

  #unknown(line: CommandLine, word: Word, what: string, said: readonly Word[], runs: Status): Status {
    const tool = (said[0]?.text ?? word.text).replace(/^.*\//, "");
    if (!TOOL.test(tool) && !/^"?\$\{?\w*(?:ip6?t|ebt)/i.test(tool)) return null;
    if (runs === null) return this.#uncertain(line);
    const name = /^\$\{?([A-Za-z_]\w*)\}?$/.exec(what)?.[1];
    const help = name === undefined ? "write the value itself" : `write the value itself, or set it above: ${name}=…`;
    this.#problems.push(
      this.#problem(word.start, word.end, `not applied: the value of ${what} is not known here`, help),
    );
    return null;
  }

  #problem(start: number, end: number, reason: string, help: string): Problem {
    return {
      rule: "syntax-error",
      message: "refused",
      data: { reason },
      place: { source: this.#dump.source, start, end },
      ...advised({ help }),
    };
  }
}
