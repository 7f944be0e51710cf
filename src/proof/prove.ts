/** Every packet of a description, walked at once: which rules match what, and what becomes of whom. */
import {
  absent,
  allValues,
  type Condition,
  ctStates,
  everything,
  type Field,
  isAbsent,
  type Packet,
  type Ranges,
  type ValueSet,
} from "../facts/index.ts";
import type { Chain, Rule } from "../model/index.ts";
import { type Hook, type Loss, type Step, type Traveller, type Verdict, type World, walkMany } from "../path/index.ts";
import {
  type Asked,
  Atoms,
  Bdd,
  NONE,
  type Node,
  OverBudget,
  possible,
  type Room,
  Sets,
  Uncut,
} from "../space/index.ts";
import { askedOf, conditionsOf, counted, fieldsAsked, statesAsked, stepsIn } from "./asks.ts";
import { Behind } from "./behind.ts";
import { type Decision, SetReader } from "./reader.ts";
import { asDescribed } from "./view.ts";

export interface Passed {
  readonly layer: Step["layer"];
  readonly way: string;
}

/** Packets that end the same way. */
export interface End {
  readonly verdict: Verdict;
  readonly set: Node;
  /** The step that ended them, if a table did; of what is accepted see `decisions`. */
  readonly decidedBy: string | null;
  readonly lost: Loss | null;
  /** The filter tables that let them go on, in order: which decisions did. */
  readonly passed: readonly Passed[];
  /** One of them as it ended: fields that were given other values have those. */
  readonly packet: Packet;
  readonly given: ReadonlyMap<Field, number>;
}

export interface Proof {
  readonly world: World;
  readonly sets: Sets;
  readonly described: Packet;
  readonly all: Node;
  readonly ends: readonly End[];
  readonly decisions: ReadonlyMap<string, Decision>;
  /** What may match a rule; a rule that is not there is met by no packet that it matches. */
  readonly matched: ReadonlyMap<Rule, Node>;
  /** Chains that some packet comes to. */
  readonly entered: ReadonlySet<Chain>;
  /** There were more ways than could be followed: what is not found is not proven not to be there. */
  readonly truncated: boolean;
}

export interface Question {
  readonly packet: Packet;
  readonly hook?: Hook;
  /** `opening`: packets of which no state is described open a connection; `any`: they may be in any state. */
  readonly states?: "opening" | "any";
  /** Only what gets to which rule is wanted: ways may meet, and what the packets are in the end may be forgotten. */
  readonly reachOnly?: boolean;
  /** More than this ends in OverBudget. */
  readonly room?: Room;
}

/** A way is told by them. */
const DEVICES: Asked = [
  ["inInterface", []],
  ["outInterface", []],
];
/** Times that a value turns up which was not cut. */
const MOST_CUTS = 40;

/** Asks several rule-sets the same, over the same atoms: sets of both can be compared. */
export function prove(worlds: readonly World[], question: Question): Proof[] {
  const conditions = worlds.flatMap((world) => [...conditionsOf(world, question.packet.family)]);
  const asked: [Field, Ranges][] = [
    ...DEVICES,
    ...askedOf(question.packet, worlds),
    ...(question.states === "any" ? worlds.flatMap((world) => statesAsked(world, question.packet.family)) : []),
    ...counted(
      conditions,
      worlds.flatMap((world) => stepsIn(world, question.packet.family)),
    ),
  ].map(([field, ranges]) => [field, ranges]);
  const fields = fieldsAsked(conditions, question.packet);
  for (let left = MOST_CUTS; left > 0; left--) {
    try {
      const sets = new Sets(atomsFor(conditions, asked, question.packet), new Bdd(question.room));
      return worlds.map((world) => proveWith(sets, world, question, fields));
    } catch (error) {
      if (!(error instanceof Uncut)) throw error;
      asked.push([error.field, error.ranges]);
    }
  }
  throw new OverBudget("values that are told apart on the way, again and again");
}

function atomsFor(conditions: readonly Condition[], asked: Asked, { family }: Packet): Atoms {
  const draft = new Atoms(family, conditions, asked);
  const rules = possible(family, (field) => draft.isCut(field));
  return new Atoms(family, [...conditions, ...rules], asked);
}

