/** Routing decisions: to this host, on to another device, or nowhere. net/ipv4/route.c, ip_forward.c; semantics 4.8, 4.9. */
import {
  absent,
  type Field,
  isAbsent,
  known,
  knownValue,
  meet,
  narrow,
  only,
  type Packet,
  type RouteClass,
  type ValueSet,
} from "../facts/index.ts";
import { leaveByBridge } from "./bridge.ts";
import { PARTS } from "./journey.ts";
import { rewrite } from "./rewrite.ts";
import { assume, conclude, fork, goOn, lose, nameOf, type Traveller, type World } from "./traveller.ts";

/** After PREROUTING. Without routes the stated devices say the way: both forwarded, only -i to this host. */
export function route(traveller: Traveller, world: World): Traveller[] {
  const { out } = traveller.started;
  const classes = world.host.routes(traveller.packet.family);
  if (!classes) {
    if (out) return [isAbsent(out) ? toHost(traveller) : onward(traveller, out)];
    const { fields } = traveller.packet;
    if (fields.inInterface) return [toHost(traveller)];
    const through = fork(traveller);
    assume(traveller, "outInterface", null, "to this host");
    assume(through, "outInterface", null, "forwarded");
    return [
      toHost(traveller),
      onward(through, { absent: false, ranges: known(through.packet, "outInterface").ranges }),
    ];
  }
  const fitting = classes.filter((each) => fits(each, out));
  const reached = destinations(traveller.packet, fitting.length > 0 ? fitting : []);
  if (reached.length === 0) {
    // the description says a way that the routes do not: it is the user's word against the dump's
    if (out && !isAbsent(out)) return [onward(traveller, out)];
    return [lose(traveller, "no route to the destination")];
  }
  return eachWay(traveller, reached, (branch, to) => {
    if (to.type === "local" || to.type === "broadcast") return [toHost(branch)];
    if (to.type === "multicast") return joinedOrNot(branch);
    return [to.type === "unreachable" ? lose(branch, "no route to the destination") : onward(branch, only(to.dev))];
  });
}

/** A unicast route forwards no multicast; it is the host's if a socket has joined the group (net/ipv4/route.c ip_route_input_mc). */
function joinedOrNot(traveller: Traveller): Traveller[] {
  const other = fork(traveller);
  assume(traveller, "multicast", null, "joined by this host");
  assume(other, "multicast", null, "not joined");
  return [toHost(traveller), lose(other, "multicast that this host has not joined")];
}

type Reached = { readonly packet: Packet; readonly to: RouteClass };
/** One branch for each class of routes that the destination may be in. */
function eachWay(
  traveller: Traveller,
  reached: readonly Reached[],
  go: (branch: Traveller, to: RouteClass) => Traveller[],
): Traveller[] {
  return reached.flatMap(({ packet, to }) => {
    const branch = reached.length > 1 ? fork(traveller) : traveller;
    branch.packet = packet;
    if (reached.length > 1) assume(branch, "destination", null, to.type === "unicast" ? `behind ${to.dev}` : to.type);
    return go(branch, to);
  });
}

/** The device a packet of this host leaves by; group addresses without one leave it as it is. */
function sendBy(branch: Traveller, to: RouteClass): Traveller[] {
  if (to.type === "unreachable") return [lose(branch, "no route to the destination")];
  const dev = to.type === "local" ? "lo" : to.dev;
  if (dev !== "") set(branch, "outInterface", only(dev));
  return [branch];
}

const fits = (to: RouteClass, out: ValueSet | undefined): boolean => {
  if (!out) return true;
  if (isAbsent(out)) return to.type === "local" || to.type === "broadcast" || to.type === "multicast";
  return to.type === "unicast" && out.ranges.some(([low, high]) => low <= to.dev && to.dev < high);
};

function destinations(packet: Packet, classes: readonly RouteClass[]): Reached[] {
  const set = known(packet, "destination");
  const merged = new Map<string, RouteClass>();
  for (const each of classes) {
    const key = each.type === "unicast" ? each.dev : each.type;
    const old = merged.get(key);
    merged.set(
      key,
      old ? { ...each, ranges: [...old.ranges, ...each.ranges].sort((a, b) => (a[0] < b[0] ? -1 : 1)) } : each,
    );
  }
  return [...merged.values()].flatMap((to) => {
    const ranges = meet(set.ranges, to.ranges);
    const narrowed = ranges.length > 0 ? narrow(packet, "destination", { absent: false, ranges }) : null;
    return narrowed ? [{ packet: narrowed, to }] : [];
  });
}

