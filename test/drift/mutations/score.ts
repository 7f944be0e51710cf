/**
 * How well drift names an edit, and the table of it.
 *
 * What "the right edit" is: a log tells the number of a rule that a packet matched, never the rules it passed by. Where
 * none of its packets goes on behind the edited place, deleting a rule, swapping it and changing it print the same lines,
 * and a rule that nothing matches may have been put anywhere between two that match. Nobody can tell these apart by that
 * log, so a first suspect is `alike` where the dump edited as it says prints the same log, line for line, as the live
 * rule-set: of a recording both are walked, each packet with every way that is open to it; for a random rule-set the
 * kernel gets it loaded and the packets sent again. `first` is the edit itself and nothing else, and what is neither
 * is a wrong answer, for which the log had a better one.
 */
import type { DriftSummary, Suspect } from "../../../src/drift/index.ts";
import { type Edit, isIt } from "./edits.ts";

/** An edit and what drift says of it. */
export interface Held {
  readonly edit: Edit;
  /** The log would be another one. */
  readonly isVisible: boolean;
  /** The first suspect is another edit after which the log is the same, line for line. */
  readonly isAlike: boolean;
  readonly summary: Pick<DriftSummary, "drifts">;
}

export class Score {
  edits = 0;
  /** The log would differ. */
  visible = 0;
  reported = 0;
  /** The log would not, and yet drift was reported. */
  false = 0;
  /** Of the reported ones: what the first suspect of the first entry says. */
  place = 0;
  first = 0;
  /** These, and those whose first suspect is an edit that the log does not tell from the right one: it would be the same log. */
  alike = 0;
  /** Among the suspects that explain the log as well as the first one. */
  tied = 0;
  /** Of the right kind, at a place among the tied ones. */
  listed = 0;
  /** More than one entry for the one cause. */
  split = 0;

  add({ summary, edit, isVisible, isAlike }: Held): string {
    const [drift, ...more] = summary.drifts;
    this.edits++;
    if (!isVisible) {
      if (drift) this.false++;
      return drift ? "false" : "silent";
    }
    this.visible++;
    if (!drift) return "missed";
    this.reported++;
    if (more.length > 0) this.split++;
    const is = (suspect: Suspect | undefined) => suspect !== undefined && isIt(edit, suspect);
    const [suspect] = drift.suspects;
    if (suspect?.table === edit.live[0]?.table && suspect?.chain === edit.live[0]?.chain) this.place++;
    const isFirst = is(suspect);
    const isTied = drift.suspects.slice(0, drift.ties).some(is);
    if (isFirst) this.first++;
    if (isFirst || isAlike) this.alike++;
    if (isTied) this.tied++;
    if (drift.suspects.some(is)) this.listed++;
    return isFirst ? "first" : isAlike ? "alike" : isTied ? "tied" : drift.suspects.some(is) ? "listed" : "wrong";
  }

  plus(other: Score): void {
    for (const name of COLUMNS) this[name] += other[name];
  }
}
const COLUMNS = [
  "edits",
  "visible",
  "reported",
  "false",
  "place",
  "first",
  "alike",
  "tied",
  "listed",
  "split",
] as const;

const share = (part: number, whole: number): string => (whole === 0 ? "-" : `${((100 * part) / whole).toFixed(1)} %`);

const WIDTH = 44;
const line = (name: string, cells: readonly string[]) =>
  `${name.padEnd(WIDTH)} ${cells.map((cell) => cell.padStart(8)).join(" ")}`;
export const HEAD = line("", COLUMNS);

/** Shares are of the visible edits for `reported`, of the reported ones for what the suspects say. */
export function row(name: string, of: Score): string {
  return line(name, [
    String(of.edits),
    String(of.visible),
    share(of.reported, of.visible),
    String(of.false),
    ...[of.place, of.first, of.alike, of.tied, of.listed].map((part) => share(part, of.reported)),
    String(of.split),
  ]);
}
