/** A list of commands, or the iptables lines of a shell script: which of them run is decided as far as their text says it. */
import { advised, type Problem } from "../finding.ts";
import {
  blanked,
  type CommandLine,
  type Dump,
  expand,
  expandText,
  type HereDocument,
  hereDocuments,
  MOST_TEXT,
  type Word,
} from "../syntax/index.ts";
import { and, Blocks, negate, type Status } from "./blocks.ts";
import { isCall, isVerb, SAYS, TOOL } from "./calls.ts";

/** A command that a script runs. */
export interface Call {
  /** `iptables-legacy`, without a path. */
  readonly tool: string;
  readonly words: readonly Word[];
  readonly start: number;
  readonly end: number;
  /** A failure is allowed for: `|| true`, `2>/dev/null`, the condition of an `if`. */
  readonly mayFail: boolean;
  readonly input: Input | null;
}
/** The text that a here-document gives to a command, as the shell hands it over, and where it begins. */
interface Input {
  readonly from: number;
  readonly text: string;
}
/** Runs one command on the rule-set; null where what it would answer is not known. */
export type Runner = (call: Call) => Status;

const PREFIXES = new Set(["sudo", "command", "exec", "env", "time", "nohup", "builtin"]);
const ASSIGNMENT = /^([A-Za-z_]\w*)(\+?)=(.*)$/s;
const UNCERTAIN = "it runs only if the command before it succeeds or fails, which is not known here";

export function runScript(dump: Dump, run: Runner): Problem[] {
  return new Script(dump, run).go();
}

/** A command's line, and what stands around it. */
interface Around {
  readonly line: CommandLine;
  /** What joins it to the command before, and to the next. */
  readonly joined: string;
  readonly after: string;
  readonly document: HereDocument | null;
}

class Script {
  readonly #dump: Dump;
  readonly #run: Runner;
  readonly #problems: Problem[] = [];
  readonly #variables = new Map<string, string>();
  readonly #blocks = new Blocks(this.#variables);
  readonly #documents: readonly HereDocument[];
  /** The script without its here-documents. */
  readonly #bytes: string;
  /** A command that fails ends the script: `set -e`. */
  #endsOnFailure: boolean;
  #exited = false;

  constructor(dump: Dump, run: Runner) {
    const { bytes } = dump.source;
    this.#dump = dump;
    this.#run = run;
    this.#documents = hereDocuments(bytes);
    this.#bytes = blanked(bytes, this.#documents);
    this.#endsOnFailure = /^#!.*[ \t]-[a-z]*e/.test(bytes);
  }

