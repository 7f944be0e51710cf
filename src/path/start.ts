/** Where a walk begins: every way in which a packet so described can come to be here. */
import {
  absent,
  all,
  any,
  evaluate,
  exactly,
  isAbsent,
  isCtState,
  isIcmp,
  narrow,
  only,
  type Packet,
  single,
  within,
} from "../facts/index.ts";
import { fittingStatus } from "./conntrack.ts";
import { enterBridge } from "./enter-bridge.ts";
import { type Hook, PARTS, STARTS, type Stop } from "./journey.ts";
import { asSynproxySends } from "./synproxy.ts";
import { assume, type Carried, fork, nameOf, type Reply, type Traveller, type World } from "./traveller.ts";

const [RST, ACK] = [4, 16];

export interface Beginning {
  readonly hook?: Hook;
  readonly anyOrigin?: boolean;
  readonly attached?: Carried;
}
export function startsAt(described: Packet, world: World, { hook, anyOrigin, attached }: Beginning): Traveller[] {
  const packet = fittingStatus(described, world);
  const part = hook && STARTS[hook];
  const ways = part ? [begin(packet, PARTS[part])] : anyOrigin ? everyWay(packet, world) : starts(packet, world);
  return ways
    .flatMap((each) => attach(each, attached))
    .flatMap((each) => asSynproxySends(each, world, attached === "nothing" ? false : attached));
}

/**
 * An error of this host's has the connection of the packet that it is about, before any hook (icmp_send, nf_ct_attach).
 * But udp lets go of the packet's before it says that the port is closed (__udp4_lib_rcv, __udp6_lib_rcv: nf_reset_ct).
 */
function attach(traveller: Traveller, attached: Carried | undefined): Traveller[] {
  if (attached === "nothing") return [{ ...traveller, ...carrying(attached) }];
  if (!traveller.tracked || evaluate(isPortUnreachable(traveller.packet.family), traveller.packet).is === "no")
    return [traveller];
  if (attached !== undefined) {
    traveller.tracked = attached;
    return [traveller];
  }
  const other = fork(traveller);
  assume(traveller, "port unreachable", null, "sent by a rule");
  assume(other, "port unreachable", null, "sent by udp");
  other.tracked = false;
  return [traveller, other];
}
const isPortUnreachable = (family: Packet["family"]) => {
  const type = family === "ipv6" ? 0x104 : 0x303;
  return within("icmpType", [[type, type + 1]], "port unreachable");
};

/** How a packet can come to be here: by a bridge port, by a device, from this host; every one that its description fits. */
function starts(described: Packet, world: World): Traveller[] {
  const packet = portToBridge(described, world);
  const inbound = packet.fields.inInterface;
  const dev = nameOf(packet, "inInterface");
  // a port out, and no device said: a frame that stays on its bridge (semantics 4.5)
  const ports = packet.fields.physdevIn ?? (inbound || packet.fields.outInterface ? absent : packet.fields.physdevOut);
  const isPort = ports && !isAbsent(ports);
  const port = isPort ? single(ports) : undefined;
  const bridge = world.host.bridge(dev ?? "") ?? world.host.bridgeOfPort(String(port ?? ""));
  if (dev === "lo") return [begin(packet, PARTS.packetIn)];
  if (bridge || isPort) return enterBridge(begin(packet, []), bridge, world);
  if (dev !== undefined) return [begin(packet, PARTS.packetIn)];
  if (isAbsent(inbound) || (!inbound && packet.fields.outInterface && !isAbsent(packet.fields.outInterface))) {
    return [begin(packet, PARTS.fromHost)];
  }
  return everyWay(packet, world);
}

/** Addresses tell: a packet of this host has one of its own as source, and no other may come in with it (martian). */
function everyWay(packet: Packet, world: World): Traveller[] {
  const own = world.host.localAddresses(packet.family);
  const isOwn = own ? evaluate(within("source", own, "an address of this host"), packet).is : "unknown";
  const devices = (world.host.json.addr ?? [])
    .filter(({ master, ifname }) => !master && ifname && ifname !== "lo")
    .map(({ ifname }) => String(ifname));
  const ways =
    isOwn === "yes"
      ? []
      : devices
          .map((name) => narrow(packet, "inInterface", only(name)))
          .filter((each) => each !== null)
          .flatMap((each) => starts(each, world));
  for (const each of ways) assume(each, "inInterface", null, nameOf(each.packet, "inInterface") ?? "");
  if (ways.length === 0 && isOwn !== "yes") ways.push(begin(packet, PARTS.packetIn));
  if (packet.fields.inInterface || isOwn === "no") return ways;
  const local = begin(packet, PARTS.fromHost);
  if (ways.length > 0) assume(local, "inInterface", null, "none: from this host");
  return [...ways, local];
}

/** `-i veth1`: the kernel shows the bridge as the device and the port as physdev (semantics 4.6). */
function portToBridge(packet: Packet, world: World): Packet {
  const dev = nameOf(packet, "inInterface");
  const bridge = dev === undefined ? undefined : world.host.bridgeOfPort(dev);
  if (!bridge || dev === undefined) return packet;
  return { ...packet, fields: { ...packet.fields, inInterface: only(bridge.name), physdevIn: only(dev) } };
}

/** A packet that the host sends because of another. */
export function startOfReply({ packet, attached }: Reply): Traveller {
  return { ...begin(packet, PARTS.fromHost), ...carrying(attached) };
}
const carrying = (attached: Carried): Pick<Traveller, "tracked" | "attached"> =>
  attached === "nothing" ? { tracked: false, attached } : { tracked: attached, attached: null };

/** What comes in belongs to no process of this host, unless it is said to. */
const withoutOwner = (packet: Packet): Packet => ({
  ...packet,
  fields: { uidOwner: absent, gidOwner: absent, socket: only(0), ...packet.fields },
});

/** An error or a reset (net/ipv4/netfilter/nf_reject_ipv4.c): what else is RELATED a helper has expected. */
const isAbout = any(isIcmp, within("tcpFlags", exactly(RST, RST | ACK), "RST"));
export const ATTACHED = all(isCtState("RELATED"), isAbout);
const isAttached = (packet: Packet): boolean => evaluate(ATTACHED, packet).is === "yes";

function begin(described: Packet, part: readonly Stop[]): Traveller {
  const isOwn = part === PARTS.fromHost;
  const packet = isOwn || part === PARTS.atPostrouting ? described : withoutOwner(described);
  return {
    packet,
    todo: [...part],
    steps: [],
    assumptions: [],
    pending: [],
    bridge: null,
    brnf: false,
    bridged: false,
    fromHost: false,
    traced: false,
    looped: false,
    tracked: isOwn && isAttached(packet),
    replies: [],
    hookOut: null,
    rewritten: new Set(),
    given: new Map(),
    set: 0,
    routeMark: null,
    piece: null,
    reroutes: false,
    bound: false,
    attached: null,
    sourceDone: false,
    copies: [],
    flooded: null,
    verdict: null,
    lost: null,
    started: { out: packet.fields.outInterface, destination: packet.fields.destination },
  };
}
