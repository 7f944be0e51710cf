/** What is still asked of packets that a table has let go on: a value given that nobody asks about behind it is any. */

import type { Translate } from "../extensions/index.ts";
import { allValues, CT_TUPLE, type Field, isAbsent, leavesOf, minus } from "../facts/index.ts";
import { bind, type Chain, dropsOf, meaningOf, type Table } from "../model/index.ts";
import type { Hook, Layer, Traveller, World } from "../path/index.ts";
import { EVERY_BIT } from "../space/index.ts";
import { ofEffects } from "./asks.ts";

/** Of the IP layer; packets to this host itself come to PREROUTING from POSTROUTING. */
const BEHIND: Readonly<Record<Hook, readonly Hook[]>> = {
  BROUTING: ["BROUTING", "PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
  PREROUTING: ["INPUT", "FORWARD", "POSTROUTING"],
  INPUT: ["INPUT"],
  FORWARD: ["FORWARD", "POSTROUTING"],
  OUTPUT: ["POSTROUTING", "PREROUTING", "INPUT"],
  POSTROUTING: ["POSTROUTING", "PREROUTING", "INPUT"],
};
/** Within PREROUTING and OUTPUT. */
const ORDER = ["raw", "mangle", "nat", "filter", "security"];

/** What a translation gives to a packet and its connection. */
const GIVEN: readonly Field[] = [
  ...(["source", "destination", "sourcePort", "destinationPort", "checksum", "ctnat"] as const),
  ...CT_TUPLE.map(([, reply]) => reply),
];

export class Behind {
  readonly #world: World;
  readonly #asked = new Map<string, ReadonlySet<Field>>();

  constructor(world: World) {
    this.#world = world;
  }

  /** The traveller without the values that make no difference any more. */
  lighten(traveller: Traveller, { name, family }: Table, layer: Layer, hook: Hook): Traveller {
    const { given, packet } = traveller;
    if (given.size === 0 || layer === "bridge") return traveller;
    const asked = this.#from(name, family, hook);
    const fields = { ...packet.fields };
    let isLighter = false;
    for (const [field, bits] of given) {
      const set = fields[field];
      if (!set || bits !== EVERY_BIT || asked.has(field) || isAbsent(set)) continue;
      const all = allValues(field, packet.family);
      if (minus(all, set.ranges).length === 0) continue;
      fields[field] = { absent: set.absent, ranges: all };
      isLighter = true;
    }
    return isLighter ? { ...traveller, packet: { ...packet, fields } } : traveller;
  }

  /** Whether nobody asks what it gives: then all that give something of the kind do the same. */
  forgets({ addresses, keeps }: Translate, { name, family }: Table, hook: Hook): boolean {
    const asked = this.#from(name, family, hook);
    return addresses !== null && keeps === undefined && !GIVEN.some((field) => asked.has(field));
  }

  #from(name: string, family: Table["family"], hook: Hook): ReadonlySet<Field> {
    const key = `${family} ${name} ${hook}`;
    let asked = this.#asked.get(key);
    if (!asked) this.#asked.set(key, (asked = new Set(this.#fields(name, family, hook))));
    return asked;
  }
  *#fields(name: string, family: Table["family"], hook: Hook): Generator<Field, void> {
    const { host, ruleset } = this.#world;
    // routes go by them, and what is lost on the way
    if (host.json.route || host.json.addr || host.json.link)
      yield* ["source", "destination", "mark", "tos", "ttl", "length", "protocol"];
    for (const table of ruleset.tables) {
      if (table.family !== family && table.family !== "bridge") continue;
      const inHook = ORDER.indexOf(table.name) > ORDER.indexOf(name) ? [hook] : [];
      const hooks = table.family === "bridge" ? [...table.chains.keys()] : [...inHook, ...BEHIND[hook]];
      for (const chain of chainsFrom(table, hooks)) yield* this.#fieldsIn(chain);
    }
  }
  *#fieldsIn({ rules }: Chain): Generator<Field, void> {
    const { host } = this.#world;
    for (const rule of rules) {
      const { condition, action, dropsWhole } = meaningOf(rule, host);
      const conditions = [condition, ...(dropsWhole ? [dropsOf(rule, host)] : [])];
      if (action.kind === "effects") {
        conditions.push(...ofEffects(action.effects));
        for (const effect of action.effects) {
          // what it becomes hangs on what it was
          if (effect.does === "copy") yield effect.from;
          if ("field" in effect) yield effect.field;
          if (effect.does === "translate") yield* ["source", "destination", "sourcePort", "destinationPort"];
        }
      }
      for (const each of conditions) for (const leaf of leavesOf(each)) if ("field" in leaf) yield leaf.field;
    }
  }
}

function chainsFrom({ chains }: Table, names: readonly string[]): Set<Chain> {
  const out = new Set(names.flatMap((name) => chains.get(name) ?? []));
  for (const { rules } of out)
    for (const rule of rules) {
      const { target } = bind(rule);
      const called = target && chains.get(target.name);
      if (called) out.add(called);
    }
  return out;
}
