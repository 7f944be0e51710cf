/** Random conversations between what is connected to a host, and the host: which packets are sent, and what answers them. */
import { chance, oneOf, type Pick } from "../draw.ts";
import {
  AH,
  type Datagram,
  DCCP,
  DESTINATION,
  ESP,
  HOP_BY_HOP,
  ICMP,
  ICMP6,
  IPCOMP,
  MOBILITY,
  pieces,
  ROUTING,
  SCTP,
  TCP,
  UDP,
  UDPLITE,
} from "./datagram.ts";
import type { Topology, Wire } from "./topology.ts";

export type Family = "ipv4" | "ipv6";
/** What comes back for a packet that has come out of a wire: from where it went to, or from a router there. */
export type Answer =
  | { readonly with: "reply"; readonly tcpFlags?: number; readonly body: string }
  | { readonly with: "error"; readonly icmpType: number };
export type Action = {
  /** Only if that earlier action was done. */
  readonly after?: number;
} & (
  | {
      readonly kind: "send";
      readonly wire: string;
      readonly from: string;
      readonly to: string;
      readonly datagram: Datagram;
      /** The datagram that this last piece completes. */
      readonly whole?: Datagram;
    }
  | { readonly kind: "send own"; readonly datagram: Datagram; readonly mark: number; readonly uid: number | null }
  /** To the first packet that came out of a wire after an earlier action; if none did, nothing is sent. */
  | { readonly kind: "answer"; readonly to: number; readonly answer: Answer }
);

/** What rules are drawn to fit: one of the packets, more or less as rules will see it. */
export interface Aim {
  readonly datagram: Datagram;
  readonly inInterface: string | null;
  readonly outInterface: string | null;
  readonly physdevIn: string | null;
  readonly physdevOut: string | null;
  readonly macSource: string | null;
  readonly macDestination: string | null;
  readonly states: readonly string[];
  readonly mark: number;
  /** Everybody's addresses. */
  readonly everybody: readonly string[];
}
export interface Conversation {
  readonly actions: readonly Action[];
  readonly aims: readonly Aim[];
}

/** Somebody who sends or is sent to. */
interface End {
  /** null: the host itself. */
  readonly wire: Wire | null;
  readonly mac: string | null;
  readonly address: string;
}
const [FIN, SYN, RST, PSH, ACK] = [1, 2, 4, 8, 16] as const;

export function drawConversation(pick: Pick, topology: Topology, first: number): Conversation {
  const family: Family = chance(pick, 60) ? "ipv4" : "ipv6";
  const everybody = ends(topology, family);
  const sender = oneOf(
    pick,
    everybody.filter(({ address }) => !isGroup(address)),
  );
  const receiver = oneOf(
    pick,
    everybody.filter((each) => each !== sender && (each.wire === null || each.wire !== sender.wire)),
  );
  const drawn = drawDatagram(pick, topology, family, sender.address, receiver.address);
  const odd = sender.wire !== null && chance(pick, 35);
  const datagram = odd ? oddOne(pick, drawn) : drawn;
  const addresses = everybody.map(({ address }) => address);
  const aims = aimsOf(topology, datagram, sender, receiver, addresses);
  const way = { topology, sender, receiver, mark: oneOf(pick, [0, 0, 0, 5]), uid: ownerOf(pick, datagram) };
  if (!odd) return { actions: script(pick, way, datagram, first), aims };
  const parts =
    datagram.body.length > 64 && !datagram.extensions && chance(pick, 60)
      ? pieces(datagram, 8 * (1 + pick(3)))
      : [datagram];
  const actions = parts.map((part) => sendOne(way, part));
  const last = actions.pop();
  if (last?.kind === "send" && parts.length > 1) actions.push({ ...last, whole: datagram });
  else if (last) actions.push(last);
  return { actions, aims };
}

/** Who sends to whom, and how. */
interface Way {
  readonly topology: Topology;
  readonly sender: End;
  readonly receiver: End;
  readonly mark: number;
  /** null: no socket but a raw one. */
  readonly uid: number | null;
}
const ownerOf = (pick: Pick, { protocol }: Datagram): number | null =>
  protocol === UDP && chance(pick, 60) ? oneOf(pick, [0, 33, 1000]) : null;

