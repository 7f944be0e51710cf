/** Why a line could not be read, in words: peggy's own parser runs on that line alone. */
import { type Advice, advised, type Problem } from "../finding.ts";
import { nearest } from "../nearest.ts";
import { decode, type Source } from "../source.ts";
import type { Dialect } from "./dump.ts";
import { parse as parseCommands } from "./generated/commands.parser.js";
import { parse as parseEbtables } from "./generated/ebtables-save.parser.js";
import { parse as parseIptables } from "./generated/iptables-save.parser.js";
import type { Sink } from "./sink.ts";

/** What is wrong with a statement is near its beginning, or it is no statement. */
const EXPLAINED_BYTES = 4096;
/** A file with more bad lines than this is no dump; the next explanation would help nobody. */
const EXPLAINED_LINES = 100;

const UNEXPLAINED = { expected: "a line of a dump", found: "something else" };

const parsers = { iptables: parseIptables, ebtables: parseEbtables, commands: parseCommands };

const nothing = () => {};
const deaf: Sink = {
  word: nothing,
  quoted: nothing,
  counters: nothing,
  rule: nothing,
  chain: nothing,
  table: nothing,
  commit: nothing,
  comment: nothing,
  blank: nothing,
  unreadable: nothing,
  command: nothing,
};

type Reason = Readonly<Record<"expected" | "found", string>>;

interface LineSpan {
  readonly start: number;
  readonly end: number;
}

export function explainAll(source: Source, dialect: Dialect, lines: readonly LineSpan[]): Problem[] {
  return lines.map(({ start, end }, i) => {
    const failure = i < EXPLAINED_LINES ? explain(source, dialect, start, end) : null;
    const { at = start, to = end, reason = UNEXPLAINED, advice } = failure ?? {};
    const place = { source, start: at, end: to };
    return { rule: "syntax-error", message: "unreadable", data: reason, place, ...advised(advice) };
  });
}

interface Failure {
  readonly at: number;
  readonly to: number;
  readonly reason: Reason;
  readonly advice?: Advice;
}

function explain(source: Source, dialect: Dialect, from: number, end: number): Failure | null {
  // a line may be indented
  let start = from;
  while (start < end && /[ \t]/.test(source.bytes[start] as string)) start++;
  const cut = Math.min(end, start + EXPLAINED_BYTES);
  try {
    parsers[dialect](source.bytes.slice(start, cut), { sink: deaf, startRule: "Line" });
  } catch (error) {
    if (!isSyntaxError(error)) throw error;
    const at = start + error.location.start.offset;
    // A failure where the line was cut says nothing about the line.
    if (at < cut || cut === end) return failure(source, { start, at, end }, error);
  }
  return null;
}

/** What a line may begin with, the usual ones. */
const STATEMENT = "a rule (-A CHAIN …), a chain (:NAME …), a table (*NAME) or COMMIT";

function failure(source: Source, { start, at, end }: { start: number; at: number; end: number }, error: GrammarError) {
  const { bytes } = source;
  const wanted = expected(error);
  const reason = { expected: wanted, found: found(source, at, end) };
  const to = wordEnd(bytes, at, end);
  if (at === start && at < end) return noStatement(source, { at, to, end }, reason);
  if (wanted === "a closing quote") {
    const quote = openQuote(bytes, start, at);
    return { at: quote, to: end, reason, advice: closed(source.text(quote, end).trimEnd()) };
  }
  if (bytes[at - 1] === '"' && wanted.startsWith("a blank")) {
    const quote = openQuote(bytes, start, at - 1);
    const whole = `"${source.text(quote, to).replace(/(?<!\\)"/g, "")}"`;
    return { at, to, reason, advice: { help: `one pair of quotes holds the whole word: ${whole}` } };
  }
  const isCounters = /\[[^\]\s]*$/.test(bytes.slice(start, at));
  return isCounters
    ? { at, to, reason, advice: { help: "counters are [packets:bytes], such as [0:0]" } }
    : { at, to, reason };
}

