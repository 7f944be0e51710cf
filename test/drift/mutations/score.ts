/** How well drift names an edit, and the table of it. */
import { isDeepStrictEqual } from "node:util";
import type { DriftSummary } from "../../../src/drift/index.ts";
import type { Suspect } from "../../../src/drift/suspects.ts";
import type { Edit } from "./edits.ts";

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
  /** Among the suspects that explain the log as well as the first one. */
  tied = 0;
  /** Of the right kind, at a place among the tied ones. */
  listed = 0;
  /** More than one entry for the one cause. */
  split = 0;

  add(summary: Pick<DriftSummary, "drifts">, edit: Edit, isVisible: boolean): string {
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
    const is = (suspect: Suspect | undefined) => edit.live.some((each) => isDeepStrictEqual(each, suspect));
    const [suspect] = drift.suspects;
    if (suspect?.table === edit.live[0]?.table && suspect?.chain === edit.live[0]?.chain) this.place++;
    const isFirst = is(suspect);
    const isTied = drift.suspects.slice(0, drift.ties).some(is);
    if (isFirst) this.first++;
    if (isTied) this.tied++;
    if (drift.suspects.some(is)) this.listed++;
    return isFirst ? "first" : isTied ? "tied" : drift.suspects.some(is) ? "listed" : "wrong";
  }

  plus(other: Score): void {
    for (const name of COLUMNS) this[name] += other[name];
  }
}
const COLUMNS = ["edits", "visible", "reported", "false", "place", "first", "tied", "listed", "split"] as const;

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
    ...[of.place, of.first, of.tied, of.listed].map((part) => share(part, of.reported)),
    String(of.split),
  ]);
}
