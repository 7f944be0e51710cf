/** Whether a packet with this source may come in by this device. net/ipv4/fib_frontend.c fib_validate_source, route.c ip_route_input_slow */
import {
  BROADCAST,
  evaluate,
  type Host,
  known,
  LOOPBACK,
  MULTICAST,
  meet,
  minus,
  narrow,
  only,
  type Packet,
  type Ranges,
  refine,
  THIS_NETWORK,
  unite,
  within,
} from "../facts/index.ts";
import { lookUp, type Reached } from "./lookup.ts";
import { assume, fork, lose, mayLose, nameOf, type Traveller, type World } from "./traveller.ts";

/** The packet where its source is taken, and a lost one where it is not; IPv6 has no such check. */
export function checkSource(traveller: Traveller, world: World): Traveller[] {
  const { packet } = traveller;
  const dev = nameOf(packet, "inInterface");
  if (packet.family !== "ipv4" || dev === undefined || dev === "lo" || !packet.fields.source) return [traveller];
  return byDestination(traveller).flatMap((each) => {
    const toAll = evaluate(isToAll, each.packet).is;
    const martian = unite([...MULTICAST.ipv4, ...BROADCAST.ipv4, ...(toAll === "no" ? THIS_NETWORK.ipv4 : [])]);
    return parted(each, martian, "a martian source: no host has this address")
      .flatMap((next) => onward(next, (open) => ofLoopback(open, dev, world.host, FROM_LOOPBACK)))
      .flatMap((next) => onward(next, (open) => reverse(open, dev, world, toAll)));
  });
}
const FROM_LOOPBACK = "a martian source: 127.0.0.0/8 by a device";
const isToAll = within("destination", BROADCAST.ipv4, "broadcast");
const onward = (traveller: Traveller, go: (open: Traveller) => Traveller[]): Traveller[] =>
  traveller.verdict ? [traveller] : go(traveller);

/** Only to all may a source be of this network (net/ipv4/fib_frontend.c): where both are open they are taken apart. */
function byDestination(traveller: Traveller): Traveller[] {
  const { packet } = traveller;
  const isOpen = meet(known(packet, "source").ranges, THIS_NETWORK.ipv4).length > 0;
  if (!isOpen || evaluate(isToAll, packet).is !== "unknown") return [traveller];
  return [false, true].flatMap((wanted) =>
    refine(isToAll, { packet, facts: [] }, wanted).map((piece) => ({ ...fork(traveller), packet: piece.packet })),
  );
}

/** 127.0.0.0/8 stays on the loopback unless route_localnet lets it in or out by another device. */
export function ofLoopback(traveller: Traveller, dev: string, host: Host, reason: string): Traveller[] {
  const set = known(traveller.packet, "source").ranges;
  const [inside, outside] = [meet(set, LOOPBACK.ipv4), minus(set, LOOPBACK.ipv4)];
  const allowed = host.deviceSysctl(dev, "route_localnet");
  if (inside.length === 0 || (allowed !== undefined && allowed > 0)) return [traveller];
  if (allowed === 0) return parted(traveller, LOOPBACK.ipv4, reason);
  const others = outside.length > 0 ? [withSource(fork(traveller), outside)] : [];
  return [...others, ...mayLose(withSource(traveller, inside), "route_localnet", ["1", "0"], reason)];
}

/** What of the source is in the ranges is lost, for the reason. */
function parted(traveller: Traveller, ranges: Ranges, reason: string): Traveller[] {
  const set = known(traveller.packet, "source").ranges;
  const [inside, outside] = [meet(set, ranges), minus(set, ranges)];
  if (inside.length === 0) return [traveller];
  if (outside.length === 0) return [lose(traveller, reason)];
  const lost = withSource(fork(traveller), inside);
  assume(lost, "source", null, "martian");
  return [withSource(traveller, outside), lose(lost, reason)];
}

function withSource(traveller: Traveller, ranges: Ranges): Traveller {
  traveller.packet = narrow(traveller.packet, "source", { absent: false, ranges }) ?? traveller.packet;
  return traveller;
}

/** rp_filter: 1 wants the way back to be the way in, 2 wants any way back; a source of the host's own never comes in. */
function reverse(traveller: Traveller, dev: string, { host }: World, toAll: "yes" | "no" | "unknown"): Traveller[] {
  const { packet } = traveller;
  if (toAll !== "no" && meet(known(packet, "source").ranges, THIS_NETWORK.ipv4).length > 0) return [traveller];
  const back = lookUp(towards(packet), host);
  if (!back) return [traveller];
  const filter = host.deviceSysctl(dev, "rp_filter");
  const acceptsOwn = (host.deviceSysctl(dev, "accept_local") ?? 0) > 0;
  const answers = new Map<Verdict, Ranges>();
  for (const each of back) {
    const verdict = verdictOn(each, dev, filter, acceptsOwn);
    answers.set(verdict, [...(answers.get(verdict) ?? []), ...known(each.packet, "destination").ranges]);
  }
  const parts = [...answers].map(([verdict, ranges]) => {
    const part = answers.size > 1 ? withSource(fork(traveller), unite(ranges)) : traveller;
    if (answers.size > 1) assume(part, "source", null, WORDS[verdict]);
    return [verdict, part] as const;
  });
  const wrongWay = `rp_filter: the way back to the source is not by ${dev}`;
  return parts.flatMap(([verdict, part]) => {
    if (verdict === "passes") return [part];
    if (verdict === "own") return [lose(part, "a martian source: an address of this host")];
    if (verdict === "filtered") return [lose(part, wrongWay)];
    return mayLose(part, "rp_filter", ["0", "1"], wrongWay);
  });
}
type Verdict = "passes" | "own" | "filtered" | "by rp_filter";
const WORDS: Readonly<Record<Verdict, string>> = {
  passes: "behind the device it came in by",
  own: "an address of this host",
  filtered: "behind another device",
  "by rp_filter": "behind another device",
};

function verdictOn({ to }: Reached, dev: string, filter: number | undefined, acceptsOwn: boolean): Verdict {
  if (to.type === "local") return acceptsOwn ? "passes" : "own";
  // any of several next hops will do (fib_info_nh_uses_dev; measured)
  const isBack = to.dev === dev || to.hops.some((hop) => hop.dev === dev);
  if (filter === 0 || (to.type === "unicast" && (isBack || filter === 2))) return "passes";
  return filter === undefined ? "by rp_filter" : "filtered";
}

/** The packet that would go back: without mark (src_valid_mark is 0), as if of this host. */
const towards = ({ family, fields }: Packet): Packet => ({
  family,
  fields: {
    ...(fields.source ? { destination: fields.source } : {}),
    ...(fields.destination ? { source: fields.destination } : {}),
    inInterface: only("lo"),
    mark: only(0),
  },
  assumed: {},
});