function wordEnd(bytes: string, at: number, end: number): number {
  let to = at;
  while (to < end && !/[ \t\r]/.test(bytes[to] as string)) to++;
  return Math.max(to, Math.min(at + 1, end));
}

/** The quote that is open at `at`. */
function openQuote(bytes: string, start: number, at: number): number {
  let open = -1;
  for (let i = start; i < at; i++) {
    if (open >= 0 && bytes[i] === "\\") i++;
    else if (bytes[i] === '"') open = open >= 0 ? -1 : /[ \t]/.test(bytes[i - 1] ?? "") ? i : -1;
  }
  return open < 0 ? at : open;
}

/** Where the quote was probably to close: before the next option. */
function closed(text: string): Advice {
  const option = /[ \t]+(?=(?:![ \t]+)?-{1,2}[a-z])/i.exec(text);
  return {
    help: "close the quote where its text ends",
    replacement: option ? `${text.slice(0, option.index)}"${text.slice(option.index)}` : `${text}"`,
  };
}

const COMMAND = /^(?:\S*\/)?(?:ip6?|eb|arp)tables(?:-\w+)?$/;
const DASHES = /^(?:\u2010|\u2011|\u2012|\u2013|\u2014|\u2212)+/;

function noStatement(source: Source, { at, to, end }: { at: number; to: number; end: number }, reason: Reason) {
  const word = source.text(at, to);
  const whole = { expected: STATEMENT, found: /^[\x21-\x7e]{1,40}$/.test(word) ? `"${word}"` : reason.found };
  const table = nearest(word, ["filter", "nat", "mangle", "raw", "security", "broute"]);
  const hasOptions = /[ \t]-{1,2}[a-z]/i.test(source.text(to, end));
  if (COMMAND.test(word) && hasOptions) {
    const other = { expected: `the rule without ${word}, as ${word}-restore takes it`, found: word };
    return { at, to, reason: other, advice: { replacement: "" } };
  }
  if (DASHES.test(word)) return { at, to, reason: whole, advice: { replacement: word.replace(DASHES, "-") } };
  if (/^-[AIDNPFXR]\S/.test(word)) return { at, to, reason: whole };
  if (nearest(word, ["COMMIT"]) !== undefined) return { at, to, reason: whole, advice: { replacement: "COMMIT" } };
  if (to === end && table !== undefined) return { at, to, reason: whole, advice: { replacement: `*${table}` } };
  if (hasOptions && /^[A-Za-z]/.test(word)) {
    const replacement = /^[AIDNPFX]$/.test(word) ? `-${word}` : `-A ${word}`;
    return { at, to, reason: whole, advice: { replacement } };
  }
  return { at, to, reason: whole, advice: { help: "# at its beginning makes a line a comment" } };
}

/** The part of peggy's error that is read here. */
interface GrammarError {
  readonly expected: readonly { readonly type: string; readonly description?: string; readonly text?: string }[];
  readonly location: { readonly start: { readonly offset: number } };
}

function isSyntaxError(error: unknown): error is GrammarError {
  return error instanceof Error && error.name === "SyntaxError" && "expected" in error && "location" in error;
}

function expected(error: GrammarError): string {
  const names = error.expected.map(({ type, description, text }) => {
    if (type === "end") return "end of line";
    return description ?? (text === undefined ? "another character" : `"${text}"`);
  });
  const list = [...new Set(names)].sort();
  const last = list.pop() ?? "";
  return list.length > 0 ? `${list.join(", ")} or ${last}` : last;
}

function found(source: Source, at: number, end: number): string {
  if (at >= end) return "end of line";
  const char = String.fromCodePoint(decode(source.bytes.slice(at, Math.min(end, at + 4))).codePointAt(0) as number);
  if (char === " ") return "a blank";
  if (char === "\t") return "a tab";
  // Control characters, and bytes that are not UTF-8, show as nothing a person could search for.
  if (/[\p{Cc}\p{Cs}]/u.test(char)) return `the byte 0x${source.bytes.charCodeAt(at).toString(16).padStart(2, "0")}`;
  return `"${char}"`;
}
