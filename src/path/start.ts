/** Where a walk begins: every way in which a packet so described can come to be here. */
import {
  absent,
  all,
  evaluate,
  isAbsent,
  isCtState,
  isIcmp,
  narrow,
  only,
  type Packet,
  single,
  within,
} from "../facts/index.ts";
import { enterBridge } from "./enter-bridge.ts";
import { type Hook, PARTS, STARTS, type Stop } from "./journey.ts";
import { assume, nameOf, type Reply, type Traveller, type World } from "./traveller.ts";

export function startsAt(packet: Packet, world: World, hook: Hook | undefined, anyOrigin: boolean): Traveller[] {
  const part = hook && STARTS[hook];
  if (part) return [begin(packet, PARTS[part])];
  return anyOrigin ? everyWay(packet, world) : starts(packet, world);
}

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
  return { ...begin(packet, PARTS.fromHost), tracked: attached };
}

/** What comes in belongs to no process of this host, unless it is said to. */
const withoutOwner = (packet: Packet): Packet => ({
  ...packet,
  fields: { uidOwner: absent, gidOwner: absent, ...packet.fields },
});

const isRelatedError = (packet: Packet): boolean => evaluate(all(isCtState("RELATED"), isIcmp), packet).is === "yes";

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
    // icmp_send gives an error the connection of the packet that it is about (nf_ct_attach), before any hook
    tracked: isOwn && isRelatedError(packet),
    replies: [],
    hookOut: null,
    rewritten: new Set(),
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
