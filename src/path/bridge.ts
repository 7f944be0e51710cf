/** Decisions of the bridge: up to the host or on to a port, and which. net/bridge/br_input.c, br_forward.c, br_netfilter_hooks.c */
import {
  allValues,
  type Bridge,
  CONFIRMED,
  has,
  isGroupMac,
  known,
  knownValue,
  meet,
  minus,
  narrow,
  only,
  type Port,
  type ValueSet,
} from "../facts/index.ts";
import { PARTS, type Stop } from "./journey.ts";
import { lookUp } from "./lookup.ts";
import { pktTypeAt } from "./pkt-type.ts";
import { assume, fork, goOn, lose, nameOf, type Traveller, type World } from "./traveller.ts";

/** A frame has passed PREROUTING: is it for the host, or for a port? */
export function decideOnBridge(traveller: Traveller, world: World): Traveller[] {
  const bridge = world.host.bridge(traveller.bridge ?? "");
  const mac = knownValue(traveller.packet, "macDestination");
  if (typeof mac === "number" && isGroupMac(mac)) return [broadcast(traveller, bridge)];
  const rewritten = traveller.rewritten.has("destination");
  if (typeof mac === "number" && bridge?.mac !== undefined && !rewritten) {
    return mac === bridge.mac ? [up(traveller)] : toPort(traveller, bridge, world);
  }
  if (rewritten) {
    // DNAT gives the frame another MAC, and leaves to whom it was sent as it was
    setPktType(traveller, pktTypeAt(traveller, "bridge", "PREROUTING", world.host));
    setMac(traveller, undefined);
  }
  return decideByAddress(traveller, bridge, world, rewritten);
}

/** A stated port out is printed for bridged frames only (semantics 4.5); one of another bridge is where a routed packet leaves. */
function staysByWord({ packet, bridge }: Traveller, { host }: World): boolean {
  const port = nameOf(packet, "physdevOut");
  return port !== undefined && (host.bridgeOfPort(port)?.name ?? bridge) === bridge;
}

/** The MAC that the frame will be sent to; undefined: not known. */
function setMac(traveller: Traveller, mac: number | undefined): void {
  const { macDestination: _, ...fields } = traveller.packet.fields;
  traveller.packet = {
    ...traveller.packet,
    fields: mac === undefined ? fields : { ...fields, macDestination: only(mac) },
  };
}

function setPktType(traveller: Traveller, pktType: ValueSet | undefined): void {
  const { packet } = traveller;
  if (pktType) traveller.packet = { ...packet, fields: { ...packet.fields, pktType } };
}

/**
 * Without the frame's MAC: a neighbour on the bridge is addressed directly, anything else through the host. After
 * bridged DNAT the kernel itself decides so (br_nf_pre_routing_finish; semantics 4.4 I).
 */
function decideByAddress(
  traveller: Traveller,
  bridge: Bridge | undefined,
  world: World,
  rewritten: boolean,
): Traveller[] {
  const { packet } = traveller;
  const out: Traveller[] = [];
  const statedOut = traveller.started.out;
  const stays = staysByWord(traveller, world);
  // rules of `ip rule` may ask for the mark
  const routes = rewritten ? lookUp(packet, world.host) : undefined;
  if (routes?.every(({ to }) => to.type === "unicast" && to.dev !== traveller.bridge)) {
    setMac(traveller, bridge?.mac);
    setPktType(traveller, only(0));
    return [up(traveller)];
  }
  const onLink = stays
    ? allValues("destination", packet.family)
    : world.host.onLink(traveller.bridge ?? "", packet.family);
  const own = world.host.localAddresses(packet.family) ?? [];
  const groups = world.host.groupAddresses(packet.family);
  const neighbours = minus(minus(onLink, own), groups);
  const set = known(packet, "destination");
  const say = (branch: Traveller, taken: string) => {
    if (!rewritten && !statedOut && !stays) assume(branch, "macDestination", null, taken);
    return branch;
  };
  if (onLink.length === 0) {
    // no routes: the stated way decides
    const isOut = nameOf(packet, "outInterface") === traveller.bridge;
    return isOut ? toPort(traveller, bridge, world) : [up(traveller)];
  }
  const toGroup = meet(set.ranges, groups);
  if (toGroup.length > 0) {
    const branch = fork(traveller);
    branch.packet = narrow(branch.packet, "destination", { absent: false, ranges: toGroup }) ?? branch.packet;
    out.push(broadcast(branch, bridge));
  }
  const inside = { absent: false, ranges: meet(set.ranges, neighbours) };
  const outside = { absent: false, ranges: minus(minus(set.ranges, neighbours), groups) };
  const bridgedPossible = !statedOut || has(statedOut.ranges, traveller.bridge ?? "");
  if (inside.ranges.length > 0 && bridgedPossible) {
    const branch = fork(traveller);
    branch.packet = narrow(branch.packet, "destination", inside) ?? branch.packet;
    out.push(...toPort(say(branch, "the neighbour's"), bridge, world));
  }
  if (out.length === 0 || (outside.ranges.length > 0 && !stays)) {
    const branch = fork(traveller);
    branch.packet = narrow(branch.packet, "destination", outside.ranges.length > 0 ? outside : set) ?? branch.packet;
    // br_nf_pre_routing_finish: what is not bridged on is for the bridge itself
    if (rewritten) {
      setMac(branch, bridge?.mac);
      setPktType(branch, only(0));
    }
    out.push(up(say(branch, "the bridge's")));
  }
  return out;
}

