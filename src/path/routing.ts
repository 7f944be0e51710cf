/** Routing decisions: to this host, on to another device, or nowhere. net/ipv4/route.c, ip_forward.c; semantics 4.8, 4.9. */
import {
  absent,
  type Condition,
  evaluate,
  type Field,
  has,
  isAbsent,
  known,
  knownValue,
  minus,
  only,
  type Packet,
  type RouteClass,
  type ValueSet,
} from "../facts/index.ts";
import { PARTS } from "./journey.ts";
import { lookUp, NEXT_HOP, NOWHERE, type Reached } from "./lookup.ts";
import { type Answer, replyTo } from "./replies.ts";
import { rewrite } from "./rewrite.ts";
import { checkSource } from "./source.ts";
import { takeSourceRoute } from "./source-route.ts";
import { longerThan, TO_GROUP, UNCUT, USED_UP } from "./told-apart.ts";
import { assume, conclude, fork, goOn, lose, mayLose, nameOf, type Traveller, type World } from "./traveller.ts";

/** After PREROUTING. */
export const route = (traveller: Traveller, world: World): Traveller[] =>
  takeSourceRoute(traveller, world).flatMap((each) => (each.verdict ? [each] : byDestination(each, world)));

/** Without routes the stated devices say the way: both forwarded, only -i to this host. */
function byDestination(traveller: Traveller, world: World): Traveller[] {
  const { out } = traveller.started;
  const all = chosen(traveller, world);
  if (!all) {
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
  const reached = all.filter(({ to }) => fits(to, out));
  // the description says a way that the routes do not: it is the user's word against the dump's
  if (reached.length === 0 && out && !isAbsent(out)) return [onward(traveller, out)];
  if (reached.length === 0) return [nowhere(traveller, NOWHERE, world)];
  return eachWay(traveller, reached, (branch, to) => {
    if (to.type === "local" || to.type === "broadcast")
      return checkSource(branch, world).map((each) => (each.verdict ? each : toHost(each)));
    if (to.type === "multicast") return joinedOrNot(branch, world);
    return [to.type === "unicast" ? onward(branch, only(to.dev)) : nowhere(branch, to, world)];
  });
}

/**
 * What a bridge has readdressed has its route (br_netfilter_hooks.c br_nf_pre_routing_finish; ip_rcv_finish_core and
 * ip6_rcv_finish_core look for none then): a mark that the bridge's tables have set since has no part in it.
 */
function chosen({ packet, routeMark }: Traveller, { host }: World): readonly Reached[] | undefined {
  const { mark } = packet.fields;
  if (!routeMark || !mark) return lookUp(packet, host);
  const marked = (each: Packet, as: ValueSet): Packet => ({ ...each, fields: { ...each.fields, mark: as } });
  return lookUp(marked(packet, routeMark), host)?.map((each) => ({ ...each, packet: marked(each.packet, mark) }));
}

/** Routes that lead nowhere; of them a blackhole alone answers nothing (net/ipv4/route.c ip_error; semantics 4.9). */
export function nowhere(traveller: Traveller, { type }: RouteClass, world: World): Traveller {
  const reason = type === "none" ? "no route to the destination" : `the route is of type ${type}`;
  const own = traveller.fromHost || type === "blackhole";
  return lose(traveller, reason, own ? null : replyTo(traveller, answerOf(traveller, type), false, world));
}

const ERRORS: Readonly<Record<string, readonly [four: Answer, six: Answer]>> = {
  ttl: [
    { type: 11, code: 0 },
    { type: 3, code: 0 },
  ],
  size: [
    { type: 3, code: 4 },
    { type: 2, code: 0 },
  ],
  none: [
    { type: 3, code: 0 },
    { type: 1, code: 0 },
  ],
  unreachable: [
    { type: 3, code: 1 },
    { type: 1, code: 0 },
  ],
  prohibit: [
    { type: 3, code: 13 },
    { type: 1, code: 1 },
  ],
};
/** net/ipv4/route.c ip_error, ip_forward.c; net/ipv6/route.c, ip6_output.c */
const answerOf = ({ packet }: Traveller, why: string): Answer =>
  (ERRORS[why] ?? ERRORS["none"] ?? [])[packet.family === "ipv6" ? 1 : 0] as Answer;

/** A unicast route forwards no multicast; it is the host's if a socket has joined the group (net/ipv4/route.c ip_route_input_mc). */
function joinedOrNot(traveller: Traveller, { host }: World): Traveller[] {
  const { destination } = traveller.packet.fields;
  if (destination && minus(destination.ranges, host.ownGroups(traveller.packet.family)).length === 0)
    return [toHost(traveller)];
  const other = fork(traveller);
  assume(traveller, "multicast", null, "joined by this host");
  assume(other, "multicast", null, "not joined");
  return [toHost(traveller), lose(other, "multicast that this host has not joined")];
}

/** One branch for each class of routes that the destination may be in. */
export function eachWay(
  traveller: Traveller,
  reached: readonly Reached[],
  go: (branch: Traveller, to: RouteClass) => Traveller[],
): Traveller[] {
  const hops = reached.filter(({ facts }) => facts.includes(NEXT_HOP));
  return reached.flatMap(({ packet, to, facts }) => {
    const branch = reached.length > 1 ? fork(traveller) : traveller;
    branch.packet = packet;
    // a stated device leaves one
    for (const fact of facts.filter((each) => each !== NEXT_HOP || hops.length > 1))
      assume(branch, fact, null, to.dev === "" ? to.type : `routed by ${to.dev}`);
    if (reached.length > 1 && facts.length === 0)
      assume(branch, "destination", null, to.type === "unicast" ? `behind ${to.dev}` : to.type);
    return go(branch, to);
  });
}

const fits = (to: RouteClass, out: ValueSet | undefined): boolean => {
  if (!out) return true;
  if (isAbsent(out)) return to.type === "local" || to.type === "broadcast" || to.type === "multicast";
  if (to.type === "none" || to.type === "blackhole" || to.type === "prohibit") return true;
  return to.type === "unicast" && has(out.ranges, to.dev);
};

function toHost(traveller: Traveller): Traveller {
  set(traveller, "outInterface", absent);
  return goOn(traveller, PARTS.toHost);
}
function onward(traveller: Traveller, out: ValueSet): Traveller {
  set(traveller, "outInterface", out);
  return goOn(traveller, PARTS.forwarded);
}
export const set = (traveller: Traveller, field: Field, value: ValueSet): void => {
  traveller.packet = { ...traveller.packet, fields: { ...traveller.packet.fields, [field]: value } };
};

/** ip_forward, the source, TTL and MTU, before FORWARD (net/ipv4/ip_forward.c, net/ipv6/ip6_output.c ip6_forward). */
export function forward(traveller: Traveller, world: World): Traveller[] {
  const six = traveller.packet.family === "ipv6";
  const name = six ? "net.ipv6.conf.all.forwarding" : "net.ipv4.ip_forward";
  if (world.host.sysctl(name) === 0) return [lose(traveller, `${name} is 0`)];
  return checkSource(traveller, world).flatMap((each) => (each.verdict ? [each] : hop(each, world)));
}

function hop(traveller: Traveller, world: World): Traveller[] {
  // pkt_type is not PACKET_HOST
  if (evaluate(TO_GROUP, traveller.packet).is === "yes") return [lose(traveller, "a frame to all is not routed on")];
  const ttl = knownValue(traveller.packet, "ttl");
  if (evaluate(USED_UP, traveller.packet).is === "yes")
    return [lose(traveller, "the TTL is used up", replyTo(traveller, answerOf(traveller, "ttl"), false, world))];
  return fitting(traveller, world).map((each) => {
    if (each.verdict) return each;
    if (typeof ttl === "number") each.pending.push(...rewrite(each, "ttl", only(ttl - 1), "routing"));
    else if (each.packet.fields.ttl) {
      const { ranges } = each.packet.fields.ttl;
      const lower = ranges
        .map(([low, high]) => [Math.max(1, Number(low) - 1), Number(high) - 1] as const)
        .filter(([low, high]) => low < high);
      each.pending.push(...rewrite(each, "ttl", { absent: false, ranges: lower }, "routing"));
    }
    return each;
  });
}

/** A packet that is too long for its way out, and may not be cut. */
function fitting(traveller: Traveller, world: World): Traveller[] {
  const { host } = world;
  const { packet } = traveller;
  const dev = nameOf(packet, "outInterface");
  const mtu = dev === undefined ? undefined : host.mtu(dev);
  const is = (condition: Condition) => evaluate(condition, packet).is;
  if (mtu === undefined || is(longerThan(mtu)) !== "yes") return [traveller];
  // longer than what its own way in carries: segments that were put together, and are taken apart again (GRO)
  const came = host.mtu(nameOf(packet, "inInterface") ?? "");
  if (knownValue(packet, "protocol") === TCP && came !== undefined && is(longerThan(came)) === "yes")
    return [traveller];
  const reason = `longer than the MTU of ${dev}, ${mtu} bytes, and not to be fragmented`;
  const flag = packet.family === "ipv6" ? "yes" : is(UNCUT);
  if (flag === "no") return [traveller];
  const tooBig = replyTo(traveller, answerOf(traveller, "size"), false, world);
  if (flag === "yes") return [lose(traveller, reason, tooBig)];
  return mayLose(traveller, "dontFragment", ["0", "1"], reason, tooBig);
}
const TCP = 6;

export const end = (traveller: Traveller): Traveller[] => [conclude(traveller, "ACCEPT")];
