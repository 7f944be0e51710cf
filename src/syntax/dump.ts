/** A dump that was read: columns of spans below, and views of its lines and words, made when asked for. */
import type { Problem } from "../finding.ts";
import { decode, type Source } from "../source.ts";
import type { Columns, LineSpan } from "./columns.ts";

/** Which family of tools wrote a dump; commands: a list of them, as a shell reads it. */
export type Dialect = "iptables" | "ebtables" | "commands";

export interface Word {
  /** As it is meant, without quotes and escapes; in a list of commands as it is written (see `expand`). */
  readonly text: string;
  /** The span of the word as written, quotes included. */
  readonly start: number;
  readonly end: number;
  readonly quoted: boolean;
}

interface Statement {
  readonly start: number;
  readonly end: number;
  /** As written, without the line end. */
  readonly text: string;
}

export interface RuleLine extends Statement {
  readonly kind: "rule";
  /** `[packets:bytes]` in front of the rule. */
  readonly counters: Word | null;
  readonly chain: Word;
  /** Everything after the chain. */
  readonly words: readonly Word[];
}

export interface ChainLine extends Statement {
  readonly kind: "chain";
  readonly name: Word;
  /** As written: `-` stands for none. null: left out. */
  readonly policy: Word | null;
  readonly counters: Word | null;
}

export interface TableLine extends Statement {
  readonly kind: "table";
  readonly name: Word;
}

/** Any other command than `-A` in a dump; every command of a list. */
export interface CommandLine extends Statement {
  readonly kind: "command";
  /** `[packets:bytes]` in front of it. */
  readonly counters: Word | null;
  /** In a list of commands as written: see `expand`. */
  readonly words: readonly Word[];
}

export interface PlainLine extends Statement {
  readonly kind: "commit" | "comment" | "blank" | "unreadable";
}

export type Line = RuleLine | ChainLine | TableLine | CommandLine | PlainLine;

export class Dump {
  readonly source: Source;
  readonly dialect: Dialect;
  readonly problems: readonly Problem[];
  readonly #columns: Columns;

  constructor(source: Source, dialect: Dialect, columns: Columns, problems: readonly Problem[]) {
    this.source = source;
    this.dialect = dialect;
    this.problems = problems;
    this.#columns = columns;
  }

  get lineCount(): number {
    return this.#columns.lineCount;
  }

  *lines(): Generator<Line, void> {
    for (let i = 0; i < this.lineCount; i++) yield this.line(i);
  }

  /** The line with this index, counted from 0; a rule whose quotes hold a line end is one line. */
  line(index: number): Line {
    if (!(index >= 0 && index < this.lineCount)) throw new RangeError(`the dump has no line ${index}`);
    const span = this.#columns.line(index);
    switch (span.kind) {
      case "rule":
        return new RuleView(this.source, this.#columns, span);
      case "chain":
        return new ChainView(this.source, this.#columns, span);
      case "command":
        return new CommandView(this.source, this.#columns, span);
      case "table":
        return new TableView(this.source, this.#columns, span);
      default:
        return new PlainView(this.source, this.#columns, span);
    }
  }
}

class View {
  readonly start: number;
  readonly end: number;
  readonly #source: Source;
  readonly #columns: Columns;
  readonly #span: LineSpan;

  constructor(source: Source, columns: Columns, span: LineSpan) {
    this.start = span.start;
    this.end = span.end;
    this.#source = source;
    this.#columns = columns;
    this.#span = span;
  }

  get text(): string {
    return this.#source.text(this.start, this.end);
  }

  protected word(index: number): Word {
    return new WordView(this.#source, this.#columns, this.#span.firstWord + index);
  }

  protected get wordCount(): number {
    return this.#span.lastWord - this.#span.firstWord;
  }
}

class RuleView extends View implements RuleLine {
  readonly kind = "rule";

  get counters(): Word | null {
    return this.#hasCounters() ? this.word(0) : null;
  }

  get chain(): Word {
    return this.word(this.#hasCounters() ? 1 : 0);
  }

  get words(): readonly Word[] {
    const first = this.#hasCounters() ? 2 : 1;
    const words: Word[] = [];
    for (let i = first; i < this.wordCount; i++) words.push(this.word(i));
    return words;
  }

  /** Without counters, a rule begins with its command, which is no word. */
  #hasCounters(): boolean {
    return this.word(0).start === this.start;
  }
}

class ChainView extends View implements ChainLine {
  readonly kind = "chain";

  get name(): Word {
    return this.word(0);
  }

  get policy(): Word | null {
    return this.#has(1, false) ? this.word(1) : null;
  }

  get counters(): Word | null {
    return this.#has(2, true) ? this.word(2) : this.#has(1, true) ? this.word(1) : null;
  }

  #has(index: number, counters: boolean): boolean {
    return this.wordCount > index && this.word(index).text.startsWith("[") === counters;
  }
}

class CommandView extends View implements CommandLine {
  readonly kind = "command";

  get counters(): Word | null {
    return this.word(0).text.startsWith("[") ? this.word(0) : null;
  }

  get words(): readonly Word[] {
    const words: Word[] = [];
    for (let i = this.counters ? 1 : 0; i < this.wordCount; i++) words.push(this.word(i));
    return words;
  }
}

class TableView extends View implements TableLine {
  readonly kind = "table";

  get name(): Word {
    return this.word(0);
  }
}

class PlainView extends View implements PlainLine {
  readonly kind: PlainLine["kind"];

  constructor(source: Source, columns: Columns, span: LineSpan) {
    super(source, columns, span);
    this.kind = span.kind as PlainLine["kind"];
  }
}

class WordView implements Word {
  readonly start: number;
  readonly end: number;
  readonly quoted: boolean;
  readonly #source: Source;
  readonly #raw: boolean;
  #text: string | undefined;

  constructor(source: Source, columns: Columns, index: number) {
    this.#source = source;
    this.#raw = columns.raw;
    this.start = columns.wordStart(index);
    this.end = columns.wordEnd(index);
    this.quoted = columns.isQuoted(index);
  }

  get text(): string {
    this.#text ??=
      this.quoted && !this.#raw
        ? decode(this.#source.bytes.slice(this.start + 1, this.end - 1).replace(/\\(.)/gs, "$1"))
        : this.#source.text(this.start, this.end);
    return this.#text;
  }
}
