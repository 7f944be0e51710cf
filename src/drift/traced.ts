/** The walks that one packet's lines may belong to, for `explain`: also those that its few lines do not tell apart. */
import { type Field, has, known, knownValue, type Packet } from "../facts/index.ts";
import type { Path, Step, Walk, World } from "../path/index.ts";
import { entryPacket, type TracedPacket, type TraceEvent } from "../trace/index.ts";
import { compare, stepsOf } from "./compare.ts";
import { Connections, leftBy } from "./connections.ts";
import { hasTraceRule } from "./instrumentation.ts";
import { type Entered, entered, walkEntered } from "./predict.ts";

/** `of`: as it entered, where more is known of that than its lines tell. */
export function walkTraced(world: World, traced: TracedPacket, of: Entered = entered(traced)): Walk {
  const { outPorts, afterNat } = entryPacket(traced);
  const { packet } = of;
  const paths = [...walkEntered(world, of).paths];
  const [only, more] = traced.events;
  if (only && !more) {
    const others = (fields: readonly Field[]) => walkEntered(world, { ...of, packet: without(packet, fields) }).paths;
    // one copy of a flooded frame does not say that it was the only one
    if (outPorts.length === 1) paths.push(...others(["physdevOut"]).filter((path) => leavesBy(path, outPorts[0])));
    // the addresses printed may be what DNAT made of others
    const translated = afterNat ? others(["destination", "destinationPort"]).filter((path) => prints(path, only)) : [];
    if (translated.length > 0)
      paths.splice(0, paths.length, ...paths.map(taking("not translated")), ...translated.map(taking("translated")));
  }
  if (only && !more) paths.sort((a, b) => Number(hasLine(b, only)) - Number(hasLine(a, only)));
  return { packet, paths };
}

/** The packets of a log, in order: each finds at its connection what the walks of those before have left there. */
export class LogWalks {
  readonly #world: World;
  readonly #connections: Connections;

  constructor(world: World) {
    this.#world = world;
    this.#connections = new Connections(world);
  }

  next(traced: TracedPacket): Walk {
    const of = this.#connections.enter(traced);
    const walked = walkTraced(this.#world, traced, of);
    const traces = hasTraceRule(this.#world.ruleset, traced.family);
    const path = walked.paths.find((each) => compare(each, traced.events, traces) === null);
    if (path) this.#connections.keep(of, leftBy(path, of));
    return walked;
  }
}

/** What the line does not tell of its connection comes before all else that is assumed. */
const taking =
  (taken: string) =>
  (path: Path): Path => ({ ...path, assumptions: [{ fact: "ctorigsrc", rule: null, taken }, ...path.assumptions] });

/** The ways that have the line come first: they may be the recorded one. */
const hasLine = (path: Path, event: TraceEvent): boolean => stepsOf(path).some((step) => isLine(step, event));
const isLine = ({ id, prefix }: Step, event: TraceEvent): boolean =>
  event.layer === "ip" ? id === event.id : prefix?.trim() === event.prefix.trim();

function without(packet: Packet, fields: readonly Field[]): Packet {
  const left = Object.entries(packet.fields).filter(([field]) => !fields.includes(field as Field));
  return { ...packet, fields: Object.fromEntries(left) };
}

const leavesBy = (path: Path, port: string | undefined): boolean =>
  path.branches.length > 0 && stepsOf(path).some(({ seen }) => knownValue(seen, "physdevOut") === port);

/** The path was translated, and has this very line with the addresses that it prints. */
function prints({ steps }: Path, event: TraceEvent): boolean {
  const { destination } = event.values;
  const at = steps.findIndex(
    (step) =>
      isLine(step, event) && destination !== undefined && has(known(step.seen, "destination").ranges, destination),
  );
  return steps.slice(0, at + 1).some(({ changes }) => changes.some(({ field }) => field === "destination"));
}
