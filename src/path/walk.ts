/** The walk: a packet, hook by hook, as the kernel takes it; a fork wherever its description does not settle what happens. */
import { both, type Packet, refine } from "../facts/index.ts";
import { decideOnBridge } from "./bridge.ts";
import { type NextRule, nextRule } from "./candidates.ts";
import { traverse } from "./chain.ts";
import { track } from "./conntrack.ts";
import { defragment, reassemble } from "./fragments.ts";
import { stopsAt } from "./journey.ts";
import { usesConntrack } from "./nat.ts";
import { nextCopy } from "./ports.ts";
import { end, forward, route } from "./routing.ts";
import { leave, loop, noteRoute, reroute, routed, routeOut } from "./sending.ts";
import { ATTACHED, type Beginning, startOfReply, startsAt } from "./start.ts";
import { nat, throughTables } from "./tables.ts";
import { toldApart } from "./told-apart.ts";
import {
  type Assumption,
  type Before,
  type Ended,
  goOn,
  type Limit,
  type Loss,
  mayGoOn,
  nameOf,
  type Reader,
  type Step,
  type Traveller,
  type Verdict,
  type Walking,
  type World,
} from "./traveller.ts";
import { untag } from "./vlan.ts";

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

export interface Walked extends Walk {
  /** Ways were cut off, be they all that were there. */
  readonly truncated: boolean;
}

/** Ways that tables part into, those included that end alike. */
const MOST_FORKS = 1024;

const ONE_PACKET: Reader = { traverse, mostPaths: 256 };

export interface Asking extends Beginning {
  readonly follows?: (steps: readonly Step[]) => boolean;
}

/**
 * Walks a packet through everything loaded on a host. The packet is described as it enters, or as it comes to `hook`.
 * `attached`: what this host sends carries the connection of the packet that it is about: an error, or a SYN-ACK of
 * SYNPROXY's; left out: not known.
 * `anyOrigin`: where it came from is not told, as in some trace lines; only `-o` otherwise means from this host.
 * `follows`: only ways whose steps so far it takes are walked on, where there are many and the right one is known.
 */
export function walk(
  world: World,
  packet: Packet,
  { follows, ...beginning }: Asking = {},
  next: NextRule = nextRule,
): Walked {
  const limit: Limit = { left: MOST_FORKS, truncated: false };
  const walking: Walking = { ...world, limit, follows: follows ?? null, nextRule: next, reader: ONE_PACKET };
  const paths = follow(startsAt(packet, world, beginning), walking);
  const { truncated } = limit;
  return { packet, paths: truncated ? paths.map((path) => ({ ...path, truncated })) : paths, truncated };
}

/** A packet that stands for many, as a reader counts them: every way to its end. The same journey, other tables. */
export function walkMany(
  world: World,
  packet: Packet,
  set: number,
  reader: Reader,
  beginning: Beginning = {},
): { readonly ends: readonly Traveller[]; readonly truncated: boolean } {
  const limit: Limit = { left: MOST_FORKS, truncated: false };
  const walking: Walking = { ...world, limit, follows: null, nextRule, reader };
  // what this host sends about other packets has their connection from the beginning
  const parts = [true, false].flatMap((wanted) => refine(ATTACHED, { packet, facts: [] }, wanted));
  const starts = parts.flatMap((part) => startsAt(part.packet, world, beginning)).map((each) => ({ ...each, set }));
  const ends = travelTogether(goingOn({ packet, given: new Map() }, starts, reader), walking);
  return { ends, truncated: limit.truncated };
}

function follow(starts: readonly Traveller[], walking: Walking): Path[] {
  const all = { ...walking, follows: null };
  return merge(travel(starts, walking).map((each) => toPath(each, all)));
}

/** Takes every traveller to its end. */
function travel(starts: readonly Traveller[], walking: Walking): Traveller[] {
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
function travelTogether(starts: readonly Traveller[], walking: Walking): Traveller[] {
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
const goingOn = (before: Before, ways: readonly Traveller[], { many }: Reader): readonly Traveller[] =>
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

function toPath({ assumptions, packet, copies, steps, replies, verdict, lost }: Traveller, world: Walking): Path {
  const [first, ...others] = [...copies, { steps, replies, verdict: verdict ?? "UNDECIDED", lost }].map(
    (ended): Path => ({
      verdict: ended.verdict,
      decidedBy: decidedBy(ended),
      assumptions,
      lost: ended.lost,
      branches: [],
      generated: ended.replies.flatMap((reply) => follow([startOfReply(reply)], world)),
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

/**
 * Ways that print the same lines and end the same are one where they differ in one answer only, and both answers are
 * there: then it did not matter. Others stay apart, each with what it assumes.
 */
function merge(paths: readonly Path[]): Path[] {
  const groups = new Map<string, Path[]>();
  for (const path of paths) {
    const key = JSON.stringify([path.verdict, path.lost, signature(path)]);
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    let next = path;
    for (let at = 0; at < group.length; at++) {
      const assumptions = asOne((group[at] as Path).assumptions, next.assumptions);
      if (!assumptions) continue;
      next = { ...either(group[at] as Path, next), assumptions };
      group.splice(at, 1);
      at = -1;
    }
    group.push(next);
  }
  return [...groups.values()].flat();
}

/** One way for two that print the same: of each packet is known what both say. */
function either(one: Path, other: Path): Path {
  const steps = one.steps.map((step, at) => {
    const seen = both(step.seen, (other.steps[at] as Step).seen);
    return seen === step.seen ? step : { ...step, seen };
  });
  const branches = one.branches.map((branch, at) => either(branch, other.branches[at] as Path));
  return { ...one, steps, branches, packet: both(one.packet, other.packet) };
}

const CONTRARY: Readonly<Record<string, string>> = {
  yes: "no",
  "first of its connection": "not first of its connection",
  translated: "not translated",
  "sent by a rule": "sent by udp",
};
/**
 * One list for two: what they share, if they are equal but for the two answers to one question; the longer, if it holds
 * the other (what it adds followed there from the facts); else null.
 */
function asOne(a: readonly Assumption[], b: readonly Assumption[]): readonly Assumption[] | null {
  if (a.length !== b.length) {
    const [short, long] = a.length < b.length ? [a, b] : [b, a];
    return short.every((one) => long.some((other) => isSame(one, other))) ? long : null;
  }
  let odd = -1;
  for (const [at, one] of a.entries()) {
    const other = b[at] as Assumption;
    if (isSame(one, other)) continue;
    if (one.fact !== other.fact || one.rule !== other.rule) return null;
    const contrary = CONTRARY[one.taken] === other.taken || CONTRARY[other.taken] === one.taken;
    if (odd >= 0 || !contrary) return null;
    odd = at;
  }
  return odd < 0 ? a : a.filter((_, at) => at !== odd);
}

const isSame = (a: Assumption, b: Assumption): boolean => a.fact === b.fact && a.rule === b.rule && a.taken === b.taken;

function signature(path: Path): unknown {
  const devices = (step: Step) =>
    ["inInterface", "outInterface", "physdevIn", "physdevOut"].map((field) =>
      nameOf(step.seen, field as "inInterface"),
    );
  return [path.steps.map((step) => [step.id, ...devices(step)]), path.branches.map(signature)];
}
