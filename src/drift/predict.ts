/** What a traced packet was as it entered: its own fields, and what the order of its conversation says of conntrack. */
import {
  absent,
  CONFIRMED,
  CT_DIRECTIONS,
  ctStates,
  evaluate,
  type Field,
  isCtState,
  only,
  type Packet,
  single,
  type ValueSet,
  withFields,
} from "../facts/index.ts";
import { askedOnce, bind, someRule } from "../model/index.ts";
import { type Carried, firstState, type Path, type Step, type Walked, type World, walk } from "../path/index.ts";
import {
  entryPacket,
  type Placed,
  positionOf,
  type TracedPacket,
  type TraceEvent,
  type Tuple,
} from "../trace/index.ts";
import { compare } from "./compare.ts";

export interface Entered {
  readonly packet: Packet;
  /** Where it came from is not told by its lines. */
  readonly anyOrigin: boolean;
  /** Whether what this host sends, an error or a SYN-ACK, carries the connection of what it is about; left out: not known. */
  readonly attached?: Carried;
}

/** One packet by its lines alone, as `explain --trace-line` has it: nothing is known of its connection. */
export function entered(traced: TracedPacket): Entered {
  const { packet, hook } = entryPacket(traced);
  return { packet, anyOrigin: hook === null };
}

export const walkEntered = (
  world: World,
  { packet, anyOrigin, attached }: Entered,
  follows?: (steps: readonly Step[]) => boolean,
): Walked =>
  walk(world, packet, {
    anyOrigin,
    ...(attached === undefined ? {} : { attached }),
    ...(follows ? { follows } : {}),
  });

export interface InOrder extends Entered {
  readonly placed: Placed;
  /** What of the packet's fields is its connection's. */
  readonly connection: Packet["fields"];
}
/**
 * The same, with the connection's state from the order of the conversation, never from rule numbers. `known`: what is
 * known of the packet besides its lines.
 */
export function enteredInOrder(
  traced: TracedPacket,
  placed: Placed,
  world: World,
  known: Packet["fields"] = {},
): InOrder {
  const { packet, anyOrigin } = entered(traced);
  const first = placed.alone ? firstState(withFields(packet, known), world) : undefined;
  const connection = first
    ? { ctstate: first, ctstatus: UNCONFIRMED, ...opens(first) }
    : { ...tuples(placed), ...state(placed) };
  const whole = withFields(packet, { ...known, ...byBridge(traced, world.host), ...connection });
  return { packet: mayBeTagged(traced, world) ? withoutTag(whole) : whole, anyOrigin, placed, connection };
}

/**
 * Of what this host sends and no IP line shows, the frame's port tells the device. Multicast to the link is bound to one
 * (net/ipv6/mcast.c, ndisc.c), and each has a route for it.
 */
function byBridge({ events }: TracedPacket, host: World["host"]): Packet["fields"] {
  const [first] = events;
  if (first?.layer !== "bridge" || positionOf(first) !== "out" || events.some(({ layer }) => layer === "ip")) return {};
  const bridge = host.bridgeOfPort(first.values.physdevOut ?? "")?.name;
  return bridge === undefined ? {} : { outInterface: only(bridge) };
}

/**
 * br_netfilter shows iptables every frame but tagged ones, and no line tells a tag: a frame whose port no IP line names
 * may have one (semantics 4.4 Q, recordings t02c, t06c).
 */
function mayBeTagged({ family, events }: TracedPacket, { ruleset, host }: World): boolean {
  const port = events.find(({ layer, values }) => layer === "bridge" && values.physdevIn != null)?.values.physdevIn;
  if (port == null) return false;
  // broute takes a frame off the bridge: the port is then the device itself
  const isTold = events.some(
    ({ layer, values }) => layer === "ip" && (values.physdevIn != null || values.inInterface === port),
  );
  if (isTold) return false;
  const bridge = host.bridgeOfPort(port)?.name;
  const isShown = bridge !== undefined && host.bridgeCallsIptables(bridge, family) === true;
  return isShown && ruleset.tables.some((table) => table.family === family && table.backend === "legacy");
}
function withoutTag(packet: Packet): Packet {
  const { vlanTag: _, ...fields } = packet.fields;
  return { ...packet, fields };
}

const opens = (state: ValueSet): Stated =>
  single(state) === single(ctStates("NEW")) ? { ctdir: direction("ORIGINAL") } : {};

type Stated = Partial<Record<Field, ValueSet>>;
const direction = (name: (typeof CT_DIRECTIONS)[number]): ValueSet => only(CT_DIRECTIONS.indexOf(name));
const UNCONFIRMED = only(0);
/** It has let through the packet that the error is about. */
const IS_CONFIRMED: ValueSet = { absent: false, ranges: [[CONFIRMED, 2 * CONFIRMED]] };

