/** A match that drops the packet itself: it is gone, and no line says so (hotdrop; semantics 1.2; recordings t03a, t08). */
import { isAbsent, type Packet, single, writeValues } from "../facts/index.ts";
import { lose, type Outcome, type Traveller } from "./traveller.ts";
import { type Frame, idOf, type Visit } from "./visit.ts";

export function vanish(visit: Visit, top: Frame, seen: Packet): Outcome {
  vanishAt(visit.traveller, idOf(visit, top), seen);
  return "lost";
}
/** At the rule of that name. */
export const vanishAt = (traveller: Traveller, id: string, seen: Packet): Traveller =>
  lose(traveller, `a match of ${id} drops it without a line: ${why(seen)}`);

function why({ fields: { incomplete, fragmentOffset } }: Packet): string {
  if (incomplete && !isAbsent(incomplete))
    return `of the transport header there are only ${writeValues("incomplete", incomplete.ranges)} bytes`;
  if (single(fragmentOffset) === 1) return "a fragment that begins inside the tcp header";
  if (fragmentOffset && single(fragmentOffset) !== 0) return "what the match reads is not in this fragment";
  return "it finds nothing that it looks for";
}
