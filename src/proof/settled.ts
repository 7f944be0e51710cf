/** What stops of the journey other than tables settle of many packets: which of them go which way. */
import { askedBy, type Bits, type Field, type Packet, type ValueSet } from "../facts/index.ts";
import type { Before, Traveller } from "../path/index.ts";
import { beforeSteps, EVERY_BIT, NONE, type Node, type Origin, type Sets } from "../space/index.ts";
import { COUNTED } from "./asks.ts";
import { isNarrower, matters, type Origins, viewOf } from "./view.ts";

export class Settled {
  readonly sets: Sets;
  readonly #origins: Origins;

  constructor(sets: Sets, origins: Origins) {
    this.sets = sets;
    this.#origins = origins;
  }

  /** What else than a table has settled: fields that are known better now. False: no packet goes this way. */
  goesOn(way: Traveller, { packet: before, given: was }: Before): boolean {
    this.#origins.note(way, before);
    for (const [field, set] of Object.entries(way.packet.fields) as [Field, ValueSet][]) {
      const old = before.fields[field];
      if (!set || set === old || this.#origins.isKept(field, set)) continue;
      const narrower = isNarrower(set, before, field);
      const given = old && this.#origins.given(field, old);
      if (given && narrower) {
        way.set = this.sets.bdd.and(way.set, this.#fits(field, set, given));
        this.#origins.keep(old, set);
      } else if (field === COUNTED && !narrower)
        // a router takes one off
        this.#origins.step(field, old, set, -1, was.has(field));
      else if (way.given.has(field)) continue;
      else if (!narrower) way.given = new Map(way.given).set(field, EVERY_BIT);
      else if (!way.packet.bits?.[field] && matters(this.sets.atoms, field, set))
        way.set = this.sets.bdd.and(way.set, this.sets.fits(field, set));
    }
    this.#assume(way, before);
    return way.set !== NONE;
  }

  #fits(field: Field, set: ValueSet, { version, steps }: Origin): Node {
    if (!steps) return this.sets.fits(field, set, version);
    const ranges = beforeSteps(field, this.sets.atoms.family, set.ranges, steps);
    return this.sets.fits(field, { ...set, ranges });
  }

  /** Answers that no field holds: of single bits, and of what is not modelled. */
  #assume(way: Traveller, before: Packet): void {
    const { assumed, bits = {} } = way.packet;
    if (assumed === before.assumed && bits === before.bits) return;
    const view = viewOf(way, way.packet, this.#origins);
    const { bdd } = this.sets;
    for (const [field, has] of Object.entries(bits) as [Field, Bits][]) {
      const set = way.packet.fields[field];
      // what a rule has given is no answer
      if (has === before.bits?.[field] || (set && this.#origins.isKept(field, set))) continue;
      way.set = bdd.and(way.set, this.sets.holds({ is: "bits", field, ...has, wants: "" }, view).may);
    }
    for (const [key, taken] of Object.entries(assumed)) {
      if (before.assumed[key] === taken) continue;
      const { may, must } = this.sets.holds(askedBy(key), view);
      way.set = taken ? bdd.and(way.set, may) : bdd.minus(way.set, must);
    }
  }
}
