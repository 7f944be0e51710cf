/** What targets do to packets: those that have had the same done to them go on as one. */
import type { Effect } from "../extensions/index.ts";
import { isAbsent, type Packet, single, unite } from "../facts/index.ts";
import type { Chain, Rule } from "../model/index.ts";
import { applyAll, fork, type Outcome, seenAt, type Traveller, type Walking, type Where } from "../path/index.ts";
import { EVERY_BIT, NONE, type Node, type Sets, type View } from "../space/index.ts";
import { COUNTED, translationOf } from "./asks.ts";
import type { Behind } from "./behind.ts";
import { doneTo, type Origins, viewOf } from "./view.ts";

/** Packets that have had the same done to them, as a rule sees them. */
export interface Line {
  readonly traveller: Traveller;
  readonly view: View;
  readonly set: Node;
  /** What was done to them: those for which it is the same go on as one. */
  readonly done: string;
}
export interface Reading extends Where {
  readonly world: Walking;
  readonly number: number;
  readonly alike: Map<string, Line>;
  readonly left: Map<string, { readonly traveller: Traveller; readonly outcome: Outcome; set: Node }>;
}

interface Asked {
  readonly chain: Chain;
  readonly rule: Rule;
}
interface Ran {
  readonly line: Line;
  readonly outcome: Outcome | "return" | null;
}

export class Targets {
  readonly sets: Sets;
  readonly #origins: Origins;
  readonly #behind: Behind | null;

  constructor(sets: Sets, origins: Origins, behind: Behind | null) {
    this.sets = sets;
    this.#origins = origins;
    this.#behind = behind;
  }

