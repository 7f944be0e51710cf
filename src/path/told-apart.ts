/**
 * Many packets at once are told apart where their way depends on what they are. Of one packet, what its description leaves
 * open stays open there.
 */
import {
  all,
  type Condition,
  exactly,
  type Field,
  GROUP_MACS,
  type Host,
  not,
  readAddress,
  readMac,
  refine,
  within,
} from "../facts/index.ts";
import type { Stop } from "./journey.ts";
import { fork, nameOf, type Traveller, type Walking, type World } from "./traveller.ts";

/** net/ipv4/ip_forward.c, net/ipv6/ip6_output.c ip6_forward */
export const USED_UP = within("ttl", [[0, 2]], "0 or 1");
export const TO_GROUP = within("macDestination", GROUP_MACS, "a group");
const TO_ALL = within("macDestination", exactly(2 ** 48 - 1), "everybody");
/** A piece of a longer packet has the flag, too. */
export const UNCUT = within("dontFragment", [[1, 2]], "1");
export const longerThan = (mtu: number): Condition => within("length", [[mtu + 1, 2 ** 32]], `more than ${mtu} bytes`);
const isTcp = within("protocol", exactly(6), "tcp");

export const areBridgeTables = ({ ruleset }: World): boolean =>
  ruleset.tables.some(({ family }) => family === "bridge");

export function toldApart(traveller: Traveller, world: Walking): Traveller[] {
  const [stop] = traveller.todo;
  if (!stop || !world.reader.many) return [traveller];
  let ways = [traveller];
  for (const condition of questions(traveller, stop, world))
    ways = ways.flatMap((way) =>
      [true, false].flatMap((wanted) =>
        refine(condition, { packet: way.packet, facts: [] }, wanted).map(({ packet }) => ({ ...fork(way), packet })),
      ),
    );
  return ways;
}

function questions(traveller: Traveller, stop: Stop, world: Walking): readonly Condition[] {
  const { host, reader } = world;
  const ofField = (field: Field, conditions: readonly Condition[]) => (reader.many?.isAsked(field) ? conditions : []);
  const { bridge, packet } = traveller;
  const out = nameOf(packet, "outInterface") ?? "";
  if (stop.at === "forward")
    return [
      ...ofField("ttl", [USED_UP]),
      ...ofField("macDestination", [TO_GROUP]),
      ...ofField("length", ofLength(traveller, host.mtu(out), host)),
    ];
  if (stop.at === "bridge decision") return ofField("macDestination", ofFrames(bridge, host));
  if (stop.at === "leave") return host.bridge(out) && areBridgeTables(world) ? ofNeighbours(host) : [];
  const enters = stop.at === "hook" && (stop.hook === "PREROUTING" || stop.hook === "BROUTING");
  if (!enters || !reader.many?.isAsked("pktType")) return [];
  const ports = packet.fields.physdevIn?.ranges.map(([port]) => host.macOfDevice(String(port))) ?? [];
  return [TO_ALL, TO_GROUP, ...(bridge === null ? [] : [...ofFrames(bridge, host), ...ports.flatMap(toMac)])];
}

function ofLength({ packet }: Traveller, mtu: number | undefined, host: Host): Condition[] {
  if (mtu === undefined) return [];
  const came = host.mtu(nameOf(packet, "inInterface") ?? "");
  const puts = came === undefined ? [] : [not(all(isTcp, longerThan(came)))];
  return [all(longerThan(mtu), ...(packet.family === "ipv6" ? [] : [UNCUT]), ...puts)];
}

const toMac = (mac: number | undefined): Condition[] =>
  mac === undefined ? [] : [within("macDestination", exactly(mac), "one MAC")];
function ofFrames(bridge: string | null, host: Host): Condition[] {
  return [TO_GROUP, ...toMac(host.bridge(bridge ?? "")?.mac), ...host.learntBehind(bridge ?? "").flatMap(toMac)];
}
function ofNeighbours({ json: { neigh = [] } }: Host): Condition[] {
  const known = neigh.filter(({ lladdr }) => lladdr !== undefined && readMac(lladdr) !== undefined);
  return known.flatMap(({ dst }) => {
    const address = readAddress(dst ?? "");
    return address === undefined ? [] : [within("destination", exactly(address), "a neighbour")];
  });
}
