/** Packets of a log as drift holds them against the dump. */
import type { Path, Step } from "../path/index.ts";
import type { TraceEvent } from "../trace/index.ts";
import type { Divergence } from "./compare.ts";
import type { Entered } from "./predict.ts";

/** Packets that entered alike and printed alike. */
export interface Case {
  readonly entered: Entered;
  readonly events: readonly TraceEvent[];
  readonly gapBefore: boolean;
  readonly gapAfter: boolean;
  /** The number of the first of them. */
  readonly packet: number;
  count: number;
}
export interface Loss {
  readonly missing: readonly Step[];
  /** Wherever a line is missing the log's own numbers skip some. */
  readonly proven: boolean;
}

export interface Failure {
  readonly of: Case;
  readonly divergence: Divergence;
  readonly assumed: boolean;
  /** Lines may just be missing: there is a way that prints these and some more. */
  readonly loss: Loss | null;
}
/** A packet that some path explains, and what that path had to take for granted. */
export interface Fit {
  readonly path: Path;
  readonly divergence: null;
}
