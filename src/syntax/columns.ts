/** A dump's spans as flat columns: a rule-set of 100k rules is a few arrays, not millions of objects. */
import { LINE_KINDS, type LineKind, type Sink } from "./sink.ts";

/** Marks a word's end offset: offsets stay below 2^29, the longest string Node makes. */
const QUOTED = 1 << 31;
const OFFSET = ~QUOTED;

/** Kind, start, end, first word. */
const LINE_SIZE = 4;

export interface LineSpan {
  readonly kind: LineKind;
  readonly start: number;
  readonly end: number;
  readonly firstWord: number;
  readonly lastWord: number;
}

export class Columns implements Sink {
  #words = new Int32Array(1 << 10);
  #wordsUsed = 0;
  #lines = new Int32Array(1 << 8);
  #linesUsed = 0;
  /** Words stay as they are written: in a list of commands only the shell knows what they mean. */
  readonly raw: boolean;
  /** The lines that could not be read. */
  readonly bad: number[] = [];
  /** Where the words of the line being read begin. */
  #open = 0;

  constructor(raw = false) {
    this.raw = raw;
  }

  get lineCount(): number {
    return this.#linesUsed / LINE_SIZE;
  }

  line(index: number): LineSpan {
    const at = index * LINE_SIZE;
    const last = at + LINE_SIZE < this.#linesUsed ? this.#lines[at + LINE_SIZE + 3] : this.#wordsUsed / 2;
    return {
      kind: LINE_KINDS[this.#lines[at] as number] as LineKind,
      start: this.#lines[at + 1] as number,
      end: this.#lines[at + 2] as number,
      firstWord: this.#lines[at + 3] as number,
      lastWord: last as number,
    };
  }

  wordStart(index: number): number {
    return this.#words[index * 2] as number;
  }

  wordEnd(index: number): number {
    return (this.#words[index * 2 + 1] as number) & OFFSET;
  }

  isQuoted(index: number): boolean {
    return (this.#words[index * 2 + 1] as number) < 0;
  }

  word(start: number, end: number): void {
    if (this.#wordsUsed === this.#words.length) this.#words = grown(this.#words);
    this.#words[this.#wordsUsed++] = start;
    this.#words[this.#wordsUsed++] = end;
  }

  quoted(start: number, end: number): void {
    this.word(start, end | QUOTED);
  }

  counters(start: number, end: number): void {
    this.word(start, end);
  }

  rule(start: number, end: number): void {
    this.#line(0, start, end);
  }

  chain(start: number, end: number): void {
    this.#line(1, start, end);
  }

  table(start: number, end: number): void {
    this.#line(2, start, end);
  }

  commit(start: number, end: number): void {
    this.#line(3, start, end);
  }

  comment(start: number, end: number): void {
    this.#line(4, start, end);
  }

  blank(start: number, end: number): void {
    this.#line(5, start, end);
  }

  unreadable(start: number, end: number): void {
    this.#wordsUsed = this.#open;
    this.bad.push(this.lineCount);
    this.#line(6, start, end);
  }

  command(start: number, end: number): void {
    this.#line(7, start, end);
  }

  #line(kind: number, start: number, end: number): void {
    if (this.#linesUsed === this.#lines.length) this.#lines = grown(this.#lines);
    this.#lines[this.#linesUsed] = kind;
    this.#lines[this.#linesUsed + 1] = start;
    this.#lines[this.#linesUsed + 2] = end;
    this.#lines[this.#linesUsed + 3] = this.#open / 2;
    this.#linesUsed += LINE_SIZE;
    this.#open = this.#wordsUsed;
  }
}

function grown(column: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(column.length * 2);
  larger.set(column);
  return larger;
}