const up = (traveller: Traveller): Traveller => goOn(traveller, PARTS.up);

/** Bridged on: to the port behind which the bridge has learnt the MAC, or, not learnt, to every other port. */
function toPort(traveller: Traveller, bridge: Bridge | undefined, world: World): Traveller[] {
  traveller.bridged = true;
  traveller.packet = {
    ...traveller.packet,
    fields: { ...traveller.packet.fields, outInterface: only(traveller.bridge ?? "") },
  };
  return choosePort(traveller, bridge, world, PARTS.bridged);
}

/** A routed packet leaves by a bridge. */
export function leaveByBridge(traveller: Traveller, bridge: Bridge, world: World): Traveller[] {
  if (bridge.mac !== undefined)
    traveller.packet = { ...traveller.packet, fields: { ...traveller.packet.fields, macSource: only(bridge.mac) } };
  return choosePort(traveller, bridge, world, PARTS.outByBridge);
}

function choosePort(
  traveller: Traveller,
  bridge: Bridge | undefined,
  world: World,
  part: readonly Stop[],
): Traveller[] {
  const from = traveller.bridged ? nameOf(traveller.packet, "physdevIn") : undefined;
  const ports = (bridge?.ports ?? []).filter(({ name, hairpin }) => name !== from || hairpin);
  const stated = nameOf(traveller.packet, "physdevOut");
  if (stated !== undefined && stated === from && !ports.some(({ name }) => name === stated)) {
    return [lose(traveller, "the frame would leave by the port it came in by, and that has no hairpin")];
  }
  const [first] = ports;
  const learntBehind = learntPort(traveller, bridge, world);
  if (stated === undefined && learntBehind !== undefined && !ports.some(({ name }) => name === learntBehind)) {
    return [lose(traveller, "the bridge has learnt the MAC behind the port it came in by, and that has no hairpin")];
  }
  if (!first) return [goOn(stated === undefined ? traveller : withPort(traveller, stated), part)];
  if (stated === undefined && learntBehind === undefined && isAsked(traveller, world))
    return ask(traveller, ports, part);
  const known = stated ?? learntBehind ?? (ports.length === 1 ? first.name : undefined);
  if (known !== undefined) return [goOn(withPort(traveller, known), part)];
  const { fdb: table } = world.host.json;
  const mac = knownValue(traveller.packet, "macDestination");
  const isGroup = typeof mac === "number" && isGroupMac(mac);
  if (isGroup || (table !== undefined && (table.length === 0 || mac !== undefined)))
    return [flood(traveller, ports, part)];
  const learnt = ports.map(({ name }) => goOn(learntBehindPort(traveller, name), part));
  assume(traveller, "fdb", null, "not learnt: flooded");
  return [...learnt, flood(traveller, ports, part)];
}

function learntBehindPort(traveller: Traveller, port: string): Traveller {
  const branch = withPort(fork(traveller), port);
  assume(branch, "fdb", null, `learnt behind ${port}`);
  return branch;
}

/** Whom the packet goes to is not in the neighbour table. A frame has the MAC that it came with, unless NAT readdressed it. */
const isAsked = (traveller: Traveller, world: World): boolean =>
  (!traveller.bridged || traveller.rewritten.has("destination")) &&
  traveller.packet.fields.macDestination === undefined &&
  world.host.json.neigh !== undefined &&
  !mayBeGroup(traveller, world);

/**
 * The host asks for the MAC: the answer comes in through a port, and the bridge learns it there; entries of the neighbour
 * table outlive the bridge's (net/core/neighbour.c neigh_periodic_work: none is dropped below gc_thresh1). Without an
 * answer the packet is not sent (neigh_invalidate).
 */
