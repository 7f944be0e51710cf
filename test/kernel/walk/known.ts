/** Disagreements whose reason is known. The aim is that there are none. */
import type { Disagreement } from "./judge.ts";

interface Known {
  readonly reason: string;
  fits(disagreement: Disagreement): boolean;
}
const isRelated = ({ packet }: Disagreement): boolean => packet.includes('"ctstate":"RELATED"');

export const KNOWN: readonly Known[] = [
  {
    reason: "udp lets go of the connection before it says that a port is closed: that error is INVALID in raw",
    fits: (disagreement) => isRelated(disagreement) && /raw:\w+:/.test(disagreement.why),
  },
  {
    reason: "what was put together leaves by a bridge in pieces again, with lines for each",
    fits: ({ why, isPiece }) => isPiece && why.includes("eb:"),
  },
];
