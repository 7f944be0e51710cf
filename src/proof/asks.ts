/** What is asked of packets in a world, all together: where sets have to be cut. */
import type { Effect, Translate } from "../extensions/index.ts";
import {
  type Condition,
  type Family,
  type Field,
  type Host,
  type Packet,
  type Ranges,
  single,
  type ValueSet,
} from "../facts/index.ts";
import { dropsOf, meaningOf, type Rule } from "../model/index.ts";
import type { Hook, World } from "../path/index.ts";
import { type Asked, leavesOf } from "../space/index.ts";

/** Of the family's tables and of the bridge's, which see its packets too. */
export function* conditionsOf({ ruleset, host }: World, family: Family): Generator<Condition, void> {
  for (const table of ruleset.tables) {
    if (table.family !== family && table.family !== "bridge") continue;
    for (const { rules } of table.chains.values()) for (const rule of rules) yield* ofRule(rule, host);
  }
}

function* ofRule(rule: Rule, host: Host): Generator<Condition, void> {
  const { condition, action, dropsWhole } = meaningOf(rule, host);
  yield condition;
  if (dropsWhole) yield dropsOf(rule, host);
  if (action.kind === "effects") yield* ofEffects(action.effects);
}
function* ofEffects(effects: readonly Effect[]): Generator<Condition, void> {
  for (const effect of effects) {
    if (effect.does === "if") {
      yield effect.condition;
      yield* ofEffects([...effect.yes, ...effect.no]);
    } else if (effect.does === "set" || effect.does === "copy") {
      // the other bits stay: from here on they are asked one by one
      const { field, mask } = effect;
      yield { is: "bits", field, mask: mask >>> 0, value: 0, wants: "" };
    }
  }
}

/** The one address, and the one port, that a translation gives; none where it gives one of several. */
export function translationOf(effect: Translate, hook: Hook): readonly (readonly [Field, ValueSet])[] {
  const comes = hook === "PREROUTING" || hook === "OUTPUT";
  const isSource = effect.manip === "source" || (effect.manip === "by hook" && !comes);
  const sets: [Field, Ranges][] = [
    [isSource ? "source" : "destination", effect.addresses ?? []],
    ...(effect.ports ? [[isSource ? "sourcePort" : "destinationPort", effect.ports] as [Field, Ranges]] : []),
  ];
  const values = sets.map(([field, ranges]) => [field, { absent: false, ranges }] as const);
  return values.every(([, set]) => single(set) !== undefined) ? values : [];
}

/** A field that the way counts with: its values are taken a stretch at a time, so that what comes of them is exact. */
export const COUNTED: Field = "ttl";

/** What is asked of that field behind a step down is asked before it of what is one higher. */
export function* counted(conditions: Iterable<Condition>): Generator<Condition, void> {
  for (const condition of conditions)
    for (const leaf of leavesOf(condition))
      if (leaf.is === "in" && leaf.field === COUNTED)
        yield { ...leaf, ranges: leaf.ranges.map(([low, high]) => [Number(low) + 1, Number(high) + 1] as const) };
}

/** What a description says, and what routes tell apart. */
export function askedOf({ fields, family }: Packet, hosts: readonly Host[]): Asked {
  const stated = (Object.entries(fields) as [Field, ValueSet][]).map(([field, { ranges }]) => [field, ranges] as const);
  const routed = hosts.flatMap((host) =>
    (host.lookups(family) ?? []).flatMap(({ classes }) =>
      classes.map(({ ranges }): readonly [Field, Ranges] => ["destination", ranges]),
    ),
  );
  return [...stated, ...routed];
}