function ask(traveller: Traveller, ports: readonly Port[], part: readonly Stop[]): Traveller[] {
  const isOne = knownValue(traveller.packet, "destination") !== undefined;
  const waits = fork(traveller);
  if (isOne) assume(traveller, "neighbour", null, "answers");
  assume(waits, "neighbour", null, "does not answer");
  const [first, more] = ports;
  const ways =
    first && !more ? [withPort(traveller, first.name)] : ports.map(({ name }) => learntBehindPort(traveller, name));
  const sent = ways.map((way) => goOn(way, part));
  // of many that are meant, some answer
  return isOne ? [...sent, lose(waits, "nobody answers to whom the host would send it")] : sent;
}

/**
 * Flooding: every port gets a copy, newest port first (br_forward.c br_flood), and a broadcast the host too, last
 * (semantics 4.4 O).
 */
function flood(traveller: Traveller, ports: readonly Port[], part: readonly Stop[], toHost = false): Traveller {
  const [first, ...others] = ports;
  if (!first) return toHost ? up(traveller) : goOn(traveller, part);
  traveller.flooded = { packet: traveller.packet, rewritten: new Set() };
  const copies = others.flatMap(({ name }): Stop[] => [{ at: "copy", port: name }, ...part]);
  traveller.todo = [...part, ...copies, ...(toHost ? [{ at: "copy", port: null } as const, ...PARTS.up] : [])];
  return withPort(traveller, first.name);
}

/** The next copy starts as the frame was when it was flooded; what has been learnt of it since still holds. */
export function nextCopy(traveller: Traveller, port: string | null, { host }: World): Traveller[] {
  const { flooded } = traveller;
  confirmByCopies(traveller, port === null && host.kernelAtLeast(6, 8) !== false);
  if (flooded) {
    const restored = Object.fromEntries([...flooded.rewritten].map((field) => [field, flooded.packet.fields[field]]));
    traveller.packet = { ...traveller.packet, fields: { ...traveller.packet.fields, ...restored } };
    flooded.rewritten.clear();
  }
  if (port !== null) return [withPort(traveller, port)];
  // the host's own copy: the stated way out is that of the others
  traveller.bridged = false;
  traveller.started = { ...traveller.started, out: undefined };
  return [traveller];
}

/**
 * The copies share one connection: the first that leaves confirms it, and since Linux 6.8 the bridge itself does before
 * the host's own (br_netfilter_hooks.c br_nf_local_in; semantics 4.7, recording t07).
 */
function confirmByCopies(traveller: Traveller, toHost: boolean): void {
  const status = traveller.brnf ? knownValue(traveller.packet, "ctstatus") : undefined;
  if (typeof status !== "number" || (!toHost && !traveller.copies.some(({ verdict }) => verdict === "ACCEPT"))) return;
  const { fields } = traveller.packet;
  traveller.packet = { ...traveller.packet, fields: { ...fields, ctstatus: only(status | CONFIRMED) } };
}

function broadcast(traveller: Traveller, bridge: Bridge | undefined): Traveller {
  const from = nameOf(traveller.packet, "physdevIn");
  traveller.bridged = true;
  traveller.packet = {
    ...traveller.packet,
    fields: { ...traveller.packet.fields, outInterface: only(traveller.bridge ?? "") },
  };
  const ports = (bridge?.ports ?? []).filter(({ name, hairpin }) => name !== from || hairpin);
  if (ports.length === 0) traveller.bridged = false;
  return flood(traveller, ports, PARTS.bridged, true);
}

function learntPort(traveller: Traveller, bridge: Bridge | undefined, world: World): string | undefined {
  if (traveller.packet.fields.macDestination === undefined) setMac(traveller, neighbourMac(traveller, world));
  const mac = knownValue(traveller.packet, "macDestination");
  if (typeof mac !== "number") return undefined;
  // where a frame comes from is learnt before where it goes is asked (br_input.c br_handle_frame_finish)
  if (traveller.bridged && mac === knownValue(traveller.packet, "macSource"))
    return nameOf(traveller.packet, "physdevIn");
  return world.host.portOf(mac, bridge?.name ?? "");
}

const mayBeGroup = ({ packet }: Traveller, { host }: World): boolean =>
  meet(known(packet, "destination").ranges, host.groupAddresses(packet.family)).length > 0;

function neighbourMac({ packet }: Traveller, world: World): number | undefined {
  const destination = knownValue(packet, "destination");
  return destination === undefined || typeof destination === "string" ? undefined : world.host.macOf(destination);
}

function withPort(traveller: Traveller, port: string): Traveller {
  traveller.packet = { ...traveller.packet, fields: { ...traveller.packet.fields, physdevOut: only(port) } };
  return traveller;
}
