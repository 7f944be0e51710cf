/** Packets of a log as drift holds them against the dump. */
import type { Step } from "../path/index.ts";
import { detached } from "../source.ts";
import type { TraceEvent } from "../trace/index.ts";
import type { Divergence } from "./compare.ts";
import type { Entered, InOrder } from "./predict.ts";
import type { Stretches } from "./stretches.ts";

/** A packet that opened a connection, and whose lines show what nat did. */
export interface Opening {
  readonly entered: InOrder;
  readonly events: readonly TraceEvent[];
}
/** Packets that entered alike and printed alike. */
export interface Case {
  readonly entered: Entered;
  readonly events: readonly TraceEvent[];
  /** Of the connection of a later packet: what that was translated to is what nat made of this one. */
  readonly opening: Opening | null;
  readonly gapBefore: boolean;
  readonly gapAfter: boolean;
  /** The number of the first of them. */
  readonly packet: number;
  /** All of them. */
  readonly where: Stretches;
  last: Moment;
  count: number;
}
/** A packet of the log, and a line of it. */
export interface Moment {
  readonly packet: number;
  readonly line: number;
  /** The line itself, and the time that its logger tells beside it. */
  readonly text: string;
  readonly time: string | undefined;
}
export const momentOf = (packet: number, event: TraceEvent | undefined): Moment => ({
  packet,
  line: event?.line ?? 0,
  text: detached(event?.text ?? ""),
  time: event?.time,
});
export const firstOf = ({ packet, events }: Pick<Case, "packet" | "events">): Moment => momentOf(packet, events[0]);
/** Packets that lie side by side in the log, the first and the last. */
export interface Stretch {
  readonly first: Moment;
  readonly last: Moment;
}
export function stretchOf(cases: readonly Case[]): Stretch | null {
  const earliest = cases.reduce<Case | null>((one, each) => (one && one.packet <= each.packet ? one : each), null);
  const latest = cases.reduce<Case | null>(
    (one, each) => (one && one.last.packet >= each.last.packet ? one : each),
    null,
  );
  return earliest && latest && { first: firstOf(earliest), last: latest.last };
}
export function noteLater(like: Case, of: Pick<Case, "packet" | "last">): void {
  like.count++;
  like.last = of.last;
  like.where.add(of.packet);
}
export const isBefore = (one: Stretch, other: Stretch): boolean => one.last.packet < other.first.packet;

export interface Loss {
  readonly missing: readonly Step[];
  /** Wherever a line is missing the log's own numbers skip some. */
  readonly proven: boolean;
}

/** Kept for longer than the part of the log that it is from. */
export const detachedCase = (of: Case): Case => ({
  ...of,
  events: of.events.map((event) => ({ ...event, text: detached(event.text) })),
});

export interface Failure {
  readonly of: Case;
  readonly divergence: Divergence;
  readonly assumed: boolean;
  /** Lines may just be missing: there is a way that prints these and some more. */
  readonly loss: Loss | null;
}
