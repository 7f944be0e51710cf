/** What a room has to say about the input: data here, words in `rules/` and `report/`. */
import type { Source } from "./source.ts";

/** A span of one source; offsets as in `Source.bytes`, end exclusive. */
export interface Place {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

/** Another place that belongs to a problem, with what it has to do with it. */
export interface Related {
  readonly place: Place;
  readonly message: string;
}

/** proven: holds for every packet; assumes: holds under stated assumptions; heuristic: a likely mistake. */
export type Confidence = "proven" | "assumes" | "heuristic";
export type Severity = "error" | "warning" | "info";

/** Something wrong, not yet in words: `message` names one of the lint rule's messages, `data` fills its placeholders. */
export interface Problem {
  readonly rule: string;
  readonly message: string;
  readonly data: Readonly<Record<string, string | number>>;
  readonly place: Place;
  readonly related?: readonly Related[];
  readonly confidence?: Confidence;
  readonly family?: string;
  readonly table?: string;
  readonly chain?: string;
  readonly ruleNumber?: number;
  readonly fix?: Fix;
  /** What to do about this one; left out: the lint rule's remedy says it; null: the fix does. */
  readonly help?: string | null;
}

/** What to write instead: `commands` change a live host, `replacement` the text at the problem's place. */
export interface Fix {
  readonly safe: boolean;
  readonly replacement?: string;
  readonly commands?: readonly string[];
}

/** What the author may do about a problem: in words, and as the text to put in its place. */
export interface Advice {
  readonly help?: string;
  readonly replacement?: string;
}
export const advised = ({ help, replacement }: Advice = {}): Pick<Problem, "help" | "fix"> => ({
  ...(help !== undefined ? { help } : replacement !== undefined ? { help: null } : {}),
  ...(replacement === undefined ? {} : { fix: { safe: false, replacement } }),
});

/** A problem with its severity and words. */
export interface Finding extends Problem {
  readonly severity: Severity;
  readonly confidence: Confidence;
  readonly text: string;
}
