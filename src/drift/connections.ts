/** What conntrack keeps of connections from packet to packet: their state by order, the rest as walks have left it. */
import {
  type Address,
  CONFIRMED,
  ctStates,
  evaluate,
  type Field,
  isAbsent,
  isCtState,
  only,
  type Packet,
  single,
} from "../facts/index.ts";
import type { Path, World } from "../path/index.ts";
import { Conversations, type Direction, type Placed, Recent, type TracedPacket, type Tuple } from "../trace/index.ts";
import { type Entered, enteredInOrder, type InOrder, isMissed, mayMiss } from "./predict.ts";
import { type Shape, Shapes } from "./shape.ts";

/** What the last packet of a connection has left behind. */
export interface Left {
  readonly fields: Packet["fields"];
  /** The packet got through: conntrack keeps a connection that it has opened. */
  readonly confirms: boolean;
  /** Whether what is sent about it carries its connection: a rule's error does, that of a closed port of udp does not. */
  readonly attaches: boolean;
  /** What the packet has become. */
  readonly as: Tuple | null;
  /** The packet has no connection, though its addresses may be one's: it leaves nothing to that. */
  readonly refused: boolean;
  /** A rule keeps it from conntrack. */
  readonly untracked: boolean;
  /** SYNPROXY has it: it answers in the server's place. */
  readonly proxied: boolean;
}
interface Kept {
  readonly fields: Packet["fields"];
  readonly attaches: boolean;
}

export interface Place {
  readonly placed: Placed;
  readonly kept: Kept | undefined;
  readonly shape: Shape;
}

/** Connections remembered; those untouched for longest go first. */
const MOST = 1 << 13;
const MOST_SHAPES = 4096;
const BEGINS: Packet["fields"] = { ctmark: only(0) };

export class Connections {
  readonly #world: World;
  readonly #conversations: Conversations;
  readonly #kept = new Recent<number, Kept>(MOST);
  readonly #shapes: Shapes;
  readonly #missed = new Recent<string, boolean>(MOST_SHAPES);

  constructor(world: World, before = world.host.json.conntrack) {
    this.#world = world;
    this.#shapes = new Shapes(world.ruleset, world.host);
    this.#conversations = new Conversations(before);
  }

  /** The next packet as it entered. `known`: what is known of it besides its lines. */
  enter(traced: TracedPacket, known: Packet["fields"] = {}): InOrder {
    return this.entered(this.place(traced), known);
  }

