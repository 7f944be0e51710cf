/** Why a line could not be read, in words: peggy's own parser runs on that line alone. */
import type { Place, Problem } from "../finding.ts";
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
    return problem({ source, start: failure?.at ?? start, end }, failure?.reason ?? UNEXPLAINED);
  });
}

function problem(place: Place, data: Reason): Problem {
  return { rule: "syntax-error", message: "unreadable", data, place };
}

function explain(source: Source, dialect: Dialect, from: number, end: number) {
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
    if (at < cut || cut === end) return { at, reason: { expected: expected(error), found: found(source, at, end) } };
  }
  return null;
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
