/** Packets to conversations, by addresses, ports and order alone: what conntrack would make of them is not printed. */
import { readAddress, type Ternary } from "../facts/index.ts";
import { isEnd, isOwn, isOwnRedirect, isReset, isSyn, isUntoldError, mayReuse, opens } from "./beginning.ts";
import type { LogValues } from "./event.ts";
import type { TracedPacket } from "./packets.ts";
import { Recent } from "./recent.ts";
import { beforeNpt, clean, linesOf, type Tuple, tupleAs, tupleOf, unique } from "./tuples.ts";

export type Direction = "ORIGINAL" | "REPLY";

export interface Placed {
  readonly packet: TracedPacket;
  readonly conversation: number;
  /** null: the conversation began before the log, or the packet belongs to none. */
  readonly direction: Direction | null;
  /** The first packet seen of its conversation. */
  readonly first: boolean;
  /** A reply was seen before this packet. */
  readonly replied: boolean;
  /** What the first original packet, and the first reply, entered with. */
  readonly original: Tuple | null;
  readonly reply: Tuple | null;
  /** How the last original packet left: what the lines show of DNAT. */
  readonly left: Tuple | null;
  /** An ICMP error about a packet of the conversation, or a rule's reset of one that is not kept. */
  readonly related: boolean;
  /** Nothing is known of the packet's connection, and all that were open before the log are: it opens one, or belongs to none. */
  readonly alone: boolean;
  readonly natVisited: boolean;
  /** An error of this host's about the packet that opens the connection: still on its way, or lost on it. */
  readonly opening: boolean;
  /** SYNPROXY has what the client sends, and answers for the server with a SYN-ACK that conntrack takes for no reply. */
  readonly proxied: boolean;
  /** Whether a SYN began it that has had no answer yet, as conntrack sees it. */
  readonly unanswered: Ternary;
  /** An error or reset of this host's about a packet that a rule has kept from conntrack. */
  readonly aboutUntracked: boolean;
}

interface Conversation {
  readonly number: number;
  replied: boolean;
  closing: boolean;
  /** Its first packet was lost behind conntrack: nobody but an error of this host's about it finds the connection. */
  lost: boolean;
  proxied: boolean;
  bySyn: boolean;
  /** Both of its tuples are known, so that no line tells more of them. */
  settled: boolean;
  /** Packets seen, errors about it aside. */
  count: number;
  /** Begun by a packet that begins nothing: which of the two sides began is not known. */
  readonly orphan: boolean;
  original: Tuple | null;
  reply: Tuple | null;
  left: Tuple | null;
}

interface Known {
  readonly conversation: Conversation;
  readonly direction: Direction;
}

/** Tuples remembered; those untouched for longest go first. */
const MOST_TUPLES = 1 << 15;

export class Conversations {
  #count = 0;
  /** Every connection that was open before the log is known. */
  readonly #complete: boolean;
  readonly #known = new Recent<string, Known>(MOST_TUPLES);
  /** By what packets have become on their way. */
  readonly #rewritten = new Recent<string, Known>(MOST_TUPLES);
  /** What packets of no connection have become. */
  readonly #untracked = new Recent<string, true>(MOST_TUPLES);

  /** `before`: what conntrack knew when the log began, as `conntrack -L` prints it; left out: not known. */
  constructor(before?: readonly string[]) {
    this.#complete = before !== undefined;
    for (const line of before ?? []) this.#recall(line);
  }

