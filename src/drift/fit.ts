/** The way through a rule-set that prints a packet's lines, or goes furthest with them. */
import type { Host } from "../facts/index.ts";
import type { Ruleset } from "../model/index.ts";
import type { Path, Step, Walk, Walked } from "../path/index.ts";
import type { Case } from "./case.ts";
import { compare, type Divergence, mayPrint } from "./compare.ts";
import { enteredAfter, leftBy } from "./connections.ts";
import { hasTraceRule } from "./instrumentation.ts";
import { walkEntered } from "./predict.ts";

/** A packet that some path explains, and what that path had to take for granted. */
export interface Fit {
  readonly path: Path;
  readonly divergence: null;
}
export interface Misfit {
  /** What goes furthest with the lines; of equals what assumes least. */
  readonly path: Path | null;
  readonly divergence: Divergence;
  /** More ways are open to the packet than are walked: one of the others may print its lines. */
  readonly cut: boolean;
}
type Packet = Pick<Case, "entered" | "events">;

const printing = (ruleset: Ruleset, { paths }: Walk, { entered, events }: Packet): Path | null => {
  const traces = hasTraceRule(ruleset, entered.packet.family);
  return paths.find((path) => compare(path, events, traces) === null) ?? null;
};

/** Only ways that may yet print them are followed. */
function follow(ruleset: Ruleset, host: Host, { entered, events }: Packet): Walked {
  const traces = hasTraceRule(ruleset, entered.packet.family);
  return walkEntered({ ruleset, host }, entered, (steps: readonly Step[]) => mayPrint(steps, events, traces));
}

/** The first path that prints these lines. */
export const fitting = (ruleset: Ruleset, host: Host, of: Packet): Path | null =>
  printing(ruleset, follow(ruleset, host, of), of);

/** The same where this rule-set's nat has made something of the packet that opened the connection. */
export function fittingAfter(ruleset: Ruleset, host: Host, of: Case): Path | null {
  const { entered, events, opening } = of;
  if (!opening) return fitting(ruleset, host, of);
  const opened = fitting(ruleset, host, opening);
  return opened && fitting(ruleset, host, { entered: enteredAfter(entered, leftBy(opened, opening.entered)), events });
}

export function best(ruleset: Ruleset, host: Host, of: Packet): Fit | Misfit {
  const { entered, events } = of;
  const followed = follow(ruleset, host, of);
  const fit = printing(ruleset, followed, of);
  if (fit) return { path: fit, divergence: null };
  const traces = hasTraceRule(ruleset, entered.packet.family);
  let furthest: Omit<Misfit, "cut"> = {
    path: null,
    divergence: { at: 0, predicted: null, seen: events[0] ?? null, before: null, field: null },
  };
  for (const path of walkEntered({ ruleset, host }, entered).paths) {
    const divergence = compare(path, events, traces);
    if (!divergence) return { path, divergence };
    if (!furthest.path || divergence.at > furthest.divergence.at) furthest = { path, divergence };
  }
  return { ...furthest, cut: followed.truncated };
}