  go(): Problem[] {
    const commands: CommandLine[] = [];
    for (const line of this.#dump.lines()) if (line.kind === "command") commands.push(line);
    let [before, at] = [0, 0];
    let piped: HereDocument | null = null;
    for (let i = 0; i < commands.length && !this.#exited; i++) {
      const line = commands[i] as CommandLine;
      const next = commands[i + 1];
      while ((this.#documents[at]?.at ?? line.end) < line.start) at++;
      let document: HereDocument | null = piped;
      // of several, the last is what it reads
      for (; (this.#documents[at]?.at ?? line.end) < line.end; at++) document = this.#documents[at] ?? null;
      const joined = this.#between(before, line.start);
      const after = next ? this.#between(line.end, next.start) : "\n";
      this.#command({ line, joined, after, document });
      piped = after === "|" && /^cat(?:[ \t]+-)?[ \t]*<</.test(line.text) ? document : null;
      before = line.end;
    }
    return this.#problems;
  }

  /** What joins two commands; a line end outweighs blanks, and an operator both. */
  #between(from: number, to: number): string {
    const text = this.#bytes.slice(from, to).replace(/#[^\n]*/g, "");
    return /&&|\|\||;;|[|&;]/.exec(text)?.[0] ?? "\n";
  }

  #command(around: Around): void {
    const words = [...around.line.words];
    const { joined } = around;
    const { status } = this.#blocks;
    const joins = joined === "&&" ? status : joined === "||" ? negate(status) : true;
    const left = this.#blocks.take(words, joined, joins);
    const isParen = (word: Word | undefined, text: string) => word?.text === text && !word.quoted;
    let closes = 0;
    for (const word of words) closes += isParen(word, ")") ? 1 : isParen(word, "(") ? -1 : 0;
    for (let at = closes; at > 0 && isParen(words.at(-1), ")"); at--) words.pop();
    if (words.length > 0) this.#decide(words, left, around);
    for (; closes > 0; closes--) this.#blocks.close(")");
  }

  #decide(words: Word[], joins: Status, around: Around): void {
    const runs = and(this.#blocks.runs, joins);
    if (runs === false) return;
    const opposite = words[0]?.text === "!";
    if (opposite) words.shift();
    const { inCondition } = this.#blocks;
    const status = this.#simple(words, runs, around);
    this.#blocks.status = runs === null ? null : opposite ? negate(status) : status;
    this.#blocks.ended(this.#blocks.status);
    const isAllowed = opposite || inCondition || /^(?:&&|\|\||\|)$/.test(around.after);
    if (this.#endsOnFailure && runs === true && status === false && !isAllowed) this.#fail(around.line);
  }

  #fail({ start, end }: CommandLine): void {
    const reason = "the script ends here: this command fails, and set -e is on";
    this.#problems.push(this.#problem(start, end, reason, "allow for its failure: || true"));
    this.#leave();
  }

  #leave(): void {
    if (!this.#blocks.leave()) this.#exited = true;
  }

  #simple(words: Word[], runs: Status, around: Around): Status {
    const { line, after } = around;
    const [name, bracket] = words;
    if (bracket?.text === "(" && bracket.start === name?.end && name.text.endsWith("=")) {
      // an array
      this.#variables.delete(name.text.replace(/\+?=$/, ""));
      return true;
    }
    // before a command they are for that command alone
    const lasting = words.every(({ text }) => ASSIGNMENT.test(text));
    while (words[0] && ASSIGNMENT.test(words[0].text)) this.#assign(words.shift() as Word, runs, lasting);
    if (words.length === 0) return true;
    if (name?.text.startsWith("((")) {
      for (const each of name.text.match(/[A-Za-z_]\w*/g) ?? []) this.#variables.delete(each);
      return null;
    }
    const said: Word[] = [];
    for (const word of words) {
      const expanded = expand(word.text, this.#variables);
      if ("unknown" in expanded) return this.#unknown(line, word, expanded.unknown, said, words, runs);
      for (const text of expanded.words) said.push({ text, start: word.start, end: word.end, quoted: false });
    }
    const replaces = said[0]?.text === "exec" && said.length > 1;
    while (said[0] && (PREFIXES.has(said[0].text) || (said.length > 1 && ASSIGNMENT.test(said[0].text)))) {
      said.shift();
      while (said[0]?.text.startsWith("-")) said.shift();
    }
    const [first, ...rest] = said;
    const tool = first?.text.replace(/^.*\//, "") ?? "";
    if (!TOOL.test(tool)) return this.#other(tool, rest, runs, words, around);
    if (runs === null) return this.#uncertain(line);
    const input = this.#input(around);
    if (input === false) return null;
    const unquoted = line.text.replace(/'[^']*'|"(?:\\.|[^"\\])*"/gs, "");
    const mayFail = after === "||" || /(?:2|&)>[ \t]*\/dev\/null/.test(unquoted) || this.#blocks.inCondition;
    const status = this.#run({ tool, words: rest, start: line.start, end: line.end, mayFail, input });
    if (replaces) this.#leave();
    return status;
  }

  /** What a here-document gives it; false: what that would be is not known. */
  #input({ document, line }: Around): Input | null | false {
    if (!document) return null;
    const { from, to, expands, dropsTabs } = document;
    const bytes = this.#dump.source.bytes.slice(from, to);
    const raw = dropsTabs ? bytes.replace(/^\t+/gm, "") : bytes;
    const expanded = expands ? expandText(raw, this.#variables) : { text: raw };
    if ("text" in expanded) return { from, text: expanded.text };
    const help = `write the value itself, or <<'…' where ${expanded.unknown} is meant as it stands`;
    const reason = `not applied: the value of ${expanded.unknown} is not known here`;
    this.#problems.push(this.#problem(line.start, line.end, reason, help));
    return false;
  }

  #uncertain({ start, end }: CommandLine): Status {
    const why = this.#blocks.runs === null ? this.#blocks.why : UNCERTAIN;
    this.#problems.push(this.#problem(start, end, `not applied: ${why}`, this.#blocks.help));
    return null;
  }

  #other(tool: string, rest: readonly Word[], runs: Status, words: readonly Word[], around: Around): Status {
    if (tool === "true" || tool === ":") return true;
    if (tool === "false") return false;
    const isPiped = around.joined === "|" || around.after === "|";
    if (tool === "exit" && runs === true && !isPiped) this.#leave();
    if (tool === "set" && runs === true) this.#set(rest);
    if (/^(?:export|readonly|local|declare|typeset)$/.test(tool)) {
      for (const word of words.slice(1)) if (ASSIGNMENT.test(word.text)) this.#assign(word, runs, true);
      return true;
    }
    // what these run may set any variable
    if (tool === "." || tool === "source" || tool === "eval") this.#variables.clear();
    if (tool === "let") for (const { text } of rest) this.#variables.delete(text.replace(/\W.*/s, ""));
    if (!SAYS.has(tool) && rest.some(isCall)) {
      const help = "write the command itself, a line of its own";
      this.#problems.push(
        this.#problem(around.line.start, around.line.end, `not applied: what ${tool} runs is not looked at here`, help),
      );
    }
    if (tool === "read" || tool === "unset") for (const { text } of rest) this.#variables.delete(text);
    return null;
  }

  #assign({ text }: Word, runs: Status, lasting: boolean): void {
    const [, name = "", plus, raw = ""] = ASSIGNMENT.exec(text) ?? [];
    if (!lasting) return;
    const found = /^["']?(?:\$\(|`)(?:which|command -v|type -p)[ \t]+(\S+?)(?:\)|`)["']?$/.exec(raw)?.[1];
    const value = found === undefined ? expand(raw, this.#variables) : { words: [found] };
    const before = plus === "" ? "" : this.#variables.get(name);
    const now = runs !== true || "unknown" in value || before === undefined ? null : before + value.words.join(" ");
    if (now === null || now.length > MOST_TEXT) this.#variables.delete(name);
    else this.#variables.set(name, now);
  }

  #set(options: readonly Word[]): void {
    for (const [at, { text }] of options.entries()) {
      if (/^[-+][a-z]*e/.test(text) || (/^[-+]o$/.test(text) && options[at + 1]?.text === "errexit"))
        this.#endsOnFailure = text.startsWith("-");
      if (text === "--" || text === "-") return;
    }
  }

  #unknown(
    line: CommandLine,
    word: Word,
    what: string,
    said: readonly Word[],
    words: readonly Word[],
    runs: Status,
  ): Status {
    const tool = (said[0]?.text ?? word.text).replace(/^.*\//, "");
    if (/^(?:\.|source|eval)$/.test(tool)) this.#variables.clear();
    // any variable may hold a tool, a function's name or a prefix
    const isTool = said.length === 0 && words.some(isVerb);
    const isCarried = !SAYS.has(tool) && words.some(isCall);
    if (!TOOL.test(tool) && !/^"?\$\{?\w*(?:ip6?t|ebt)/i.test(tool) && !isTool && !isCarried) return null;
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
