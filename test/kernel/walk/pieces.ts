/** A packet that was sent in pieces: which of the lines that its last piece led to are whose. */
import type { TracedPacket, TraceEvent } from "../../../src/trace/index.ts";

export interface Sorted {
  readonly packets: readonly TracedPacket[];
  /** Where the packet leaves by a bridge, the lines of each of its pieces: it is cut again as it came. */
  readonly leaving: readonly (readonly TraceEvent[])[];
}

export const isFrame = ({ layer }: TraceEvent): boolean => layer === "bridge";
const comesIn = (event: TraceEvent): boolean => isFrame(event) && event.values.physdevOut == null;
const goesOut = (event: TraceEvent): boolean => isFrame(event) && event.values.physdevIn == null;

/**
 * The bridge reads ports in the middle of a packet too, so that lines do not tell that the whole is the same; without
 * conntrack pieces are put together behind PREROUTING, and only the last has lines before it.
 */
export function sortOut(packets: readonly TracedPacket[]): Sorted {
  const [first] = packets;
  const at = packets.findIndex(({ events }) => !events.every(isFrame));
  const main = packets[at];
  if (!first || !main) return { packets, leaving: [] };
  const lead = at === 1 && first.events.every(comesIn) ? first.events : [];
  const whole = packets.find((each) => each !== main && isBehindInput(each) && idOf(each) === idOf(main));
  const out = packets.filter(
    ({ family, number, events }) => family !== "bridge" && number > main.number && events.every(goesOut),
  );
  const mine = new Set([...(lead.length > 0 ? [first] : []), main, ...(whole ? [whole] : []), ...out]);
  const events = [...lead, ...main.events, ...(whole?.events ?? [])];
  const last = events.findLastIndex((event) => !isFrame(event) || !goesOut(event)) + 1;
  const own = { ...main, number: first.number, events: events.slice(0, last) };
  return {
    packets: [own, ...packets.filter((each) => !mine.has(each))],
    leaving: passes([...events.slice(last), ...out.flatMap((each) => each.events)]),
  };
}

const idOf = ({ events }: TracedPacket) => events.find((event) => !isFrame(event))?.values.ipId;
const isBehindInput = ({ family, events: [first] }: TracedPacket): boolean =>
  family === "ipv4" && first?.layer === "ip" && first.chain === "INPUT";

/** Each piece's lines begin as those of the first do: base chains have a rule that takes every frame. */
function passes(events: readonly TraceEvent[]): TraceEvent[][] {
  const [first] = events;
  const out: TraceEvent[][] = [];
  for (const event of events) {
    if (prefixOf(event) === (first && prefixOf(first))) out.push([]);
    out.at(-1)?.push(event);
  }
  return out;
}
const prefixOf = (event: TraceEvent): string => (event.layer === "bridge" ? event.prefix.trim() : "");
