/** One packet of a log, as it is read: a line for people, an object a line for programs. */
import type { PacketOutcome } from "../drift/index.ts";
import { eventId } from "../drift/index.ts";
import type { Style } from "./style.ts";
import { safe } from "./text.ts";

export function outcomeJson({ packet, says, path, divergence }: PacketOutcome): object {
  const { number, family, events } = packet;
  return {
    type: "packet",
    version: 1,
    packet: number,
    line: events[0]?.line ?? 0,
    family,
    says,
    verdict: divergence ? null : (path?.verdict ?? null),
    decidedBy: divergence ? null : (path?.decidedBy ?? null),
    at: divergence?.seen?.line ?? null,
    expected: divergence?.predicted?.id ?? null,
    seen: divergence?.seen ? eventId(divergence.seen) : null,
    lines: events.map(eventId),
  };
}

/** A packet that went another way than the dump predicts. */
export function outcomeLine({ packet, divergence }: PacketOutcome, file: string, style: Style): string {
  const line = divergence?.seen?.line ?? packet.events.at(-1)?.line ?? 0;
  const seen = divergence?.seen ? eventId(divergence.seen) : "no further line";
  const predicted = divergence?.predicted?.id ?? "no further line";
  return `${style.red(`packet ${packet.number}`)} ${safe(`${file}:${line}`)}  ${safe(seen)}, the dump predicts ${safe(predicted)}`;
}
