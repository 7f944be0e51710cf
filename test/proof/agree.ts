/** What proof gives to the packets that one may be, and what the walk gives to it. */
import { type Packet, packetJson } from "../../src/facts/index.ts";
import { type Loss, type Verdict, type World, walk } from "../../src/path/index.ts";
import { fatesIn, holding, type Proof } from "../../src/proof/index.ts";

export function provedFates(proof: Proof, packet: Packet): Set<string> {
  return new Set(
    fatesIn(proof, holding(proof, packet)).map(({ end, decidedBy }) => fate(end.verdict, end.lost, decidedBy)),
  );
}

const DECIDED = new Set(["ACCEPT", "DROP", "REJECT"]);
const fate = (verdict: Verdict, lost: Loss | null, decidedBy: string | null): string =>
  `${verdict} ${lost?.reason ?? (DECIDED.has(verdict) ? decidedBy : null)}`;

/** Of many that are meant some answer. */
const UNANSWERED = "nobody answers to whom the host would send it";

/** null: there are too many ways. */
export function walkedFates(world: World, packet: Packet, hook?: Parameters<typeof walk>[2]): Set<string> | null {
  const { paths } = walk(world, packet, hook);
  if (paths.some(({ truncated }) => truncated)) return null;
  const all = paths.flatMap((path) => [path, ...path.branches]).filter(({ lost }) => lost?.reason !== UNANSWERED);
  return new Set(all.map(({ verdict, decidedBy, lost }) => fate(verdict, lost, decidedBy)));
}

export const told = (dump: string, packet: Packet): string => `${dump}\n${JSON.stringify(packetJson(packet))}`;
