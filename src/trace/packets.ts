/**
 * Lines to packets, by what the lines say of the packet and of the way: never by rule number, kind or chain,
 * because those are what a log is held against (semantics 1.9 for why lines interleave).
 */
import type { Family } from "../facts/index.ts";
import type { IpEvent, TraceEvent } from "./event.ts";
import { type Frame, familyOf, frameOf, Growing } from "./growing.ts";

export interface TracedPacket {
  /** 1-based, in order of the first line. */
  readonly number: number;
  readonly family: Family;
  readonly events: readonly TraceEvent[];
  /** Lines are missing from the log right before its first line, or right behind its last. */
  readonly gapBefore: boolean;
  readonly gapAfter: boolean;
}

/** More packets than this are hardly ever on their way at once; it bounds memory and the cost of a line. */
const MOST_OPEN = 256;

export class PacketGrouper {
  #open: Growing[] = [];
  /** Through, but one that began before them is not. */
  #held: Growing[] = [];
  /** How many of the open packets have this id. */
  readonly #ids = new Map<number | undefined, number>();
  #begun = 0;
  #gaps = 0;
  #last: Growing | undefined;

  /** The packets that this line closes, in order of their numbers. */
  add(event: TraceEvent): TracedPacket[] {
    const frame = event.layer === "bridge" ? frameOf(event) : null;
    const packet =
      event.nft?.first === false
        ? this.#open.findLast(({ trace }) => trace === event.nft?.trace)
        : event.layer === "bridge"
          ? frame && this.#ofFrame(frame)
          : this.#ofIp(event);
    const gaps = event.gaps ?? 0;
    if (this.#last) this.#last.gapAfter = gaps > this.#gaps;
    this.#last = packet ?? this.#start(event, gaps > this.#gaps);
    this.#count(this.#last, -1);
    this.#last.add(event, frame);
    this.#count(this.#last, 1);
    this.#gaps = gaps;
    // last touched, last closed: one that is through makes room before one that is on its way
    if (this.#open.at(-1) !== this.#last) {
      this.#open.splice(this.#open.indexOf(this.#last), 1);
      this.#open.push(this.#last);
    }
    return this.#open.length > MOST_OPEN ? this.#close() : [];
  }

  end(): TracedPacket[] {
    this.#ids.clear();
    return inOrder([...this.#held.splice(0), ...this.#open.splice(0)]);
  }

  /** An error about a packet that is still on its way is not told of before that packet. */
  #close(): TracedPacket[] {
    const [oldest] = this.#open.splice(0, 1) as [Growing];
    this.#count(oldest, -1);
    this.#held.push(oldest);
    const first = this.#open.reduce((least, { number }) => Math.min(least, number), Number.POSITIVE_INFINITY);
    if (this.#held.every(({ number }) => number > first) && this.#held.length <= MOST_OPEN) return [];
    const held = inOrder(this.#held);
    const isReady = ({ number }: Growing, at: number) => number < first || held.length - at > MOST_OPEN;
    this.#held = held.filter((packet, at) => !isReady(packet, at));
    return held.filter(isReady);
  }

  /** Frames tell no id: one that has both sides of the line comes before one of which NAT may have changed a side. */
  #ofFrame(frame: Frame): Growing | undefined {
    let other: Growing | undefined;
    for (let at = this.#open.length - 1; at >= 0; at--) {
      const each = this.#open[at] as Growing;
      if (!each.takesFrame(frame)) continue;
      if (each.hasBothSides(frame.event)) return each;
      other ??= each;
    }
    return other;
  }

  #ofIp(event: IpEvent): Growing | undefined {
    const isThere = this.#ids.has(event.values.ipId);
    const packet = isThere ? this.#open.findLast((open) => open.takes(event)) : undefined;
    return packet ?? this.#open.findLast((open) => open.isFrameOf(event));
  }

  #count({ ipId }: Growing, more: number): void {
    if (ipId === null) return;
    const count = (this.#ids.get(ipId) ?? 0) + more;
    if (count > 0) this.#ids.set(ipId, count);
    else this.#ids.delete(ipId);
  }

  #start(event: TraceEvent, gapBefore: boolean): Growing {
    const packet = new Growing(++this.#begun, familyOf(event), gapBefore);
    this.#open.push(packet);
    return packet;
  }
}

const inOrder = (packets: readonly Growing[]): Growing[] => [...packets].sort((a, b) => a.number - b.number);
