/** What is asked of packets in a world, all together: where sets have to be cut. */
import type { Effect, Translate } from "../extensions/index.ts";
import {
  BROADCAST,
  type Condition,
  CT_STATES,
  ctStates,
  exactly,
  type Family,
  type Field,
  type Host,
  LOOPBACK,
  leavesOf,
  MULTICAST,
  type Packet,
  type Ranges,
  single,
  THIS_NETWORK,
  type ValueSet,
} from "../facts/index.ts";
import { dropsOf, meaningOf, type Rule } from "../model/index.ts";
import { type Hook, manipOf, type World } from "../path/index.ts";
import type { Asked } from "../space/index.ts";

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
export function* ofEffects(effects: readonly Effect[]): Generator<Condition, void> {
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
  const manip = manipOf(effect, hook);
  const port = manip === "source" ? "sourcePort" : "destinationPort";
  const sets: [Field, Ranges][] = [
    [manip, effect.addresses ?? []],
    ...(effect.ports ? [[port, effect.ports] as [Field, Ranges]] : []),
  ];
  const values = sets.map(([field, ranges]) => [field, { absent: false, ranges }] as const);
  return values.every(([, set]) => single(set) !== undefined) ? values : [];
}

/** A field that the way counts with: what comes of it is exact, however often it was stepped. */
export const COUNTED: Field = "ttl";
const MOST = 255;
/** A router takes none below. */
const USED_UP = 2;

/** What is asked of that field behind steps is asked before them of other values; a router steps down by one. */
export function counted(conditions: Iterable<Condition>, steps: readonly number[]): Asked {
  const asked = [...conditions].flatMap((condition) =>
    [...leavesOf(condition)].flatMap((leaf) => (leaf.is === "in" && leaf.field === COUNTED ? leaf.ranges : [])),
  );
  if (asked.length === 0) return [];
  let points = new Set(asked.flat().map(Number));
  for (const by of [-1, ...steps])
    points = new Set([...points].flatMap((point) => [point, point - by]).filter((point) => point > 0 && point <= MOST));
  return [[COUNTED, [[0, USED_UP], ...[...points].map((point) => [point, MOST + 1] as const)]]];
}
export const fieldsIn = (condition: Condition, fields: readonly Field[]): boolean =>
  [...leavesOf(condition)].some((leaf) => "field" in leaf && fields.includes(leaf.field));

/** What a description, or any rule, says something of. */
export function fieldsAsked(conditions: readonly Condition[], { fields }: Packet): ReadonlySet<Field> {
  const leaves = conditions.flatMap((condition) => [...leavesOf(condition)]);
  const asked = new Set(leaves.flatMap((leaf) => ("field" in leaf ? [leaf.field] : [])));
  // it is told by the MAC
  if (asked.has("pktType")) asked.add("macDestination");
  return new Set([...asked, ...(Object.keys(fields) as Field[])]);
}
export const stepsIn = (world: World, family: Family): number[] =>
  effectsOf(world, family).flatMap((effect) => (effect.does === "step" && effect.field === COUNTED ? [effect.by] : []));

/** What a description says, and what the way tells apart. */
export function askedOf({ fields, family }: Packet, worlds: readonly World[]): Asked {
  const stated = (Object.entries(fields) as [Field, ValueSet][]).map(([field, { ranges }]) => [field, ranges] as const);
  return [...stated, ...worlds.flatMap((world) => [...given(world, family), ...routed(world.host, family)])];
}

const DEVICES: readonly Field[] = ["inInterface", "outInterface", "physdevIn", "physdevOut"];
function routed(host: Host, family: Family): Asked {
  const lookups = host.lookups(family);
  if (!lookups) return [];
  const classes = lookups.flatMap((lookup) => lookup.classes.map(({ ranges }) => ranges));
  const asked = lookups.flatMap(({ condition }) => [...leavesOf(condition)]);
  const names = host.devices.map((name) => exactly(name));
  return [
    ...classes.flatMap(
      (ranges): Asked => [
        ["destination", ranges],
        ["source", ranges],
      ],
    ),
    ...asked.flatMap((leaf): Asked => (leaf.is === "in" ? [[leaf.field, leaf.ranges]] : [])),
    ...DEVICES.flatMap((field) => names.map((ranges) => [field, ranges] as const)),
    ...[LOOPBACK, MULTICAST, BROADCAST, THIS_NETWORK].map((net) => ["source", net[family]] as const),
  ];
}

/**
 * What the way asks of packets of any state: whether they ask nat, and whether they are replies that it turns back, which
 * come for where others are sent from.
 */
export function statesAsked(world: World, family: Family): Asked {
  const nat = { ...world, ruleset: { tables: world.ruleset.tables.filter(({ name }) => name === "nat") } };
  const senders = [...conditionsOf(nat, family)].flatMap((condition) =>
    [...leavesOf(condition)].flatMap((leaf) => (leaf.is === "in" && leaf.field === "source" ? [leaf.ranges] : [])),
  );
  return [
    ...CT_STATES.map((state) => ["ctstate", ctStates(state).ranges] as const),
    ...(["icmpType", "sourcePort", "destinationPort"] as const).map((field) => [field, []] as const),
    ...senders.map((ranges) => ["destination", ranges] as const),
  ];
}

/** What targets give that the rules do not tell alone: one of several values, or (where that is asked) the old one. */
function given(world: World, family: Family): Asked {
  const isNatAsked = [...conditionsOf(world, family)].some((condition) =>
    [...leavesOf(condition)].some((leaf) => "field" in leaf && leaf.field === "ctnat"),
  );
  return effectsOf(world, family).flatMap((effect) => valuesOf(effect, isNatAsked));
}
function effectsOf({ ruleset, host }: World, family: Family): Effect[] {
  const rules = ruleset.tables
    .filter((table) => table.family === family)
    .flatMap(({ chains }) => [...chains.values()].flatMap(({ rules }) => rules));
  return rules.flatMap((rule) => {
    const { action } = meaningOf(rule, host);
    return action.kind === "effects" ? action.effects : [];
  });
}
const isOne = (ranges: Ranges): boolean => single({ absent: false, ranges }) !== undefined;
function valuesOf(effect: Effect, isNatAsked: boolean): Asked {
  switch (effect.does) {
    case "if":
      return [...effect.yes, ...effect.no].flatMap((each) => valuesOf(each, isNatAsked));
    case "become":
      return effect.ranges ? [[effect.field, effect.ranges]] : [];
    case "limit mss":
      return effect.most === null ? [] : [["tcpMss", [[0, effect.most + 1]]]];
    case "translate":
      return [
        ...(["source", "destination"] as const).map((field) => [field, effect.addresses ?? []] as const),
        ...(["sourcePort", "destinationPort"] as const).map((field) => [field, effect.ports ?? []] as const),
      ].filter(([, ranges]) => ranges.length > 0 && (isNatAsked || !isOne(ranges)));
    default:
      return [];
  }
}