/** nf_conntrack_core.c: NEW until a reply was seen; only the first packet meets nat (semantics 4.2, 6.4). */
function state({ direction: way, first, replied, related, natVisited, opening, unanswered, packet }: Placed): Stated {
  if (way === null) return {};
  if (related)
    return { ctstate: ctStates("RELATED"), ctdir: direction(way), ctstatus: opening ? UNCONFIRMED : IS_CONFIRMED };
  if (way === "REPLY") return { ctstate: ctStates("ESTABLISHED"), ctdir: direction("REPLY") };
  if (replied) return { ctstate: ctStates("ESTABLISHED"), ctdir: direction("ORIGINAL") };
  // nf_conntrack_proto_tcp.c tcp_conntracks: nobody has answered the SYN, as conntrack sees it
  if (!first && unanswered !== "no" && goesOn(packet))
    return { ctstate: unanswered === "yes" ? ctStates("INVALID") : ctStates("INVALID", "ESTABLISHED") };
  if (!first) return { ctstate: ctStates("NEW"), ctstatus: only(CONFIRMED), ctdir: direction("ORIGINAL") };
  if (natVisited || opensForSure(packet.events[0]))
    return { ctstate: ctStates("NEW"), ctstatus: UNCONFIRMED, ctdir: direction("ORIGINAL") };
  // the first that the log has, and no nat line: it may be in the middle of a conversation that began before
  return { ctstate: ctStates("NEW", "ESTABLISHED") };
}

/** Neither another try nor the end, which conntrack takes before any answer. Frames' lines tell no flags. */
function goesOn({ events }: TracedPacket): boolean {
  const flags = events.find(({ values }) => values.tcpFlags !== undefined)?.values.tcpFlags;
  return typeof flags === "number" && (flags & (SYN | RST)) === 0;
}
const [SYN, RST] = [2, 4];

/** A SYN alone begins a connection wherever the log begins. */
const opensForSure = (event: TraceEvent | undefined): boolean =>
  event?.values.protocol === 6 && event.values.tcpFlags === 2;

/** The connection's tuples: what the first packet and the first reply entered with, and what the lines show of DNAT. */
function tuples({ original, reply, left, direction: way }: Placed): Stated {
  if (way === null) return {};
  const fromLines: Tuple | null = left && {
    source: left.destination,
    destination: left.source,
    ...port("sourcePort", left.destinationPort),
  };
  const { ctrepldst, ctrepldstport, ...replySource } = side(reply ?? fromLines, REPLY);
  return {
    ...side(original, ORIGINAL),
    ...replySource,
    // where replies go to is told by a reply only: SNAT shows in no line of the original direction (semantics 4.2)
    ...(reply ? { ...(ctrepldst ? { ctrepldst } : {}), ...(ctrepldstport ? { ctrepldstport } : {}) } : {}),
  };
}
const port = (name: "sourcePort", value: number | undefined) => (value === undefined ? {} : { [name]: value });
const ORIGINAL = ["ctorigsrc", "ctorigdst", "ctorigsrcport", "ctorigdstport"] as const;
const REPLY = ["ctreplsrc", "ctrepldst", "ctreplsrcport", "ctrepldstport"] as const;

function side(
  tuple: Tuple | null,
  [source, destination, sourcePort, destinationPort]: readonly [Field, Field, Field, Field],
): Stated {
  if (!tuple) return {};
  return {
    [source]: only(tuple.source),
    [destination]: only(tuple.destination),
    [sourcePort]: tuple.sourcePort === undefined ? absent : only(tuple.sourcePort),
    [destinationPort]: tuple.destinationPort === undefined ? absent : only(tuple.destinationPort),
  };
}

/** Whether conntrack may miss packets of this host: raw, which comes before it, drops or queues some, or keeps them from it. */
export const mayMiss = askedOnce((tables) => {
  const raw = tables.filter(({ name }) => name === "raw");
  const drops = raw.some(({ chains }) => [...chains.values()].some(({ policy }) => policy === "DROP"));
  return drops || someRule(raw, (rule) => /^(?:CT|NOTRACK|DROP|QUEUE|NFQUEUE)$/.test(bind(rule).target?.name ?? ""));
});

/** Whether conntrack never sees the packet, whichever way it goes: what the loopback brings back it has seen before. */
export function isMissed(traced: TracedPacket, world: World): boolean {
  const { paths: all } = walkEntered(world, entered(traced));
  // where it hangs on what is not known, its lines tell
  const same = all.filter((path) => compare(path, traced.events) === null);
  const paths = same.length > 0 ? same : all;
  const missed = ({ verdict, steps, packet: at }: Path): boolean => {
    const inRaw = steps.every(
      ({ layer, table, hook }) => layer === "bridge" || (table === "raw" && hook === steps.at(-1)?.hook),
    );
    return evaluate(isCtState("UNTRACKED"), at).is === "yes" || ((verdict === "DROP" || verdict === "QUEUE") && inRaw);
  };
  return paths.length > 0 && paths.every(missed);
}
