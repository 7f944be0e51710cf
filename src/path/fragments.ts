/**
 * Pieces of a packet: put together before raw where conntrack works (nf_defrag_ipv4.c), else where they are delivered to
 * this host (net/ipv4/ip_fragment.c). A router without conntrack passes each on by itself. Semantics 4.1, recordings t02a, s17.
 */
import {
  absent,
  EXTENSION_HEADERS,
  evaluate,
  exactly,
  type Field,
  has,
  knownValue,
  narrow,
  not,
  only,
  type Packet,
  within,
} from "../facts/index.ts";
import { assume, conclude, fork, type Traveller, type World } from "./traveller.ts";

const FIRST = within("fragmentOffset", [[0, 1]], "0");
const MORE = within("moreFragments", [[1, 2]], "1");

/** Before raw: the whole is cut again where it leaves, unless a bridge saw to it: ip_rcv forgets then what its pieces were. */
export function defragment(traveller: Traveller, world: World): Traveller[] {
  const { fields } = traveller.packet;
  const ways = reassemble(traveller, world);
  const isForgotten = traveller.brnf;
  for (const way of ways) if (!isForgotten && way.verdict === null && way.packet.fields !== fields) way.piece = fields;
  return ways;
}

/**
 * Behind POSTROUTING the whole leaves in the pieces that came, of which a bridge's tables see each by itself (net/ipv4/
 * ip_output.c ip_do_fragment, net/ipv6/ip6_output.c ip6_fragment: frag_max_size).
 */
export function cutAgain(traveller: Traveller): void {
  const { piece, packet } = traveller;
  if (!piece) return;
  const isLater = evaluate(FIRST, { ...packet, fields: piece }).is === "no";
  const names: readonly Field[] = [...OF_PIECE, ...(isLater ? TRANSPORT : [])];
  const own = Object.fromEntries(Object.entries(piece).filter(([name]) => names.includes(name as Field)));
  traveller.packet = { ...packet, fields: { ...without(packet.fields, names), ...own } };
}
const OF_PIECE: readonly Field[] = ["length", "moreFragments", "fragmentOffset", "extensionHeaders", "incomplete"];

/** A piece that completes its packet goes on as the whole; any other waits, and no rule sees it. */
export function reassemble(traveller: Traveller, { host }: World): Traveller[] {
  const { packet } = traveller;
  if (isCutShort(packet) && host.kernelAtLeast(5, 11) !== false) return [traveller];
  // whole unless it is said to be a piece
  const more = packet.fields.moreFragments ? evaluate(MORE, packet).is : "no";
  const offset = evaluate(FIRST, packet).is;
  if (more === "no" && offset === "yes") return [traveller];
  const waits = fork(traveller);
  assume(traveller, "fragments", null, "the last of its packet");
  assume(waits, "fragments", null, "others are still to come");
  traveller.packet = wholeOf(packet);
  const after = waits.steps.findLast(({ printed }) => printed)?.id ?? null;
  return [traveller, conclude(waits, "STOLEN", { after, reason: "a fragment waits for the others of its packet" })];
}

/**
 * A first piece of IPv6 has to hold the whole header of the transport: one that does not is left as it is
 * (nf_conntrack_reasm.c nf_ct_frag6_gather, ipv6frag_thdr_truncated; RFC 8200, 4.5; Linux 5.11).
 */
function isCutShort(packet: Packet): boolean {
  const there = knownValue(packet, "incomplete");
  const isFirst = evaluate(FIRST, packet).is === "yes";
  return packet.family === "ipv6" && isFirst && Number(there) < (HEADER[Number(knownValue(packet, "protocol"))] ?? 1);
}
const HEADER: Readonly<Record<number, number>> = { 6: 20, 17: 8, 58: 8 };

/** Only the first piece has the header of the transport: what the others have is not told. */
function wholeOf(packet: Packet): Packet {
  const { length: _, moreFragments: __, fragmentId: ___, ...fields } = packet.fields;
  const isFirst = evaluate(not(FIRST), packet).is === "no";
  const whole: Packet = {
    ...packet,
    fields: { ...(isFirst ? fields : without(fields, TRANSPORT)), ...unwrapped(fields), ...WHOLE },
  };
  const { protocol } = whole.fields;
  return (protocol && narrow(whole, "protocol", protocol)) ?? whole;
}

/** What a first piece had too little room for stands in the next. */
const WHOLE = { fragmentOffset: only(0), incomplete: absent };
const TRANSPORT: readonly Field[] = [
  ...(["sourcePort", "destinationPort", "icmpType", "tcpFlags", "tcpEcn", "tcpOptions", "tcpMss"] as const),
  ...(["ahSpi", "espSpi"] as const),
];
const without = (fields: Packet["fields"], names: readonly Field[]): Packet["fields"] =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name as Field)));

/** The fragment header goes with the pieces (net/ipv6/netfilter/nf_conntrack_reasm.c). */
function unwrapped({ extensionHeaders }: Packet["fields"]): Packet["fields"] {
  if (!extensionHeaders) return {};
  const bit = 1 << EXTENSION_HEADERS.indexOf("ipv6-frag");
  const sets = Array.from({ length: 1 << EXTENSION_HEADERS.length }, (_, set) => set);
  const left = sets.filter((set) => has(extensionHeaders.ranges, set)).map((set) => set & ~bit);
  return { extensionHeaders: { ...extensionHeaders, ranges: exactly(...left) } };
}
