/** A packet on its way: what is known of it, what is still ahead, and the steps behind it. */
import type { Backend } from "../extensions/index.ts";
import { type Field, type Host, knownValue, type Packet, type ValueSet } from "../facts/index.ts";
import type { Rule, Ruleset, Table } from "../model/index.ts";
import type { NextRule } from "./candidates.ts";
import type { Hook, Layer, Stop } from "./journey.ts";

export type Kind = "rule" | "return" | "policy";
export type Verdict = "ACCEPT" | "DROP" | "REJECT" | "QUEUE" | "STOLEN" | "LOST" | "UNDECIDED";

/** What changed in the packet, and by what. */
export interface Change {
  readonly field: Field;
  readonly from: string | null;
  readonly to: string | null;
  readonly by: "target" | "conntrack" | "routing";
}

/** One line that the kernel prints for a traced packet (or would, were it a printed kind). */
export interface Step {
  /** TRACE's own text; bridge steps `eb:table:chain:rule:number`. */
  readonly id: string;
  readonly layer: Layer;
  readonly family: Packet["family"] | "bridge";
  readonly table: string;
  readonly backend: Backend;
  readonly chain: string;
  readonly kind: Kind;
  readonly number: number;
  readonly hook: Hook;
  readonly printed: boolean;
  /** Bridge steps: the prefix of the line that the rule's watcher logs. */
  readonly prefix: string | null;
  readonly rule: Rule | null;
  /** What the step did: jump, goto, return, continue, accept, drop, reject, or the target's name. */
  readonly action: string;
  /** The packet as the rules of this chain saw it, before the target. */
  readonly seen: Packet;
  /** Rules of the chain that were passed over since the last step in it: numbers from..number-1. */
  readonly from: number;
  readonly rules: readonly Rule[];
  changes: readonly Change[];
}

/** A fact that the packet description did not settle, and how it was taken on this path. */
export interface Assumption {
  readonly fact: string;
  /** The rule that asked; null: the way itself (routing, bridging). */
  readonly rule: string | null;
  readonly taken: string;
}

export interface Loss {
  readonly after: string | null;
  readonly reason: string;
}

/**
 * Whether what the host sends because of a packet carries the connection of that (nf_conntrack_core.c nf_ct_attach);
 * "nothing": that was untracked, so that there is none, and rules in raw give it none.
 */
export type Carried = boolean | "nothing";
/** A packet that the host sends because of another, as OUTPUT gets it. */
export interface Reply {
  readonly packet: Packet;
  /** It belongs to the connection of the packet that caused it, and conntrack is not asked again (nf_ct_attach). */
  readonly attached: Carried;
}

/** How one packet, or one copy of it, ended. */
export interface Ended {
  readonly steps: Step[];
  readonly replies: readonly Reply[];
  readonly verdict: Verdict;
  readonly lost: Loss | null;
}

export interface Traveller {
  packet: Packet;
  todo: readonly Stop[];
  steps: Step[];
  assumptions: Assumption[];
  /** Changes made between two steps, told with the next one. */
  pending: Change[];
  /** The bridge whose port the frame came in by. */
  bridge: string | null;
  /** IP tables see this bridge's frames. */
  brnf: boolean;
  /** Goes on as a frame, not routed. */
  bridged: boolean;
  fromHost: boolean;
  /** The trace flag: a TRACE rule that sets it is not printed itself. */
  traced: boolean;
  looped: boolean;
  /** It belongs to a connection before conntrack sees it: come in by the loopback, or an answer of the host's own. */
  tracked: boolean;
  /** The device that OUTPUT was entered with, once mangle or nat has chosen another. */
  hookOut: ValueSet | null;
  /** Fields that were given other values, since the route was chosen or since it came in. */
  rewritten: ReadonlySet<Field>;
  /** Fields that were given other values since it was described: which bits of them, of numbers. */
  given: ReadonlyMap<Field, number>;
  /** A walk of many packets at once: which of those that were described are here, as its reader of tables counts them. */
  set: number;
  /** The mark by which its bridge has chosen the route, once NAT had readdressed it; null: none is chosen yet. */
  routeMark: ValueSet | null;
  /** The piece that has completed the packet, as it was: by a bridge it leaves as that again. */
  piece: Packet["fields"] | null;
  /** It leaves as stated only if it is rerouted. */
  reroutes: boolean;
  /** Its socket is bound to the stated device, so that no route chooses another (netfilter.c ip_route_me_harder). */
  bound: boolean;
  /** What a rule in raw has attached in place of a connection, or the packet that it is about has left there. */
  attached: "untracked" | "template" | "nothing" | null;
  /** nat has set up the source for the connection: copies of a flooded frame share it (semantics 4.2). */
  sourceDone: boolean;
  /** Copies of a flooded frame that have come to their end: they share what is known, so one traveller walks them all. */
  copies: Ended[];
  /** The packet as it was when it was flooded, and the fields that a copy has rewritten since. */
  flooded: {
    readonly packet: Packet;
    readonly given: Traveller["given"];
    readonly rewritten: Set<Field>;
  } | null;
  /** Packets that this one made the host send. */
  replies: Reply[];
  verdict: Verdict | null;
  lost: Loss | null;
  /** As the packet was described: the way out that was stated, and the destination before any NAT. */
  started: { readonly out: ValueSet | undefined; readonly destination: ValueSet | undefined };
}

