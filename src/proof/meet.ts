/** Ways that have come to the same place, and to whose packets the same was done: they are one from there on. */
import { both, type Field, type Packet, type ValueSet } from "../facts/index.ts";
import type { Step, Stop, Traveller } from "../path/index.ts";
import type { Bdd } from "../space/index.ts";
import { doneTo, NOTED, type Origins } from "./view.ts";

/** What the way itself asks by name. */
const KEPT: readonly Field[] = [
  "inInterface",
  "outInterface",
  "physdevIn",
  "physdevOut",
  "pktType",
  "ctstate",
  "ctnat",
];
const texts = (_: string, value: unknown) =>
  typeof value === "bigint" ? String(value) : value instanceof Set ? [...value].sort() : value;

/** One way for all that meet; those to copies of a frame stay apart. */
export function meet(
  ways: readonly Traveller[],
  bdd: Bdd,
  origins: Origins,
  wayOf: WeakMap<Step, string>,
): readonly Traveller[] {
  if (ways.length < 2) return ways;
  const out = new Map<string, Traveller>();
  for (const [at, way] of ways.entries()) {
    const key = way.flooded || way.copies.length > 0 ? `alone ${at}` : keyOf(way, origins, wayOf);
    const same = out.get(key);
    out.set(
      key,
      same ? { ...same, set: bdd.or(same.set, way.set), packet: either(same.packet, way.packet, origins) } : way,
    );
  }
  return [...out.values()];
}

function keyOf(way: Traveller, origins: Origins, wayOf: WeakMap<Step, string>): string {
  const { packet, steps, todo, started } = way;
  const {
    bridge,
    brnf,
    bridged,
    fromHost,
    looped,
    tracked,
    hookOut,
    rewritten,
    reroutes,
    bound,
    attached,
    sourceDone,
  } = way;
  return JSON.stringify(
    [
      todo.map(stopOf),
      doneTo(way, origins),
      steps.map((step) => (step.table === "filter" ? wayOf.get(step) : "")),
      steps.at(-1)?.id,
      KEPT.map((field) => packet.fields[field]),
      (Object.keys(NOTED) as Field[]).map((field) => origins.textOf(packet.fields[field])),
      [bridge, brnf, bridged, fromHost, looped, tracked, hookOut, rewritten, reroutes, bound, attached, sourceDone],
      [started.out, started.destination],
    ],
    texts,
  );
}
const stopOf = (stop: Stop): string => Object.values(stop).join(" ");

/** Which of them it is the set tells. */
function either(one: Packet, other: Packet, origins: Origins): Packet {
  const packet = both(one, other);
  for (const [field, set] of Object.entries(packet.fields) as [Field, ValueSet][]) {
    const [a, b] = [one.fields[field], other.fields[field]];
    if (a && b && set !== a) origins.unite(a, b, set);
  }
  return packet;
}
