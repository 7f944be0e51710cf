/** A table at a hook, and the nat table, which only some packets ask. Semantics 4.1, 4.2. */
import { evaluate, knownValue, type Packet, refine } from "../facts/index.ts";
import type { Table } from "../model/index.ts";
import { traverse } from "./chain.ts";
import { track } from "./conntrack.ts";
import { PARTS, type Stop } from "./journey.ts";
import { asksNat, mayBeTranslated, translateSilently, tuplesStated, usesConntrack } from "./nat.ts";
import { assume, conclude, fork, learn, type Traveller, type Verdict, type Walking } from "./traveller.ts";
import type { Left, Outcome } from "./visit.ts";

const VERDICTS = {
  drop: "DROP",
  reject: "REJECT",
  queue: "QUEUE",
  stolen: "STOLEN",
  undecided: "UNDECIDED",
} as const satisfies Record<Exclude<Outcome, "accept">, Verdict>;

/** Tables of both backends at one place run one after the other (semantics 4.1). */
export function throughTables(
  traveller: Traveller,
  tables: readonly Table[],
  stop: Extract<Stop, { at: "table" | "nat" }>,
  world: Walking,
): Traveller[] {
  const layer = stop.at === "table" ? stop.layer : "ip";
  let on: Traveller[] = [traveller];
  const out: Traveller[] = [];
  for (const table of tables) {
    const left: Left[] = on.flatMap((each) => traverse(each, table, layer, stop.hook, world));
    on = [];
    for (const { traveller: each, outcome } of left) {
      if (outcome === "accept") on.push(each);
      else if (table.name === "broute") on.push(routed(each));
      else out.push(conclude(each, VERDICTS[outcome]));
    }
  }
  return [...on, ...out];
}

/** broute DROP: the frame is not bridged, it goes up on the port itself (semantics 3). */
function routed(traveller: Traveller): Traveller {
  const port = traveller.packet.fields.physdevIn;
  const { physdevIn: _, ...fields } = traveller.packet.fields;
  traveller.packet = { ...traveller.packet, fields: port ? { ...fields, inInterface: port } : fields };
  traveller.bridge = null;
  traveller.todo = [...PARTS.packetIn];
  return traveller;
}

/** nat is asked by the first packet of a connection only; later ones are translated silently (semantics 4.2). */
export function nat(traveller: Traveller, stop: Extract<Stop, { at: "nat" }>, world: Walking): Traveller[] {
  if (!usesConntrack(world, traveller.packet.family) || traveller.looped) return [traveller];
  if (stop.manip === "source" && traveller.sourceDone) return [traveller];
  if (stop.manip === "source") traveller.sourceDone = true;
  const condition = asksNat(traveller.packet);
  const answer = evaluate(condition, traveller.packet).is;
  const tables = world.ruleset.tables.filter(
    ({ family, name }) => family === traveller.packet.family && name === "nat",
  );
  if (answer === "yes") return throughTables(traveller, tables, stop, world);
  if (answer === "no" || tables.length === 0) return later(traveller, stop, world);
  return [true, false].flatMap((first) =>
    refine(condition, { packet: traveller.packet, facts: [] }, first).flatMap((piece) => {
      const branch = fork(traveller);
      learn(branch, traveller.packet, piece);
      track(branch);
      // one question, whatever it took to answer it
      assume(branch, "ctstate", null, first ? "first of its connection" : "not first of its connection");
      return first ? throughTables(branch, tables, stop, world) : later(branch, stop, world);
    }),
  );
}

function later(traveller: Traveller, { manip, hook }: Extract<Stop, { at: "nat" }>, world: Walking): Traveller[] {
  const state = knownValue(traveller.packet, "ctstate");
  if (state === 0 || state === 4) return [traveller];
  if (tuplesStated(traveller.packet, manip)) {
    traveller.pending.push(...translateSilently(traveller, manip));
    return [traveller];
  }
  // a destination that is not the host's own cannot be the outside of a translation by this host
  const outward = manip === "destination" && hook === "PREROUTING" && !traveller.bridged;
  if (!outward || !isLocal(traveller.packet, world) || !mayBeTranslated(traveller, world)) return [traveller];
  const translated = fork(traveller);
  const { destination: _, ...fields } = translated.packet.fields;
  translated.packet = { ...translated.packet, fields };
  assume(traveller, "ctorigsrc", null, "not translated");
  assume(translated, "ctorigsrc", null, "translated");
  return [traveller, translated];
}

function isLocal(packet: Packet, { host }: Walking): boolean {
  const own = host.localAddresses(packet.family);
  const destination = packet.fields.destination;
  if (!own || !destination) return true;
  return evaluate({ is: "in", field: "destination", ranges: own, wants: "" }, packet).is !== "no";
}