  /** Packets as the table's rules see them. */
  line(traveller: Traveller, set: Node, { layer, hook, table, world }: Reading): Line {
    const seen = seenAt(traveller, layer, hook, table.name, world.host);
    return { traveller, set, view: viewOf(traveller, seen, this.#origins), done: doneTo(traveller, this.#origins) };
  }

  /** Without the values that nobody asks about behind this table. */
  lightened(line: Line, { table, layer, hook }: Reading): Line {
    const traveller = this.#behind?.lighten(line.traveller, table, layer, hook) ?? line.traveller;
    return traveller === line.traveller ? line : { ...line, traveller, done: doneTo(traveller, this.#origins) };
  }

  /** Which effects it comes to for which packets. */
  ways(effects: readonly Effect[], line: Line): (readonly [Node, readonly Effect[]])[] {
    const at = effects.findIndex(({ does }) => does === "if");
    const found = effects[at];
    if (found?.does !== "if") return [[line.set, effects]];
    const { may, must } = this.sets.holds(found.condition, line.view);
    const [yes, no] = [this.sets.bdd.and(line.set, may), this.sets.bdd.minus(line.set, must)];
    const before = effects.slice(0, at);
    const after = effects.slice(at + 1);
    return [
      ...(yes === NONE ? [] : this.ways([...before, ...found.yes, ...after], { ...line, set: yes })),
      ...(no === NONE ? [] : this.ways([...before, ...found.no, ...after], { ...line, set: no })),
    ];
  }

  /** What the effects come to: the packets afterwards, and how the table lets go of them; null: they go on in their chain. */
  *run(reading: Reading, line: Line, effects: readonly Effect[], at: Asked): Generator<Ran, void> {
    const alike = this.#translatedAlike(effects, line, reading);
    const same = alike === null ? undefined : reading.alike.get(alike);
    if (same) {
      yield { line: { ...same, set: line.set }, outcome: "accept" };
      return;
    }
    for (const { packet, set } of this.#parts(effects, line, reading)) {
      const traveller = fork(line.traveller);
      const own = effects.some(({ does }) => ASK_PROTOCOL.has(does)) ? this.#ofProtocol(packet, set) : packet;
      traveller.packet = own;
      const outcome = applyAll(effects, traveller, reading, { ...at, seen: line.view.seen }, reading.world);
      this.#origins.made(traveller, line.traveller);
      const by = effects.find((effect) => effect.does === "step");
      if (by?.does === "step") {
        const [old, next] = [own.fields[COUNTED], traveller.packet.fields[COUNTED]];
        this.#origins.step(COUNTED, old, next, by.by, line.traveller.given.has(COUNTED));
      }
      // those that others join need not be of it
      traveller.packet = { ...traveller.packet, fields: withProtocol(traveller.packet, line.traveller.packet) };
      const next = this.line(traveller, this.#give(traveller, { ...line, set }), reading);
      if (alike !== null && outcome === "accept") reading.alike.set(alike, this.lightened(next, reading));
      yield { line: next, outcome };
    }
  }

  /** Translations whose results nobody asks about are one; null: this is none. */
  #translatedAlike([effect, ...more]: readonly Effect[], { done }: Line, { table, hook }: Reading): string | null {
    if (effect?.does !== "translate" || more.length > 0 || !this.#behind?.forgets(effect, table, hook)) return null;
    return `${done} ${effect.manip} ${effect.addresses?.length === 0} ${effect.ports !== undefined}`;
  }

  /** Targets look at it: what of it there is in a set. */
  #ofProtocol(packet: Packet, set: Node): Packet {
    const { atoms, bdd } = this.sets;
    const [dimension] = atoms.of("protocol");
    if (dimension === undefined || single(packet.fields.protocol) !== undefined) return packet;
    const size = atoms.dimensions[dimension]?.size ?? 0;
    const ranges = Array.from({ length: size }, (_, code) => code).flatMap((code) => {
      const range = atoms.rangeOf("protocol", code);
      return range && bdd.and(set, this.sets.codes(dimension, [[code, code + 1]])) !== NONE ? [range] : [];
    });
    return { ...packet, fields: { ...packet.fields, protocol: { absent: false, ranges: unite(ranges) } } };
  }

  /** A translation to what the packet has already is none: where somebody asks, those packets are told apart. */
  #parts(effects: readonly Effect[], { traveller, set }: Line, { hook }: Reading): { packet: Packet; set: Node }[] {
    const { packet, given } = traveller;
    const { atoms, bdd } = this.sets;
    const whole = [{ packet, set }];
    const effect = effects.find(({ does }) => does === "translate");
    const values = effect?.does === "translate" && atoms.isCut("ctnat") ? translationOf(effect, hook) : [];
    if (values.length === 0 || values.some(([field]) => given.has(field))) return whole;
    const same = values.reduce((sum, [field, value]) => bdd.and(sum, this.sets.fits(field, value)), set);
    const rest = bdd.minus(set, same);
    const fields = { ...packet.fields, ...Object.fromEntries(values) };
    if (same === NONE) return whole;
    return [...(rest === NONE ? [] : [{ packet, set: rest }]), { packet: { ...packet, fields }, set: same }];
  }

  /** What was given one of several values has one of them, whichever, from here on. */
  #give({ given, packet: { fields } }: Traveller, line: Line): Node {
    let { set } = line;
    for (const [field, bits] of given) {
      const values = fields[field];
      const isNew = values !== undefined && values !== line.traveller.packet.fields[field] && bits === EVERY_BIT;
      if (!isNew || isAbsent(values) || single(values) !== undefined || !this.sets.atoms.isCut(field)) continue;
      if (this.#origins.given(field, values)) continue;
      set = this.sets.bdd.and(set, this.sets.fits(field, values, this.#origins.give(field, values)));
    }
    return set;
  }
}

const ASK_PROTOCOL: ReadonlySet<Effect["does"]> = new Set(["translate", "limit mss", "strip"]);
function withProtocol(
  { fields: { protocol: _, ...fields } }: Packet,
  { fields: { protocol } }: Packet,
): Packet["fields"] {
  return protocol ? { ...fields, protocol } : fields;
}
