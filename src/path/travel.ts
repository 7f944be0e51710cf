/** Travellers on their way: a stop at a time, until each has come to its end. */
import { decideOnBridge } from "./bridge.ts";
import { track } from "./conntrack.ts";
import { defragment, reassemble } from "./fragments.ts";
import { stopsAt } from "./journey.ts";
import { usesConntrack } from "./nat.ts";
import { nextCopy } from "./ports.ts";
import { end, forward, route } from "./routing.ts";
import { leave, loop, noteRoute, reroute, routed, routeOut } from "./sending.ts";
import { nat, throughTables } from "./tables.ts";
import { toldApart } from "./told-apart.ts";
import { type Before, goOn, mayGoOn, type Reader, type Traveller, type Walking, type World } from "./traveller.ts";
import { untag } from "./vlan.ts";

/** Takes every traveller to its end. */
export function travel(starts: readonly Traveller[], walking: Walking): Traveller[] {
  const { limit, reader } = walking;
  const open = starts.filter(({ verdict }) => verdict === null).reverse();
  const done = starts.filter(({ verdict }) => verdict !== null);
  for (let traveller = open.pop(); traveller; traveller = open.pop()) {
    const ways = advance(traveller, walking).filter((each) => mayGoOn(each, walking));
    const finished = ways.filter(({ verdict }) => verdict !== null);
    done.push(...finished);
    open.push(...ways.filter(({ verdict }) => verdict === null).reverse());
    if (done.length + open.length > reader.mostPaths) {
      limit.truncated = true;
      open.length = Math.max(0, reader.mostPaths - done.length);
    }
  }
  return done;
}

/** Takes all of them a stop at a time, so that ways that meet are gone once. */
export function travelTogether(starts: readonly Traveller[], walking: Walking): Traveller[] {
  const { limit, reader } = walking;
  const done: Traveller[] = [];
  let open = starts;
  while (open.length > 0) {
    const ways = open.flatMap((traveller) =>
      goingOn(asItIs(traveller), toldApart(traveller, walking), reader).flatMap((each) =>
        goingOn(asItIs(each), advance(each, walking), reader),
      ),
    );
    done.push(...ways.filter(({ verdict }) => verdict !== null));
    open = reader.many?.meet(ways.filter(({ verdict }) => verdict === null)) ?? [];
    if (done.length + open.length <= reader.mostPaths) continue;
    limit.truncated = true;
    break;
  }
  return done;
}

/** It is changed by the stop that it comes to. */
const asItIs = ({ packet, given }: Traveller): Before => ({ packet, given });
/** Ways that some packets take. */
export const goingOn = (before: Before, ways: readonly Traveller[], { many }: Reader): readonly Traveller[] =>
  ways.filter((each) => many?.goesOn(each, before) ?? true);

/** One stop further: the same packet, or one for each way it can go. */
function advance(traveller: Traveller, world: Walking): Traveller[] {
  const [stop, ...todo] = traveller.todo;
  if (!stop) return end(traveller);
  traveller.todo = todo;
  switch (stop.at) {
    case "hook": {
      if (stop.only && (stop.only === "brnf") !== traveller.brnf) return [traveller];
      const backend = world.host.json.backend?.ebtables ?? bridgeBackend(world);
      return [goOn(traveller, stopsAt(stop.layer, stop.hook, backend))];
    }
    case "table": {
      const family = stop.layer === "bridge" ? "bridge" : traveller.packet.family;
      const tables = world.ruleset.tables.filter(
        ({ family: of, name, backend }) =>
          of === family && name === stop.table && (stop.backend ?? backend) === backend,
      );
      return throughTables(traveller, tables, stop, world);
    }
    case "nat":
      return nat(traveller, stop, world);
    case "conntrack":
      if (!traveller.tracked) track(traveller, world);
      return [traveller];
    case "copy":
      return nextCopy(traveller, stop.port, world);
    case "bridge decision":
      return decideOnBridge(traveller, world);
    case "route":
      return route(traveller, world);
    case "forward":
      return forward(traveller, world);
    case "route out":
      return routeOut(traveller, world);
    case "defragment":
      return usesConntrack(world.ruleset, traveller.packet.family) ? defragment(traveller, world) : [traveller];
    case "assemble":
      // of IPv6 behind INPUT: net/ipv4/ip_input.c ip_local_deliver, net/ipv6/ip6_input.c ip6_input
      return traveller.packet.family === "ipv6" ? [traveller] : reassemble(traveller, world);
    case "untag":
      return untag(traveller, world);
    case "note route":
      return noteRoute(traveller);
    case "routed":
      return routed(traveller);
    case "reroute":
      return reroute(traveller, world, "mangle");
    case "reroute translated":
      return reroute(traveller, world, "nat");
    case "leave":
      return leave(traveller, world);
    case "loop":
      return loop(traveller);
    default:
      return end(traveller);
  }
}

const bridgeBackend = ({ ruleset }: World) =>
  ruleset.tables.find(({ family }) => family === "bridge")?.backend ?? "legacy";