  #recall(line: string): void {
    const [protocol] = /\d+/.exec(line) ?? [];
    const tuples = [
      ...line.matchAll(/src=(\S+) dst=(\S+)(?: sport=(\d+) dport=(\d+))?(?: type=(\d+) code=\d+ id=(\d+))?/g),
    ];
    const conversation = this.#begin(false);
    conversation.replied = !line.includes("[UNREPLIED]");
    for (const [at, [, src = "", dst = "", sport, dport, type, id]] of tuples.entries()) {
      const [source, destination] = [readAddress(src), readAddress(dst)];
      if (source === undefined || destination === undefined) continue;
      const values: LogValues = clean({
        source,
        destination,
        protocol: Number(protocol),
        sourcePort: sport === undefined ? undefined : Number(sport),
        destinationPort: dport === undefined ? undefined : Number(dport),
        icmpId: id === undefined ? undefined : Number(id),
        icmpType: type === undefined ? undefined : Number(type) * 256,
      });
      for (const { key, tuple } of unique([values])) {
        this.#remember(key, conversation, at === 0 ? "ORIGINAL" : "REPLY");
        if (at === 0) conversation.original = tuple;
        else if (conversation.replied) conversation.reply = tuple;
      }
    }
  }

  /** `tracked`: conntrack sees it. Frames that no IP hook sees, and packets that a rule keeps from it, leave no trace. */
  place(packet: TracedPacket, tracked = packet.events.some(({ layer }) => layer === "ip")): Placed {
    const lines = linesOf(packet);
    const inner = lines.map((values) => values.inner).filter((values) => values !== undefined);
    const related = inner.length > 0;
    const tuples = unique(related ? inner : beforeNpt(packet, lines));
    // this host's own error is attached to the connection of the packet, whatever that has become, and goes against it
    const attached = related && isOwn(packet) ? tuples.map(({ key }) => this.#rewritten.get(key)) : [];
    // any other is found as an answer to the packet in it would be (nf_conntrack_proto_icmp.c nf_conntrack_inet_error)
    const asks = tuples.flatMap(({ key, back }, at) => {
      const known = this.#known.get(related ? back : key);
      // where all is known of a connection, only what a packet was at first is asked for
      return known && (at === 0 || !known.conversation.settled) ? [known] : [];
    });
    const found = [...asks, ...attached].find(
      (known) => known && (!known.conversation.lost || (isOwn(packet) && (related || known.direction === "REPLY"))),
    );
    // what a rule sends about it is attached to it: a reset as an error is (nf_reject_ipv4.c nf_send_reset)
    const isRst = isReset(lines[0] ?? {});
    const isOfLost = found?.conversation.lost === true && isRst;
    const begins = !related && opens(lines[0] ?? {}, this.#complete);
    // only a packet of which conntrack knows nothing meets nat (semantics 4.2): an entry ran out, or was never confirmed
    const natVisited = packet.events.some((event) => event.layer === "ip" && event.table === "nat");
    const known = found?.conversation;
    const anew = begins && known && (known.orphan || natVisited || (known.closing && mayReuse(lines[0] ?? {})));
    const joins = anew ? undefined : found;
    const conversation = joins?.conversation ?? this.#begin(!begins);
    // SYNPROXY's SYN to the server, once the client's ACK is lost in it
    if (!joins && isOwn(packet) && this.#known.get(tuples[0]?.key ?? "")?.conversation.proxied)
      conversation.proxied = true;
    const direction: Direction | null = conversation.orphan ? null : (joins?.direction ?? "ORIGINAL");
    const replied = conversation.replied;
    if (!joins) conversation.bySyn = isSyn(lines[0] ?? {});
    const entered = tuples[0]?.tuple ?? null;
    const opening = conversation.lost || (isOwnRedirect(packet) && conversation.count === 1);
    // of what conntrack does not take for the beginning of anything it keeps nothing
    const isKept = !this.#complete || !conversation.orphan;
    if (!related && entered && tracked && isKept) {
      conversation.count++;
      // of an orphan, any side will do: only that later packets find it
      const side = joins?.direction ?? "ORIGINAL";
      for (const [at, { key, back }] of conversation.settled ? [] : tuples.entries()) {
        // what NAT makes of a packet is another's tuple only if that is over (nf_nat_core.c nf_nat_used_tuple)
        if (at > 0 && !joins && this.#isTaken(key, known)) continue;
        this.#remember(key, conversation, side);
        this.#remember(back, conversation, against(side));
      }
      for (const { key } of unique(lines)) this.#rewritten.set(key, { conversation, direction: against(side) });
      if (direction === "ORIGINAL") {
        conversation.original ??= entered;
        conversation.left = tuples.at(-1)?.tuple ?? null;
      }
      if (direction === "REPLY" && !(conversation.proxied && isOwn(packet))) {
        conversation.reply ??= entered;
        conversation.replied = true;
      }
      if (lines.some(isEnd)) conversation.closing = true;
    }
    const { number, original, reply, left, proxied, bySyn } = conversation;
    const unanswered = replied || !bySyn ? "no" : proxied || this.#complete ? "yes" : "unknown";
    const isNone = tuples.length === 0 || (this.#complete && (related ? !found : !joins));
    const alone = isNone && !isUntoldError(packet);
    return {
      packet,
      conversation: number,
      direction,
      first: !joins,
      replied,
      original,
      reply,
      left,
      related: related || isOfLost,
      alone,
      natVisited,
      opening,
      proxied,
      unanswered,
      aboutUntracked:
        isOwn(packet) &&
        (related || isRst) &&
        tuples.some(({ key, back }) => this.#untracked.get(related ? key : back) !== undefined),
    };
  }

  /** conntrack keeps no connection whose first packet has not got through (nf_conntrack_core.c __nf_conntrack_confirm). */
  lose({ packet }: Placed): void {
    const known = this.#known.get(tupleOf(packet)?.key ?? "");
    if (known) known.conversation.lost = true;
  }

  proxy({ packet }: Placed): void {
    const known = this.#known.get(tupleOf(packet)?.key ?? "");
    if (known) known.conversation.proxied = true;
  }

  /** conntrack has refused a packet that seemed to open a connection. */
  forget({ packet }: Placed): void {
    for (const { key, back } of unique(linesOf(packet))) {
      this.#known.delete(key);
      this.#known.delete(back);
      this.#rewritten.delete(key);
    }
  }

  /** A rule has kept the packet from conntrack, and this host sends something about it. */
  passBy({ packet }: Placed, as: Tuple | null): void {
    const [line] = linesOf(packet);
    for (const { key } of line ? unique([{ ...line, ...as }]) : []) this.#untracked.set(key, true);
  }

  /** Its protocol has let go of the connection: errors about it are found as any other. */
  letGo({ packet }: Placed): void {
    for (const { key } of unique(linesOf(packet))) this.#rewritten.delete(key);
  }

  /** What the packet has become in the end, whether a line shows it or not: an error of this host's is about that. */
  endsAs({ packet, direction }: Placed, as: Tuple): void {
    const known = this.#known.get(tupleOf(packet)?.key ?? "");
    const is = tupleAs(packet, as);
    if (!known || !direction || !is) return;
    this.#rewritten.set(is.key, { conversation: known.conversation, direction: against(direction) });
  }

  /**
   * What a packet is to conntrack once NAT has been at it, which not every line shows: answers come to that, and what
   * else its lines showed is no tuple of the connection.
   */
  leftAs({ packet }: Placed, as: Tuple): void {
    const own = tupleOf(packet);
    const known = this.#known.get(own?.key ?? "");
    if (known?.direction !== "ORIGINAL" || known.conversation.settled) return;
    known.conversation.settled = true;
    for (const { key, back } of unique(linesOf(packet)))
      for (const each of [key, back])
        if (each !== own?.key && this.#known.get(each)?.conversation === known.conversation) this.#known.delete(each);
    const is = tupleAs(packet, as);
    if (is) this.#remember(is.back, known.conversation, "REPLY");
  }

  #begin(orphan: boolean): Conversation {
    return {
      number: ++this.#count,
      replied: false,
      closing: false,
      lost: false,
      proxied: false,
      bySyn: false,
      settled: false,
      count: 0,
      orphan,
      original: null,
      reply: null,
      left: null,
    };
  }

  #isTaken(key: string, replaced: Conversation | undefined): boolean {
    const { conversation } = this.#known.get(key) ?? {};
    return conversation?.settled === true && !conversation.lost && conversation !== replaced;
  }

  #remember(key: string, conversation: Conversation, direction: Direction): void {
    const old = this.#known.get(key);
    // a tuple that is its own reverse stays what it was first
    this.#known.set(key, old?.conversation === conversation ? old : { conversation, direction });
  }
}

const against = (direction: Direction): Direction => (direction === "ORIGINAL" ? "REPLY" : "ORIGINAL");
