/** The outside world, handed in so that the whole program runs in a test. */
import { createReadStream, readdirSync, readFileSync, statSync } from "node:fs";
import { styleText } from "node:util";
import type { Style } from "../report/style.ts";
import { safe } from "../report/text.ts";
import { badInput } from "./exit-codes.ts";

export interface Io {
  /** Text as it is to be shown; bytes go through `writeBytes`. */
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** One char per byte. */
  readonly outBytes: (bytes: string) => void;
  readonly stdin: () => AsyncIterable<Buffer>;
  readonly colour: boolean;
  /** Whether a person reads the output as it comes: then nothing in it may steer their terminal. */
  readonly terminal: boolean;
  /** Aborts when the user interrupts; until it is asked for, that ends the program as usual. */
  readonly interrupted: () => AbortSignal;
  /** Tells how far a long run has come; null where nobody watches. */
  readonly progress: ((text: string) => void) | null;
}

/** A file's bytes, one char each; `-` is standard input. */
export async function readBytes(name: string, io: Io): Promise<string> {
  if (name === "-") return readAll(io.stdin(), name);
  try {
    return readFileSync(name, "latin1");
  } catch (error) {
    throw readingError(name, error);
  }
}

async function readAll(chunks: AsyncIterable<Buffer>, name: string): Promise<string> {
  const parts: Buffer[] = [];
  try {
    for await (const chunk of chunks) parts.push(chunk);
    return Buffer.concat(parts).toString("latin1");
  } catch (error) {
    throw readingError(name, error);
  }
}

/** A file in pieces, for logs of any size. */
export async function* readChunks(name: string, io: Io): AsyncIterable<string> {
  const chunks: AsyncIterable<Buffer> = name === "-" ? io.stdin() : createReadStream(name, { highWaterMark: 1 << 18 });
  const meter = io.progress && new Meter(name, io.progress, sizeOf(name));
  try {
    for await (const chunk of chunks) {
      meter?.add(chunk.length);
      yield chunk.toString("latin1");
    }
  } catch (error) {
    throw readingError(name, error);
  } finally {
    meter?.done();
  }
}

/** Of a pipe it is not known before its end. */
function sizeOf(name: string): number | null {
  const file = name === "-" ? undefined : statSync(name, { throwIfNoEntry: false });
  return file?.isFile() ? file.size : null;
}

const BAR = 24;
/** Says nothing about what takes less than a second. */
class Meter {
  readonly #name: string;
  readonly #show: (text: string) => void;
  readonly #size: number | null;
  #bytes = 0;
  #next = Date.now() + 1000;
  #shown = false;

  constructor(name: string, show: (text: string) => void, size: number | null) {
    this.#name = safe(name);
    this.#show = show;
    this.#size = size;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    if (Date.now() < this.#next) return;
    this.#next = Date.now() + 250;
    this.#shown = true;
    this.#show(`\r${this.#name}: ${this.#words()}`);
  }

  #words(): string {
    const megabytes = (bytes: number) => Math.round(bytes / 2 ** 20);
    if (!this.#size) return `${megabytes(this.#bytes)} MB read`;
    // what is still being written may have grown
    const share = Math.min(1, this.#bytes / this.#size);
    const bar = "#".repeat(Math.round(share * BAR)).padEnd(BAR, ".");
    return `[${bar}] ${Math.floor(share * 100)} % of ${megabytes(this.#size)} MB`;
  }

  done(): void {
    if (this.#shown) this.#show("\r\x1b[K");
  }
}

export function isFolder(name: string): boolean {
  return name !== "-" && (statSync(name, { throwIfNoEntry: false })?.isDirectory() ?? false);
}
export const filesIn = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => `${folder.replace(/\/$/, "")}/${name}`)
    .sort();

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  EACCES: "permission denied",
  EISDIR: "is a folder",
  ERR_STRING_TOO_LONG: "too large to read at once (over 512 MB)",
  ERR_FS_FILE_TOO_LARGE: "too large to read at once (over 2 GB)",
};
export const readingError = (name: string, error: unknown): Error => badInput(`${name}: ${reason(error)}`);
function reason(error: unknown): string {
  const code = (error as { code?: string }).code ?? "";
  return REASONS[code] ?? `cannot be read (${code || String(error)})`;
}

export function styleOf(colour: boolean): Style {
  const paint = (name: Parameters<typeof styleText>[0]) => (text: string) =>
    colour ? styleText(name, text, { validateStream: false }) : text;
  return {
    bold: paint("bold"),
    red: paint("red"),
    green: paint("green"),
    yellow: paint("yellow"),
    cyan: paint("cyan"),
    dim: paint("dim"),
  };
}

/** Terminal-safe: what JSON leaves raw and a terminal would obey is escaped. */
export const jsonText = (value: unknown): string => `${escaped(JSON.stringify(value, null, 2))}\n`;
export const jsonLine = (value: unknown): string => `${escaped(JSON.stringify(value))}\n`;
const escaped = (json: string): string =>
  json.replace(
    /[\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