/** What every part of the walk needs. */
export interface World {
  readonly ruleset: Ruleset;
  readonly host: Host;
}

/** How many more ways a walk may part into; what is cut off is said. */
export interface Limit {
  left: number;
  truncated: boolean;
}
/** A world while one packet walks through it. */
export interface Walking extends World {
  /** Ways whose steps so far are none that anybody asks for are left; null: every way is wanted. */
  readonly follows: ((steps: readonly Step[]) => boolean) | null;
  readonly limit: Limit;
  readonly nextRule: NextRule;
  readonly reader: Reader;
}

/** How tables are read, and what becomes of a way that something else than a table has settled. */
export interface Reader {
  traverse(traveller: Traveller, table: Table, layer: Layer, hook: Hook, world: Walking): readonly Left[];
  /** Packets are many: where it depends on what each is, their ways part (told-apart.ts), and may meet again. */
  readonly many?: Many;
  /** More ways than this are cut off, and said to be (`truncated`). */
  readonly mostPaths: number;
}
export type Before = Pick<Traveller, "packet" | "given">;
export interface Many {
  /** After each stop: false, where nothing goes this way. `before`: the packet as it came to the stop. */
  goesOn(way: Traveller, before: Before): boolean;
  /** Whether a rule or the description says anything of the field; if not, it is left open as one packet's is. */
  isAsked(field: Field): boolean;
  /** Ways that have come to the same place with the same ahead are one. */
  meet(ways: readonly Traveller[]): readonly Traveller[];
}
/** How a table lets go of a packet. */
export type Outcome = "accept" | "drop" | "reject" | "queue" | "stolen" | "undecided" | "lost";
export interface Left {
  readonly traveller: Traveller;
  readonly outcome: Outcome;
}

export const mayGoOn = ({ copies, steps }: Traveller, { follows }: Walking): boolean =>
  follows === null || follows([...copies.flatMap((copy) => copy.steps), ...steps]);

export function fork(traveller: Traveller): Traveller {
  return {
    ...traveller,
    steps: [...traveller.steps],
    assumptions: [...traveller.assumptions],
    pending: [...traveller.pending],
    copies: [...traveller.copies],
    replies: [...traveller.replies],
    flooded: traveller.flooded && { ...traveller.flooded, rewritten: new Set(traveller.flooded.rewritten) },
  };
}

export const nameOf = (
  packet: Packet,
  field: "inInterface" | "outInterface" | "physdevIn" | "physdevOut",
): string | undefined => {
  const value = knownValue(packet, field);
  return value === undefined ? undefined : String(value);
};

export const assume = (traveller: Traveller, fact: string, rule: string | null, taken: string): void => {
  traveller.assumptions.push({ fact, rule, taken });
};

/** Ends this packet, or this copy of it: what is still to do are the other copies. */
export function conclude(traveller: Traveller, verdict: Verdict, lost: Loss | null = null): Traveller {
  const next = traveller.todo.findIndex(({ at }) => at === "copy");
  if (next >= 0) {
    traveller.copies.push({ steps: traveller.steps, replies: traveller.replies, verdict, lost });
    traveller.steps = [];
    traveller.replies = [];
    traveller.todo = traveller.todo.slice(next);
  } else {
    traveller.todo = [];
    traveller.verdict = verdict;
    traveller.lost = lost;
  }
  return traveller;
}

/** Where and why a packet vanishes between two hooks. */
export const lose = (traveller: Traveller, reason: string, reply: Reply | null = null): Traveller => {
  if (reply) traveller.replies.push(reply);
  return conclude(traveller, "LOST", { after: traveller.steps.findLast(({ printed }) => printed)?.id ?? null, reason });
};

/** Lost if a fact that is not known is as `answers` says last; it goes on if it is as they say first. */
export function mayLose(
  traveller: Traveller,
  fact: string,
  [goesOn, isLost]: readonly [goesOn: string, isLost: string],
  reason: string,
  reply: Reply | null = null,
): Traveller[] {
  const lost = fork(traveller);
  assume(traveller, fact, null, goesOn);
  assume(lost, fact, null, isLost);
  return [traveller, lose(lost, reason, reply)];
}

/** On to the next part of the way; copies that wait come after it. */
export function goOn(traveller: Traveller, part: readonly Stop[]): Traveller {
  traveller.todo = [...part, ...traveller.todo];
  return traveller;
}
