/** Decisions of the bridge: up to the host or on to a port, and which. net/bridge/br_input.c, br_forward.c, br_netfilter_hooks.c */
import {
  allValues,
  type Bridge,
  evaluate,
  has,
  known,
  meet,
  minus,
  narrow,
  only,
  type ValueSet,
} from "../facts/index.ts";
import { PARTS } from "./journey.ts";
import { lookUp } from "./lookup.ts";
import { isTo, pktTypeAt } from "./pkt-type.ts";
import { choosePort, flood, setMac } from "./ports.ts";
import { give } from "./rewrite.ts";
import { TO_GROUP } from "./told-apart.ts";
import { assume, fork, goOn, nameOf, type Traveller, type World } from "./traveller.ts";

/** A frame has passed PREROUTING: is it for the host, or for a port? */
export function decideOnBridge(traveller: Traveller, world: World): Traveller[] {
  const bridge = world.host.bridge(traveller.bridge ?? "");
  if (evaluate(TO_GROUP, traveller.packet).is === "yes") return [broadcast(traveller, bridge)];
  const rewritten = traveller.rewritten.has("destination");
  const isOwn = bridge?.mac === undefined ? "unknown" : isTo(bridge.mac, traveller.packet);
  if (traveller.packet.fields.macDestination && isOwn !== "unknown" && !rewritten)
    return isOwn === "yes" ? [up(traveller)] : toPort(traveller, bridge, world);
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

function setPktType(traveller: Traveller, pktType: ValueSet | undefined): void {
  if (pktType) give(traveller, "pktType", pktType);
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
  if (rewritten) traveller.routeMark = packet.fields.mark ?? null;
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
    if (!isOut) return [up(traveller)];
    // out by the bridge that it came in by: bridged, or routed back
    const back = fork(traveller);
    assume(traveller, "macDestination", null, "the neighbour's");
    assume(back, "macDestination", null, "the bridge's");
    return [...toPort(traveller, bridge, world), up(back)];
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
  if (bridge.mac !== undefined) give(traveller, "macSource", only(bridge.mac));
  return choosePort(traveller, bridge, world, PARTS.outByBridge);
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
