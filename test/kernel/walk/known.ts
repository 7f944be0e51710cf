/** Disagreements whose reason is known. The aim is that there are none. */
import type { Disagreement } from "./judge.ts";

interface Known {
  readonly reason: string;
  fits(disagreement: Disagreement): boolean;
}
const hasLine =
  (part: string) =>
  ({ lines }: Disagreement) =>
    lines.some((line) => line.includes(part));
const isRelated = ({ packet }: Disagreement): boolean => packet.includes('"ctstate":"RELATED"');

export const KNOWN: readonly Known[] = [
  {
    reason: "conntrack finds a cut off transport header INVALID; and a line that ends in INCOMPLETE tells no mark",
    fits: hasLine(" INCOMPLETE ["),
  },
  {
    reason: "what answers a packet that conntrack found INVALID is INVALID too: an error about it, a reset",
    fits: ({ why }) => why === "a fork on ctstate at the way",
  },
  {
    reason: "udp lets go of the connection before it says that a port is closed: that error is INVALID in raw",
    fits: (disagreement) => isRelated(disagreement) && /raw:\w+:/.test(disagreement.why),
  },
  {
    reason: "what raw drops when the loopback brings it back was seen by conntrack before",
    fits: ({ packet }) => packet.includes('"ctstate":"NEW,ESTABLISHED"'),
  },
  {
    reason: "reverse routes are not followed where rules choose the table",
    fits: ({ why }) => why.includes("passes rpfilter"),
  },
  {
    reason: "what was put together leaves by a bridge in pieces again, with lines for each",
    fits: ({ why, isPiece }) => isPiece && why.includes("eb:"),
  },
  {
    reason: "a mark that nat OUTPUT sets does not change the route",
    fits: ({ why, lines }) => why.includes("outInterface is") && lines.some((line) => line.includes("nat:OUTPUT:rule")),
  },
];
