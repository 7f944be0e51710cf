/** A packet of this host: by which device it leaves, again after mangle and nat, and back in by the loopback. net/ipv4/netfilter.c ip_route_me_harder */
import {
  type Address,
  absent,
  type Bridge,
  CONFIRMED,
  evaluate,
  type Host,
  has,
  isAbsent,
  known,
  knownValue,
  LOOPBACK,
  MULTICAST,
  only,
  type Packet,
  type RouteClass,
  type ValueSet,
  within,
} from "../facts/index.ts";
import { askedOnce, meaningOf, someRule } from "../model/index.ts";
import { leaveByBridge } from "./bridge.ts";
import { cutAgain } from "./fragments.ts";
import { PARTS } from "./journey.ts";
import { lookUp, type Reached } from "./lookup.ts";
import { LINK_LOCAL } from "./own-addresses.ts";
import { give } from "./rewrite.ts";
import { eachWay, end, nowhere, set } from "./routing.ts";
import { ofLoopback } from "./source.ts";
import { areBridgeTables } from "./told-apart.ts";
import { assume, fork, goOn, nameOf, type Traveller, type Walking, type World } from "./traveller.ts";

const deviceOf = ({ to }: Reached): string => (to.type === "local" ? "lo" : to.dev);
const leadsBy = (reached: Reached, out: ValueSet): boolean =>
  deviceOf(reached) === "" || has(out.ranges, deviceOf(reached));

/** A group has a route by each device, of which the sender has chosen one. */
const isToGroup = ({ packet }: Traveller): boolean =>
  evaluate(within("destination", MULTICAST[packet.family], "multicast"), packet).is === "yes";

/** Its device by route, the loopback for the host's own addresses. */
export function routeOut(traveller: Traveller, world: World): Traveller[] {
  traveller.fromHost = true;
  set(traveller, "inInterface", absent);
  const { out } = traveller.started;
  const all = lookUp(traveller.packet, world.host);
  if (!all || (out && !isAbsent(out) && isToGroup(traveller))) return [traveller];
  const stated = out && !isAbsent(out) ? all.filter((each) => leadsBy(each, out)) : all;
  if (stated.length > 0) return eachWay(traveller, stated, (branch, to) => sendBy(branch, to, world));
  // routed elsewhere than stated: the stated device is the one after rerouting, or the user's word stands against the dump's
  if (!mayReroute(world.ruleset, traveller.packet.family, world.host)) return [traveller];
  const first = fork(traveller);
  first.reroutes = true;
  traveller.bound = true;
  assume(traveller, "outInterface", null, "from the beginning");
  assume(first, "outInterface", null, "after OUTPUT");
  return [...eachWay(first, all, (branch, to) => sendBy(branch, to, world)), traveller];
}

/** Effects that leave alone what the route was chosen by. */
const LEAVING = new Set(["verdict", "return", "continue", "trace"]);
/** Whether a rule of mangle or nat may change that. */
const mayReroute = askedOnce((tables, host: Host) =>
  someRule(
    tables.filter(({ name }) => name === "mangle" || name === "nat"),
    (rule) => {
      const { action } = meaningOf(rule, host);
      return action.kind === "effects" && action.effects.some(({ does }) => !LEAVING.has(does));
    },
  ),
);

/** The device that a route leads to; group addresses without one leave it as it is. */
function sendBy(branch: Traveller, to: RouteClass, world: World): Traveller[] {
  if (["none", "unreachable", "blackhole", "prohibit"].includes(to.type)) return [nowhere(branch, to, world)];
  const dev = to.type === "local" ? "lo" : to.dev;
  if (dev === "") return [branch];
  set(branch, "outInterface", only(dev));
  // net/ipv4/route.c __mkroute_output
  if (dev === "lo" || branch.packet.family !== "ipv4" || !branch.packet.fields.source) return [branch];
  return ofLoopback(branch, dev, world.host, `route_localnet is 0: 127.0.0.0/8 does not leave by ${dev}`);
}

/** net/ipv4/netfilter/iptable_mangle.c ipt_mangle_out */
const CHOSEN_BY = ["source", "destination", "mark", "tos"] as const;
/** nf_nat_proto.c nf_nat_ipv4_local_fn asks no more: a mark that a rule of nat sets has no part in it. */
const TRANSLATED = ["destination"] as const;
/** The route is chosen: what mangle or nat changes from here on may choose another. */
export function noteRoute(traveller: Traveller): Traveller[] {
  traveller.rewritten = new Set();
  return [traveller];
}

/** net/ipv6/netfilter.c ip6_route_me_harder: a group, and what is link-local, is looked for by the same device. */
const isOfLink = (packet: Packet): boolean =>
  packet.family === "ipv6" &&
  evaluate(within("destination", [...LINK_LOCAL, ...MULTICAST.ipv6], "of the link"), packet).is === "yes";

