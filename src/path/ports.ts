/** By which port a frame leaves its bridge: the one behind which its MAC was learnt, or all. net/bridge/br_forward.c, br_fdb.c */
import {
  type Bridge,
  CONFIRMED,
  evaluate,
  exactly,
  known,
  knownValue,
  meet,
  only,
  type Port,
  within,
} from "../facts/index.ts";
import { PARTS, type Stop } from "./journey.ts";
import { give } from "./rewrite.ts";
import { TO_GROUP } from "./told-apart.ts";
import { assume, fork, goOn, lose, nameOf, type Traveller, type World } from "./traveller.ts";

/** A frame bridged on, or one that the host sends by the bridge. */
export function choosePort(
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
  const isGroup = evaluate(TO_GROUP, traveller.packet).is === "yes";
  if (isGroup || (table !== undefined && (table.length === 0 || isLearnt(traveller, bridge, world) === "no")))
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
export function flood(traveller: Traveller, ports: readonly Port[], part: readonly Stop[], toHost = false): Traveller {
  const [first, ...others] = ports;
  if (!first) return goOn(traveller, toHost ? PARTS.up : part);
  traveller.flooded = { packet: traveller.packet, given: traveller.given, rewritten: new Set() };
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
    // what else the copies were given is what they all are
    const kept = [...traveller.given].filter(([field]) => !flooded.rewritten.has(field));
    traveller.given = new Map([...flooded.given, ...kept]);
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
  give(traveller, "ctstatus", only(status | CONFIRMED));
}

/** Whether its MAC is one that the bridge has learnt; a frame of which it is not told may have any. */
const isLearnt = ({ packet }: Traveller, bridge: Bridge | undefined, { host }: World) =>
  packet.fields.macDestination
    ? evaluate(within("macDestination", exactly(...host.learntBehind(bridge?.name ?? "")), "learnt"), packet).is
    : "unknown";

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

/** The MAC that the frame will be sent to; undefined: not known. */
export function setMac(traveller: Traveller, mac: number | undefined): void {
  give(traveller, "macDestination", mac === undefined ? undefined : only(mac));
}