/** What nobody answers: other protocols, odd flags and types, headers cut off; or a larger packet, which may be cut in pieces. */
function oddOne(pick: Pick, datagram: Datagram): Datagram {
  const { family, source, destination, ttl, tos, id } = datagram;
  const head = { family, source, destination, ttl, tos, id };
  const body = "61".repeat(12 + pick(40));
  const ports = { sourcePort: 1024 + pick(60000), destinationPort: oneOf(pick, [53, 80, 8080, 2905]) };
  const spi = `0000000${1 + pick(9)}`;
  if (family === "ipv6" && chance(pick, 40)) return { ...datagram, extensions: drawExtensions(pick, spi) };
  return oneOf<() => Datagram>(pick, [
    () => ({ ...datagram, body: "61".repeat(60 + pick(200)) }),
    () => ({ ...datagram, body: "61".repeat(60 + pick(200)) }),
    () => ({ ...head, protocol: TCP, ...ports, tcpFlags: pick(256), seq: 7, ack: 9, body: "" }),
    // an INIT of one chunk
    () => ({ ...head, protocol: SCTP, ...ports, body: `01000014000000010000ffff0001000100000001` }),
    () => ({ ...head, protocol: SCTP, ...ports, body: `01000014000000010000ffff0001000100000001` }),
    () => ({ ...head, protocol: ESP, body: `${spi}00000001${body}` }),
    () => ({ ...head, protocol: UDPLITE, ...ports, body }),
    () => ({ ...head, protocol: DCCP, ...ports, body }),
    // flags, and a well-known index
    () => ({ ...head, protocol: IPCOMP, body: `00000${pick(4)}00${body}` }),
    // nothing behind it, the length, a type
    () => (family === "ipv4" ? datagram : { ...head, protocol: MOBILITY, body: `3b000${pick(8)}0000000000` }),
    () => ({
      ...head,
      protocol: family === "ipv4" ? AH : ESP,
      body: `${family === "ipv4" ? "3b040000" : ""}${spi}00000001${body}`,
    }),
    () => ({ ...head, protocol: oneOf(pick, [253, 254, 4, 89]), body }),
    () => ({
      ...head,
      protocol: family === "ipv4" ? ICMP : ICMP6,
      icmpType: 256 * oneOf(pick, family === "ipv4" ? [0, 5, 13, 17, 42] : [129, 139, 200]) + pick(2),
      icmpRest: 65537,
      body,
    }),
    () => ({ ...head, protocol: oneOf(pick, [TCP, UDP]), truncated: true, body: "61".repeat(1 + pick(7)) }),
  ])();
}

/** Some of them, in the order that RFC 8200 asks for. */
function drawExtensions(pick: Pick, spi: string): NonNullable<Datagram["extensions"]> {
  const padded = "00010400000000";
  const all = [
    { header: HOP_BY_HOP, rest: padded },
    { header: DESTINATION, rest: padded },
    // mobile IPv6's, of one address, which is done
    { header: ROUTING, rest: `02020000000000fd${"00".repeat(14)}01` },
    { header: AH, rest: `040000${spi}00000001${"61".repeat(12)}` },
  ];
  const some = all.filter(() => chance(pick, 40));
  return some.length > 0 ? some : [oneOf(pick, all)];
}

const isGroup = (address: string): boolean => /\.255$|^2[234]\d\./.test(address);
const at = (family: Family, addresses: readonly string[]): readonly string[] =>
  addresses.map((each) => each.replace(/\/.*/, "")).filter((each) => each.includes(":") === (family === "ipv6"));

function ends({ wires, bridges, beyond }: Topology, family: Family): End[] {
  const own = [...bridges, ...wires].flatMap(({ addresses }) => at(family, addresses));
  return [
    ...wires.flatMap((wire) =>
      wire.peers.flatMap(({ mac, addresses }) => at(family, addresses).map((address) => ({ wire, mac, address }))),
    ),
    ...own.map((address) => ({ wire: null, mac: null, address })),
    ...at(
      family,
      beyond.map(({ address }) => address),
    ).map((address) => {
      const name = beyond.find((each) => each.address === address)?.wire;
      const wire = wires.find((each) => each.name === name) ?? null;
      return { wire, mac: wire?.peers[0]?.mac ?? null, address };
    }),
  ];
}

function drawDatagram(pick: Pick, { served }: Topology, family: Family, source: string, destination: string): Datagram {
  const head = {
    family,
    source,
    destination,
    ttl: oneOf(pick, [64, 64, 64, 255, 128, 17, 2, 1]),
    tos: oneOf(pick, [0, 0, 0, 0x10, 0xb8, 0x02, 0x48, 0x01]),
    id: 1 + pick(65535),
    body: "61".repeat(oneOf(pick, [0, 3, 11, 32, 80, 200])),
  };
  const protocol = oneOf(pick, [TCP, TCP, TCP, UDP, UDP, UDP, ICMP, ICMP]);
  const sourcePort = oneOf(pick, [1024 + pick(60000), 53, 80, 5353]);
  const destinationPort = oneOf(pick, [...served, 8080, 8080, 22, 443, 9999]);
  if (protocol === TCP) {
    const tcpOptions = oneOf(pick, ["", "", "020405b4", "0204021801010402", "01030307020405b4"]);
    const opens = { tcpFlags: SYN, seq: 1000, ack: 0, body: "" };
    return { ...head, protocol, sourcePort, destinationPort, ...opens, ...(tcpOptions === "" ? {} : { tcpOptions }) };
  }
  if (protocol !== ICMP) return { ...head, protocol, sourcePort, destinationPort };
  const icmpRest = (1 + pick(65000)) * 65536 + 1;
  return {
    ...head,
    protocol: family === "ipv4" ? ICMP : ICMP6,
    icmpType: family === "ipv4" ? 0x800 : 0x8000,
    icmpRest,
  };
}