/** What mangle or nat changed in OUTPUT chooses another route; the hook goes on with the old device (semantics 4.4 J, 4.8). */
export function reroute(traveller: Traveller, world: World, by: "mangle" | "nat"): Traveller[] {
  const { packet, rewritten } = traveller;
  if (traveller.bound || isOfLink(packet)) return [traveller];
  if (!(by === "nat" ? TRANSLATED : CHOSEN_BY).some((field) => rewritten.has(field))) return [traveller];
  traveller.hookOut ??= known(packet, "outInterface");
  const all = lookUp(packet, world.host);
  if (all) return eachWay(traveller, all, (branch, to) => sendBy(branch, to, world));
  // the local table has it, whatever the other routes (net/ipv4/fib_frontend.c fib_add_ifaddr)
  if (evaluate(within("destination", LOOPBACK[packet.family], "loopback"), packet).is === "yes") {
    set(traveller, "outInterface", only("lo"));
    return [traveller];
  }
  const other = rewritten.has("destination") ? traveller : fork(traveller);
  set(other, "outInterface", { absent: false, ranges: known({ ...packet, fields: {} }, "outInterface").ranges });
  if (other === traveller) return [traveller];
  assume(traveller, "route", null, "as before");
  assume(other, "route", null, `by ${[...rewritten].join(", ")}`);
  return [traveller, other];
}

/** OUTPUT is behind it: a way that only rerouting can have taken, and did not, is none. */
export function routed(traveller: Traveller): Traveller[] {
  const { out } = traveller.started;
  const dev = nameOf(traveller.packet, "outInterface");
  const differs = out && dev !== undefined && !has(out.ranges, dev);
  return traveller.reroutes && differs ? [] : [traveller];
}

/** After POSTROUTING: onto the wire, back in by the loopback, or through a bridge. */
export function leave(traveller: Traveller, world: Walking): Traveller[] {
  const out = nameOf(traveller.packet, "outInterface");
  if (out === "lo") return [goOn(traveller, PARTS.looped)];
  if (out === undefined) return mayLeaveByBridge(traveller, world);
  // of many packets the way is of interest as far as rules are
  if (world.reader.many && !areBridgeTables(world)) return end(traveller);
  const bridge = world.host.bridge(out);
  return bridge ? throughBridge(traveller, bridge, world) : end(traveller);
}

/** Where no route tells the device, it may be a bridge, and a bridge has tables of its own. */
function mayLeaveByBridge(traveller: Traveller, world: World): Traveller[] {
  const { ranges } = known(traveller.packet, "outInterface");
  const bridges = areBridgeTables(world) ? world.host.bridges.filter(({ name }) => has(ranges, name)) : [];
  const ways = bridges.flatMap((bridge) => {
    const way = fork(traveller);
    set(way, "outInterface", only(bridge.name));
    assume(way, "outInterface", null, bridge.name);
    return throughBridge(way, bridge, world);
  });
  if (ways.length > 0) assume(traveller, "outInterface", null, "no bridge");
  return [...ways, ...end(traveller)];
}

function throughBridge(traveller: Traveller, bridge: Bridge, world: World): Traveller[] {
  cutAgain(traveller);
  const mac = neighbour(traveller, world);
  if (!traveller.fromHost || mac !== undefined || isAbsent(traveller.packet.fields.macDestination)) {
    // the frame is a new one: its MACs are the bridge's and the neighbour's
    give(traveller, "macSource", undefined);
    give(traveller, "macDestination", mac === undefined ? undefined : only(mac));
  }
  return leaveByBridge(traveller, bridge, world);
}

/** The MAC of the next hop: the gateway's, or the destination's own. */
function neighbour({ packet }: Traveller, { host }: World): number | undefined {
  const destination = knownValue(packet, "destination");
  if (typeof destination === "string" || destination === undefined) return undefined;
  if (has(host.groupAddresses(packet.family), destination)) return groupMac(destination);
  const gateway = lookUp(packet, host)?.find(({ to }) => to.dev === nameOf(packet, "outInterface"))?.to.gateway;
  return host.macOf(gateway ?? destination);
}

/** RFC 1112, RFC 2464: a multicast group has a MAC of its own; everybody else who is many is addressed as all. */
function groupMac(address: Address): number {
  if (typeof address === "bigint") return 0x333300000000 + Number(address & 0xffffffffn);
  return has(MULTICAST.ipv4, address) ? 0x01005e000000 + (address & 0x7fffff) : 0xffffffffffff;
}

/** The loopback brings the packet back in; conntrack and nat are not asked again (semantics 4.4 L). */
export function loop(traveller: Traveller): Traveller[] {
  traveller.looped = true;
  traveller.tracked = true;
  traveller.fromHost = false;
  set(traveller, "inInterface", only("lo"));
  set(traveller, "outInterface", absent);
  // drivers/net/loopback.c loopback_xmit, skb_orphan
  for (const field of ["uidOwner", "gidOwner"] as const) give(traveller, field, absent);
  give(traveller, "socket", only(0));
  // the connection is confirmed where its first packet leaves
  const status = knownValue(traveller.packet, "ctstatus");
  if (typeof status === "number") set(traveller, "ctstatus", only(status | CONFIRMED));
  return [traveller];
}
