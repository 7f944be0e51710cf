/** Disagreements whose reason is known. The aim is that there are none. */
import type { Disagreement } from "./judge.ts";

interface Known {
  readonly reason: string;
  fits(disagreement: Disagreement): boolean;
}

export const KNOWN: readonly Known[] = [
  {
    reason: "what was put together leaves by a bridge in pieces again, with lines for each",
    fits: ({ why, isPiece, lines }) =>
      isPiece && (why.includes("eb:") || (lines.length > 0 && lines.every((line) => line.includes("TRACE: eb:")))),
  },
];