function toHost(traveller: Traveller): Traveller {
  set(traveller, "outInterface", absent);
  return goOn(traveller, PARTS.toHost);
}
function onward(traveller: Traveller, out: ValueSet): Traveller {
  set(traveller, "outInterface", out);
  return goOn(traveller, PARTS.forwarded);
}
const set = (traveller: Traveller, field: Field, value: ValueSet): void => {
  traveller.packet = { ...traveller.packet, fields: { ...traveller.packet.fields, [field]: value } };
};

/** ip_forward and TTL, before FORWARD (ip_forward.c). */
export function forward(traveller: Traveller, world: World): Traveller[] {
  const six = traveller.packet.family === "ipv6";
  const enabled = world.host.sysctl(six ? "net.ipv6.conf.all.forwarding" : "net.ipv4.ip_forward");
  if (enabled === 0) return [lose(traveller, six ? "net.ipv6.conf.all.forwarding is 0" : "net.ipv4.ip_forward is 0")];
  const ttl = knownValue(traveller.packet, "ttl");
  if (typeof ttl === "number") {
    if (ttl <= 1) return [lose(traveller, "the TTL is used up")];
    traveller.pending.push(...rewrite(traveller, "ttl", only(ttl - 1), "routing"));
  } else if (traveller.packet.fields.ttl) {
    const { ranges } = traveller.packet.fields.ttl;
    const lower = ranges
      .map(([low, high]) => [Math.max(1, Number(low) - 1), Number(high) - 1] as const)
      .filter(([low, high]) => low < high);
    set(traveller, "ttl", { absent: false, ranges: lower });
  }
  return [traveller];
}

/** A packet of this host: its device by route, the loopback for the host's own addresses. */
export function routeOut(traveller: Traveller, world: World): Traveller[] {
  traveller.fromHost = true;
  set(traveller, "inInterface", absent);
  const { out } = traveller.started;
  const classes = world.host.routes(traveller.packet.family);
  if (!classes) return [traveller];
  const all = destinations(traveller.packet, classes);
  const device = ({ to }: (typeof all)[number]) => (to.type === "local" ? "lo" : to.dev);
  const stated = all.filter((each) => out?.ranges.some(([low, high]) => low <= device(each) && device(each) < high));
  // routed elsewhere than stated: the stated device may be the one after DNAT; if nothing translates, the user's word holds
  const translated = all.every(({ to }) => to.type === "local");
  if (out && !isAbsent(out) && stated.length === 0 && !translated) return [traveller];
  const reached = stated.length > 0 ? stated : all;
  return eachWay(traveller, reached, sendBy);
}

/** DNAT in OUTPUT: the lines of OUTPUT keep the old device, POSTROUTING shows the new one (semantics 4.4 J). */
export function reroute(traveller: Traveller, world: World): Traveller[] {
  const { packet } = traveller;
  if (packet.fields.destination === traveller.started.destination) return [traveller];
  const classes = world.host.routes(packet.family);
  if (!classes) {
    set(traveller, "outInterface", { absent: false, ranges: known({ ...packet, fields: {} }, "outInterface").ranges });
    return [traveller];
  }
  return eachWay(traveller, destinations(packet, classes), sendBy);
}

/** After POSTROUTING: onto the wire, back in by the loopback, or through a bridge. */
export function leave(traveller: Traveller, world: World): Traveller[] {
  const out = nameOf(traveller.packet, "outInterface");
  if (out === "lo") return [goOn(traveller, PARTS.looped)];
  const bridge = out === undefined ? undefined : world.host.bridge(out);
  if (!bridge) return end(traveller);
  const destination = knownValue(traveller.packet, "destination");
  const mac = typeof destination === "string" || destination === undefined ? undefined : world.host.macOf(destination);
  if (!traveller.fromHost || mac !== undefined || isAbsent(traveller.packet.fields.macDestination)) {
    // the frame is a new one: its MACs are the bridge's and the neighbour's
    const { macDestination: _, macSource: __, ...fields } = traveller.packet.fields;
    traveller.packet = {
      ...traveller.packet,
      fields: mac === undefined ? fields : { ...fields, macDestination: only(mac) },
    };
  }
  return leaveByBridge(traveller, bridge, world);
}

/** The loopback brings the packet back in; conntrack and nat are not asked again (semantics 4.4 L). */
export function loop(traveller: Traveller): Traveller[] {
  traveller.looped = true;
  traveller.fromHost = false;
  set(traveller, "inInterface", only("lo"));
  set(traveller, "outInterface", absent);
  const status = knownValue(traveller.packet, "ctstatus");
  if (typeof status === "number") set(traveller, "ctstatus", only(status | CONFIRMED));
  return [traveller];
}
/** The connection is confirmed where its first packet leaves. */
const CONFIRMED = 8;

export const end = (traveller: Traveller): Traveller[] => [conclude(traveller, "ACCEPT")];
