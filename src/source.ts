/** One input file as bytes, and the way from a byte offset to what a person sees. */

/** 1-based; columns count characters where the line's bytes are valid UTF-8, bytes elsewhere. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Bytes (one char each) to text. Bytes that are not UTF-8 become lone surrogates U+DC80..U+DCFF,
 * so that `encode` gives exactly the same bytes back.
 */
/** As a text of its own: a part of a long one keeps all of that in memory. */
export const detached = (text: string): string => ` ${text}`.slice(1);

export function decode(bytes: string): string {
  if (/^[\0-\x7f]*$/.test(bytes)) return bytes;
  try {
    return strict.decode(Buffer.from(bytes, "latin1"));
  } catch {
    return bytes.replace(/[\x80-\xff]+/g, decodeRun);
  }
}

function decodeRun(run: string): string {
  let text = "";
  for (let at = 0; at < run.length; ) {
    const lead = run.charCodeAt(at);
    const size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    try {
      text += strict.decode(Buffer.from(run.slice(at, at + size), "latin1"));
      at += size;
    } catch {
      text += String.fromCharCode(0xdc00 + lead);
      at++;
    }
  }
  return text;
}

/** The inverse of `decode`: text to bytes (one char each). */
export function encode(text: string): string {
  if (/^[\0-\x7f]*$/.test(text)) return text;
  return text
    .split(/([\udc80-\udcff])/)
    .map((part, i) =>
      i % 2 ? String.fromCharCode(part.charCodeAt(0) - 0xdc00) : Buffer.from(part, "utf8").toString("latin1"),
    )
    .join("");
}

/** Surrogate pairs count as one. */
function countCharacters(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length; at++) if ((text.codePointAt(at) ?? 0) > 0xffff) count--;
  return count;
}

export class Source {
  /** As the user named it. */
  readonly name: string;
  /** The file's bytes, one char each; every offset in the project counts these. */
  readonly bytes: string;
  #lineStarts: number[] | undefined;

  constructor(name: string, bytes: string) {
    this.name = name;
    this.bytes = bytes;
  }

  /** The text between two offsets. */
  text(start: number, end: number): string {
    return decode(this.bytes.slice(start, end));
  }

  position(offset: number): Position {
    const line = this.lineAt(offset);
    const start = this.#starts()[line - 1] ?? 0;
    return { line, column: countCharacters(decode(this.bytes.slice(start, offset))) + 1 };
  }

  /** The 1-based line of an offset. */
  lineAt(offset: number): number {
    const starts = this.#starts();
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  }

  /** A line's text without its line end; 1-based. */
  line(number: number): string {
    const starts = this.#starts();
    const start = starts[number - 1] ?? this.bytes.length;
    const next = starts[number] ?? this.bytes.length + 1;
    return decode(this.bytes.slice(start, next - 1).replace(/\r$/, ""));
  }

  #starts(): number[] {
    if (!this.#lineStarts) {
      const starts = [0];
      for (let at = this.bytes.indexOf("\n"); at >= 0; at = this.bytes.indexOf("\n", at + 1)) starts.push(at + 1);
      this.#lineStarts = starts;
    }
    return this.#lineStarts;
  }
}
