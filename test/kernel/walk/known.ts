/** Disagreements whose reason is known. The aim is that there are none. */
import type { Disagreement } from "./judge.ts";

interface Known {
  readonly reason: string;
  fits(disagreement: Disagreement): boolean;
}
const isRelated = ({ packet }: Disagreement): boolean => packet.includes('"ctstate":"RELATED"');

export const KNOWN: readonly Known[] = [
  {
    reason: "a line that ends in INCOMPLETE tells no mark (nf_log_syslog.c), and is read as if it did",
    fits: ({ why, lines }) => why.includes("mark is 0x0") && lines.some((line) => line.includes(" INCOMPLETE [")),
  },
  {
    reason: "udp lets go of the connection before it says that a port is closed: that error is INVALID in raw",
    fits: (disagreement) => isRelated(disagreement) && /raw:\w+:/.test(disagreement.why),
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
  {
    reason: "a chain that a frame comes to twice prints the same line twice, which is taken for two frames",
    fits: ({ steps }) => {
      const ids = steps.map((step) => step.split(" ")[0] ?? "").filter((id) => /^eb:.*:rule:/.test(id));
      return new Set(ids).size < ids.length;
    },
  },
];