function proveWith(sets: Sets, world: World, question: Question, asked: ReadonlySet<Field>): Proof {
  const { atoms, bdd } = sets;
  const packet = asItComes(question);
  const rules = possible(atoms.family, (field) => atoms.isCut(field));
  let valid = sets.valid(rules, asDescribed(packet));
  for (const [field, set] of Object.entries(packet.fields) as [Field, ValueSet][])
    if (atoms.isCut(field)) valid = bdd.and(valid, sets.fits(field, set));
  const reader = new SetReader(sets, asked, question.reachOnly ? new Behind(world) : null);
  const ends: End[] = [];
  let truncated = false;
  for (const start of startsOf(sets, world, { ...question, packet }, valid)) {
    const walked = walkMany(world, start.packet, start.set, reader, question.hook ? { hook: question.hook } : {});
    ends.push(...walked.ends.flatMap((end) => endsOf(end, reader)));
    truncated ||= walked.truncated;
  }
  return {
    world,
    sets,
    described: packet,
    all: valid,
    ends,
    decisions: reader.decisions,
    matched: reader.matched,
    entered: reader.entered,
    truncated,
  };
}

/** By which port of a bridge a frame leaves is no part of what it is, unless the description says it. */
const FOLLOWS: readonly Field[] = ["physdevOut"];
/** Nor is the device, where routes tell it; it is told all the same where one rule-set alone is asked. */
export const followsRoutes = ({ world, described }: Proof): readonly Field[] =>
  world.host.lookups(described.family) ? ["outInterface"] : [];

/** The packets of a set as somebody would describe them. */
export const asTheyCame = ({ sets, described }: Proof, set: Node, follows: readonly Field[] = []): Node =>
  sets.asTheyCame(set, new Set([...FOLLOWS, ...follows].filter((field) => described.fields[field] === undefined)));

const OF_FRAMES = ["macSource", "macDestination", "physdevIn"] as const;
/** Those that some way leads on: others, such as martians, are lost whatever the rules say. */
export const heardOf = (proof: Proof, follows: readonly Field[] = []): Node =>
  proof.ends
    .filter(({ verdict }) => verdict !== "LOST")
    .reduce((sum, { set }) => proof.sets.bdd.or(sum, asTheyCame(proof, set, follows)), NONE);

interface Start {
  readonly packet: Packet;
  readonly set: Node;
}
/** Every way that packets can come. */
function startsOf(sets: Sets, { host }: World, { packet, hook }: Question, all: Node): Start[] {
  let starts: Start[] = [{ packet, set: all }];
  const narrowed = (start: Start, field: Field, values: ValueSet): Start[] => {
    const set = sets.bdd.and(start.set, sets.fits(field, values));
    return set === NONE ? [] : [{ packet: withValue(start.packet, field, values), set }];
  };
  const part = (field: Field, into: (start: Start) => readonly ValueSet[]): void => {
    starts = starts.flatMap((start) => into(start).flatMap((values) => narrowed(start, field, values)));
  };
  const there = (field: Field): ValueSet => ({ absent: false, ranges: allValues(field, packet.family) });
  if (!hook) {
    if (!packet.fields.inInterface) part("inInterface", () => [there("inInterface"), absent]);
    // what this host makes has no frame yet
    for (const field of OF_FRAMES.filter((each) => sets.atoms.isCut(each)))
      starts = starts.flatMap((start) =>
        isAbsent(start.packet.fields.inInterface) ? narrowed(start, field, absent) : [start],
      );
    // routes say which device it is; without them each may be, or none where it ends here
    if (!packet.fields.outInterface && !host.lookups(packet.family))
      part("outInterface", (start) =>
        isAbsent(start.packet.fields.inInterface) ? [there("outInterface")] : [there("outInterface"), absent],
      );
  }
  return starts;
}
const withValue = (packet: Packet, field: Field, set: ValueSet): Packet => ({
  ...packet,
  fields: { ...packet.fields, [field]: set },
});

/** What conntrack notes down has to be there to be noted. */
function asItComes({ packet, states = "opening" }: Question): Packet {
  const { family } = packet;
  const there = (field: Field): ValueSet => ({ absent: false, ranges: allValues(field, family) });
  const fields = {
    source: there("source"),
    destination: there("destination"),
    sourcePort: everything("sourcePort", family),
    destinationPort: everything("destinationPort", family),
    ctstate: states === "any" ? there("ctstate") : ctStates("NEW"),
  };
  return { ...packet, fields: { ...fields, ...packet.fields } };
}

function endsOf(traveller: Traveller, { wayOf }: SetReader): End[] {
  const { packet, given, set } = traveller;
  const last = { steps: traveller.steps, verdict: traveller.verdict ?? "UNDECIDED", lost: traveller.lost } as const;
  return [...traveller.copies, last].map(({ steps, verdict, lost }) => ({
    verdict,
    set,
    decidedBy: verdict === "ACCEPT" ? null : (steps.at(-1)?.id ?? null),
    lost,
    passed: steps
      .filter(({ table }) => table === "filter")
      .map((step) => ({ layer: step.layer, way: wayOf.get(step) ?? "" })),
    packet,
    given,
  }));
}
