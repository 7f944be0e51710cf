/** The walk: a packet, hook by hook, as the kernel takes it; a fork wherever its description does not settle what happens. */
import { type Packet, refine } from "../facts/index.ts";
import { merge, type Path } from "./alike.ts";
import { type NextRule, nextRule } from "./candidates.ts";
import { traverse } from "./chain.ts";
import { ATTACHED, type Beginning, startOfReply, startsAt } from "./start.ts";
import { goingOn, travel, travelTogether } from "./travel.ts";
import type { Ended, Limit, Reader, Step, Traveller, Walking, World } from "./traveller.ts";

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
