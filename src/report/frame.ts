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

export function frameOf({ source, start, end }: Place): Frame {
  const { line, column } = source.position(start);
  const whole = [...source.line(line)];
  const last = source.position(end);
  // a span that goes on to another line is shown to the end of its first
  const to = Math.max(column, last.line === line ? last.column - 1 : whole.length);
  const [before, span, after] = [whole.slice(0, column - 1), whole.slice(column - 1, to), whole.slice(to)].map(shown);
  const cut = around([...(before ?? "")], [...(span ?? "")], [...(after ?? "")]);
  const number = String(line);
  return { number, margin: " ".repeat(number.length), ...cut };
}

/** The frame as lines, `-->` left to the caller. */
export function* frameLines(place: Place, style: Style, mark: (text: string) => string): Generator<string, void> {
  const { number, margin, text, carets } = frameOf(place);
  yield `${margin} ${style.cyan("|")}`;
  yield `${style.cyan(`${number} |`)} ${text}`;
  yield `${margin} ${style.cyan("|")} ${carets.replace(/\^+/, mark)}`;
}

// a tab would shift what stands under it
const shown = (chars: readonly string[]): string => safe(chars.join("")).replace(/\t/g, " ");

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