function aimsOf(
  { bridges }: Topology,
  datagram: Datagram,
  sender: End,
  receiver: End,
  everybody: readonly string[],
): Aim[] {
  const dev = (end: End) => end.wire?.bridge ?? end.wire?.name ?? null;
  const port = (end: End) => (end.wire?.bridge ? end.wire.name : null);
  const bridged = sender.wire?.bridge !== undefined && sender.wire.bridge === receiver.wire?.bridge;
  const hostMac = (end: End) => bridges.find(({ name }) => name === dev(end))?.mac ?? end.wire?.mac ?? null;
  const one = (from: End, to: End, packet: Datagram, states: readonly string[]): Aim => ({
    datagram: packet,
    inInterface: dev(from),
    outInterface: dev(to),
    physdevIn: port(from),
    physdevOut: bridged ? port(to) : null,
    macSource: from.mac,
    macDestination: bridged ? to.mac : hostMac(from),
    states,
    mark: 0,
    everybody,
  });
  const { source, destination, sourcePort, destinationPort, tcpFlags, icmpType } = datagram;
  const back: Datagram = {
    ...datagram,
    source: destination,
    destination: source,
    ...(sourcePort === undefined ? {} : { sourcePort: destinationPort ?? 0, destinationPort: sourcePort }),
    ...(tcpFlags === undefined ? {} : { tcpFlags: SYN | ACK }),
    ...(icmpType === undefined ? {} : { icmpType: icmpType === 0x800 ? 0 : 0x8100 }),
  };
  return [one(sender, receiver, datagram, ["NEW"]), one(receiver, sender, back, ["ESTABLISHED"])];
}

function sendOne({ topology, sender, receiver, mark, uid }: Way, datagram: Datagram): Action {
  const { wire, mac } = sender;
  if (wire === null || mac === null) return { kind: "send own", datagram, mark, uid };
  const bridged = wire.bridge !== undefined && wire.bridge === receiver.wire?.bridge && receiver.mac !== null;
  const host = topology.bridges.find(({ name }) => name === wire.bridge)?.mac ?? wire.mac;
  return { kind: "send", wire: wire.name, from: mac, to: bridged ? String(receiver.mac) : host, datagram };
}

function script(pick: Pick, way: Way, datagram: Datagram, first: number): readonly Action[] {
  const { sender, receiver } = way;
  const send = (changes: Partial<Datagram> = {}): Action =>
    sendOne(way, { ...datagram, id: (datagram.id + actions.length) & 0xffff, ...changes });
  const actions: Action[] = [];
  const reply = (to: number, tcpFlags?: number, body = ""): Action => ({
    kind: "answer",
    to: first + to,
    answer: { with: "reply", body, ...(tcpFlags === undefined ? {} : { tcpFlags }) },
  });
  const body = "61".repeat(20);
  actions.push(send());
  if (datagram.protocol === TCP) {
    const end = oneOf(pick, [FIN | ACK, RST | ACK, ACK]);
    // the host itself answers, with what is to be answered
    if (receiver.wire === null && sender.wire !== null) {
      if (chance(pick, 80)) actions.push(reply(0, ACK), reply(0, PSH | ACK, body));
    } else if (chance(pick, 70)) {
      actions.push(reply(0, SYN | ACK));
      if (sender.wire === null) return actions;
      const acked = { seq: 1001, ack: 5001 };
      if (chance(pick, 80)) actions.push({ ...send({ tcpFlags: ACK, ...acked }), after: first + 1 });
      if (chance(pick, 60)) actions.push({ ...send({ tcpFlags: PSH | ACK, ...acked, body }), after: first + 1 });
      if (chance(pick, 60)) actions.push(reply(actions.length - 1, end));
    }
    return actions;
  }
  if (chance(pick, 30)) actions.push(send());
  if (chance(pick, 70)) actions.push(reply(actions.length - 1, undefined, datagram.body));
  if (chance(pick, 40)) actions.push(send());
  return actions;
}
