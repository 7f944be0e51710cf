/** The walk: a packet, hook by hook, as the kernel takes it; a fork wherever its description does not settle what happens. */
import type { Packet } from "../facts/index.ts";
import { decideOnBridge, nextCopy } from "./bridge.ts";
import { track } from "./conntrack.ts";
import { type Hook, stopsAt } from "./journey.ts";
import { end, forward, leave, loop, reroute, route, routeOut } from "./routing.ts";
import { startsAt } from "./start.ts";
import { nat, throughTables } from "./tables.ts";
import {
  type Assumption,
  type Ended,
  goOn,
  type Loss,
  nameOf,
  type Step,
  type Traveller,
  type Verdict,
  type World,
} from "./traveller.ts";

/** One way that the unknown facts could fall. */
export interface Path {
  readonly verdict: Verdict;
  /** The step that dropped or rejected it, else the last accepting IP filter step, else the bridge's, else null. */
  readonly decidedBy: string | null;
  readonly assumptions: readonly Assumption[];
  readonly lost: Loss | null;
  /** Copies of a flooded frame: from where they part on. */
  readonly branches: readonly Path[];
  readonly generated: readonly Path[];
  readonly truncated: boolean;
  readonly steps: readonly Step[];
  /** What is known of the packet at the end, narrowed by the assumptions. */
  readonly packet: Packet;
}
export interface Walk {
  readonly packet: Packet;
  readonly paths: readonly Path[];
}

/** More ways than this are cut off, and said to be (`truncated`). */
const MOST_PATHS = 256;

/**
 * Walks a packet through everything loaded on a host. The packet is described as it enters, or as it comes to `hook`.
 * `anyOrigin`: where it came from is not told, as in some trace lines; only `-o` otherwise means from this host.
 */
export function walk(
  world: World,
  packet: Packet,
  { hook, anyOrigin }: { hook?: Hook; anyOrigin?: boolean } = {},
): Walk {
  const open = startsAt(packet, world, hook, anyOrigin ?? false).reverse();
  const done: Traveller[] = [];
  let truncated = false;
  for (let traveller = open.pop(); traveller; traveller = open.pop()) {
    const ways = advance(traveller, world);
    const finished = ways.filter(({ verdict }) => verdict !== null);
    done.push(...finished);
    open.push(...ways.filter(({ verdict }) => verdict === null).reverse());
    if (done.length + open.length > MOST_PATHS) {
      truncated = true;
      open.length = Math.max(0, MOST_PATHS - done.length);
    }
  }
  const paths = merge(done.map(toPath));
  return { packet, paths: truncated ? paths.map((path) => ({ ...path, truncated })) : paths };
}

/** One stop further: the same packet, or one for each way it can go. */
function advance(traveller: Traveller, world: World): Traveller[] {
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
      return throughTables(
        traveller,
        world.ruleset.tables.filter((table) => table.family === family && table.name === stop.table),
        stop,
        world,
      );
    }
    case "nat":
      return nat(traveller, stop, world);
    case "conntrack":
      if (!traveller.looped) track(traveller);
      return [traveller];
    case "copy":
      return nextCopy(traveller, stop.port);
    case "bridge decision":
      return decideOnBridge(traveller, world);
    case "route":
      return route(traveller, world);
    case "forward":
      return forward(traveller, world);
    case "route out":
      return routeOut(traveller, world);
    case "reroute":
      return reroute(traveller, world);
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

function toPath({ assumptions, packet, copies, steps, verdict, lost }: Traveller): Path {
  const [first, ...others] = [...copies, { steps, verdict: verdict ?? "UNDECIDED", lost }].map(
    (ended): Path => ({
      verdict: ended.verdict,
      decidedBy: decidedBy(ended),
      assumptions,
      lost: ended.lost,
      branches: [],
      generated: [],
      truncated: false,
      steps: ended.steps,
      packet,
    }),
  );
  return { ...(first as Path), branches: others.map((copy) => ({ ...copy, assumptions: [] })) };
}

function decidedBy({ verdict, steps }: Ended): string | null {
  if (verdict === "DROP" || verdict === "REJECT") return steps.at(-1)?.id ?? null;
  if (verdict !== "ACCEPT") return null;
  const accepting = (layer: string) =>
    steps.findLast((step) => step.layer === layer && step.table === "filter" && step.action === "ACCEPT");
  return (accepting("ip") ?? accepting("bridge"))?.id ?? null;
}

/** Ways that print the same lines and end the same are one: what they assumed differently did not matter. */
function merge(paths: readonly Path[]): Path[] {
  const seen = new Map<string, Path>();
  for (const path of paths) {
    const key = JSON.stringify([path.verdict, path.lost, signature(path)]);
    const old = seen.get(key);
    if (!old) seen.set(key, path);
    else
      seen.set(key, {
        ...old,
        assumptions: old.assumptions.filter((a) =>
          path.assumptions.some((b) => a.fact === b.fact && a.rule === b.rule && a.taken === b.taken),
        ),
      });
  }
  return [...seen.values()];
}
function signature(path: Path): unknown {
  const devices = (step: Step) =>
    ["inInterface", "outInterface", "physdevIn", "physdevOut"].map((field) =>
      nameOf(step.seen, field as "inInterface"),
    );
  return [path.steps.map((step) => [step.id, ...devices(step)]), path.branches.map(signature)];
}