  /** Where the next packet belongs, and what that makes of it. */
  place(traced: TracedPacket): Place {
    const placed = this.#conversations.place(traced, this.#isMissed(traced) ? false : undefined);
    const kept = this.#kept.get(placed.conversation);
    return { placed, kept, shape: this.#shapes.of(traced, placed, kept) };
  }

  entered({ placed, kept }: Place, known: Packet["fields"] = {}): InOrder {
    const inOrder = enteredInOrder(placed.packet, placed, this.#world, known);
    const { packet, connection } = inOrder;
    const carried = placed.alone ? BEGINS : (kept?.fields ?? {});
    const sent = placed.related || placed.proxied ? kept?.attaches : undefined;
    const attached = placed.aboutUntracked ? "nothing" : sent;
    // SYNPROXY's own answer has the connection as the packet that it answers has left it
    const isOwn = isAbsent(packet.fields.inInterface);
    const isProxys = isOwn && sent === true && placed.proxied && placed.direction === "REPLY" && !placed.related;
    const status = isProxys ? { ctstatus: only(placed.opening ? 0 : CONFIRMED) } : {};
    return {
      ...inOrder,
      packet: { ...packet, fields: { ...packet.fields, ...carried, ...status } },
      connection: { ...connection, ...carried, ...status },
      ...(attached === undefined ? {} : { attached }),
    };
  }

  #isMissed(traced: TracedPacket): boolean {
    if (!mayMiss(this.#world.ruleset, traced.family)) return false;
    const { key } = this.#shapes.of(traced, null);
    const known = this.#missed.get(key);
    if (known !== undefined) return known;
    const missed = isMissed(traced, this.#world);
    this.#missed.set(key, missed);
    return missed;
  }

  /** What the way that explained a packet has left: the next packets of its connection find it. */
  keep(
    { placed, connection }: Pick<InOrder, "placed" | "connection">,
    { fields, attaches, confirms, proxied, as, refused, untracked }: Left,
  ): void {
    if (placed.related) return;
    if (refused && placed.first) this.#conversations.forget(placed);
    if (untracked && attaches) this.#conversations.passBy(placed, as);
    if (refused) return;
    const tuple = placed.direction === "ORIGINAL" && confirms ? tupleIn(fields, ANSWERED) : null;
    if (!confirms && isUnconfirmed(connection)) this.#conversations.lose(placed);
    if (proxied) this.#conversations.proxy(placed);
    if (tuple) this.#conversations.leftAs(placed, tuple);
    if (!attaches) this.#conversations.letGo(placed);
    else if (as) this.#conversations.endsAs(placed, as);
    const before = this.#kept.get(placed.conversation);
    this.#kept.set(placed.conversation, { fields: { ...before?.fields, ...fields }, attaches });
  }
}

type Sides = readonly [source: Field, destination: Field, sourcePort: Field, destinationPort: Field];
const OWN: Sides = ["source", "destination", "sourcePort", "destinationPort"];
const ANSWERED: Sides = ["ctrepldst", "ctreplsrc", "ctrepldstport", "ctreplsrcport"];
/** null where it is not known. */
function tupleIn(fields: Packet["fields"], sides: Sides): Tuple | null {
  const [from, to, fromPort, toPort] = sides.map((side) => fields[side]);
  const [source, destination, sourcePort, destinationPort] = [from, to, fromPort, toPort].map((set) => single(set));
  if (source === undefined || destination === undefined) return null;
  const arePorts = typeof sourcePort === "number" && typeof destinationPort === "number";
  // of ICMP the id that NAT has given it
  const icmpId = isAbsent(fromPort) ? single(fields.ctreplsrcport) : undefined;
  const isId = typeof icmpId === "number";
  if (!arePorts && !(isAbsent(fromPort) && (isAbsent(toPort) || isId))) return null;
  return {
    source: source as Address,
    destination: destination as Address,
    ...(arePorts ? { sourcePort, destinationPort } : {}),
    ...(isId ? { icmpId } : {}),
  };
}

/** The same packet after another opening of its connection. */
export const enteredAfter = (entered: Entered, { fields }: Left): Entered => ({
  ...entered,
  packet: { ...entered.packet, fields: { ...entered.packet.fields, ...fields } },
});

export const leftBy = (path: Path, { placed }: InOrder): Left => ({
  fields: kept(path.packet, placed.direction),
  confirms: [path, ...path.branches].some(isConfirmed),
  attaches: !isTakenIn(path),
  as: tupleIn(path.packet.fields, OWN),
  refused: hasNone(path.packet),
  untracked: evaluate(isCtState("UNTRACKED"), path.packet).is === "yes",
  // no line tells whether the ACK was one of its own cookies; the SYN behind it does
  proxied: path.verdict !== "ACCEPT" && path.steps.at(-1)?.action === "SYNPROXY",
});
const hasNone = (packet: Packet): boolean => evaluate(isCtState("INVALID", "UNTRACKED"), packet).is === "yes";

const isUnconfirmed = ({ ctstate, ctstatus }: Packet["fields"]): boolean =>
  single(ctstate) === single(ctStates("NEW")) && single(ctstatus) === 0;

/** Whether conntrack keeps the connection: the packet got through, or behind the last hook of IP, or on to the loopback. */
function isConfirmed({ verdict, steps, packet }: Path): boolean {
  const status = single(packet.fields.ctstatus);
  if (verdict === "ACCEPT" || (typeof status === "number" && (status & CONFIRMED) > 0)) return true;
  const last = steps.at(-1);
  const stops = last?.layer === "ip" && last.hook === "POSTROUTING" && verdict !== "LOST";
  return steps.some(({ layer, hook }) => (layer === "ip" ? hook === "POSTROUTING" && !stops : hook === "OUTPUT"));
}

/** The protocol has got it, and udp has let go of its connection (nf_reset_ct in net/ipv4/udp.c, net/ipv6/udp.c). */
const isTakenIn = ({ verdict, packet }: Path): boolean => verdict === "ACCEPT" && isAbsent(packet.fields.outInterface);

/**
 * As the walk left it: replies come to where an original packet left from. The tuple is not what the packet's addresses
 * have become, which NPT changes too.
 */
function kept({ fields }: Packet, direction: Direction | null): Packet["fields"] {
  const { ctmark, ctnat } = fields;
  const replies = {
    ctreplsrc: fields.ctreplsrc ?? fields.destination,
    ctrepldst: fields.ctrepldst ?? fields.source,
    ctreplsrcport: fields.ctreplsrcport ?? fields.destinationPort,
    ctrepldstport: fields.ctrepldstport ?? fields.sourcePort,
  };
  const all = { ctmark, ctnat, ...(direction === "ORIGINAL" ? replies : {}) };
  return Object.fromEntries(Object.entries(all).filter(([, set]) => set !== undefined));
}
