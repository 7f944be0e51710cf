/** A line of an input file with a span underlined, as compilers show it. */
import type { Place } from "../finding.ts";
import type { Style } from "./style.ts";
import { safe } from "./text.ts";

/** Longer lines are cut around the span. */
const WIDTH = 110;

export interface Frame {
  /** The line's number, and blanks of the same width for the lines around it. */
  readonly number: string;
  readonly margin: string;
  readonly text: string;
  readonly carets: string;
}

/** Bytes looked at on either side: enough for a cut line, however long it is. */
const REACH = 4 * WIDTH;

export function frameOf({ source, start, end }: Place): Frame {
  const { bytes } = source;
  const first = start === 0 ? 0 : bytes.lastIndexOf("\n", start - 1) + 1;
  const next = bytes.indexOf("\n", start);
  const last = next < 0 ? bytes.length : next;
  // a span that goes on to another line is shown to the end of its first
  const to = Math.min(end, last);
  const piece = (from: number, until: number) => shown(source.text(from, until).replace(/\r$/, ""));
  const from = Math.max(first, characterAt(bytes, start - REACH));
  const parts = [piece(from, start), piece(start, Math.min(to, start + REACH)), piece(to, Math.min(last, to + REACH))];
  const cut = around(...(parts.map((part) => [...part]) as [string[], string[], string[]]));
  const number = String(source.lineAt(start));
  return { number, margin: " ".repeat(number.length), ...cut };
}

/** Not in the middle of a UTF-8 sequence. */
function characterAt(bytes: string, offset: number): number {
  let at = Math.max(0, offset);
  while (at < bytes.length && (bytes.charCodeAt(at) & 0xc0) === 0x80) at++;
  return at;
}

/** The frame as lines, `-->` left to the caller. */
export function* frameLines(place: Place, style: Style, mark: (text: string) => string): Generator<string, void> {
  const { number, margin, text, carets } = frameOf(place);
  yield `${margin} ${style.cyan("|")}`;
  yield `${style.cyan(`${number} |`)} ${text}`;
  yield `${margin} ${style.cyan("|")} ${carets.replace(/\^+/, mark)}`;
}

// a tab would shift what stands under it
const shown = (text: string): string => safe(text).replace(/\t/g, " ");

function around(
  before: readonly string[],
  span: readonly string[],
  after: readonly string[],
): { text: string; carets: string } {
  const all = [...before, ...span, ...after];
  const carets = Math.max(1, span.length);
  if (all.length <= WIDTH) return { text: all.join(""), carets: " ".repeat(before.length) + "^".repeat(carets) };
  const spare = Math.max(0, WIDTH - span.length);
  const from = Math.max(0, Math.min(before.length - Math.floor(spare / 2), all.length - WIDTH));
  const to = Math.min(all.length, from + WIDTH);
  const head = from > 0 ? "…" : "";
  const text = `${head}${all.slice(from, to).join("")}${to < all.length ? "…" : ""}`;
  const shownCarets = Math.max(1, Math.min(carets, to - Math.max(from, before.length)));
  return { text, carets: " ".repeat(head.length + before.length - from) + "^".repeat(shownCarets) };
}
