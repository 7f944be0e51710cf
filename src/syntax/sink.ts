/** What a grammar reports while it reads: spans in the order read, a line's words before the line itself. */
type Span = (start: number, end: number) => void;

/** The kinds of line, each a sink event; a line's span leaves out its line end. */
export const LINE_KINDS = ["rule", "chain", "table", "commit", "comment", "blank", "unreadable", "command"] as const;
export type LineKind = (typeof LINE_KINDS)[number];

/** Words of a line that turns out unreadable have been reported by then: `unreadable` takes them back. */
export type Sink = Readonly<Record<LineKind | "word" | "quoted" | "counters", Span>>;
