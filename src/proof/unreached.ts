/** Rules to which no packet that there can be comes and is as they ask, from any hook, in any state. */
import type { Family, Field } from "../facts/index.ts";
import { type Chain, meaningOf, type Rule, type Table } from "../model/index.ts";
import type { World } from "../path/index.ts";
import { NONE, type Node, OverBudget, shareOfSet } from "../space/index.ts";
import { fieldsIn } from "./asks.ts";
import { type Proof, prove } from "./prove.ts";
import type { Decision } from "./reader.ts";
import type { NotDecided } from "./shadowed.ts";
import { asDescribed } from "./view.ts";

/** `number` counts from 1. */
export interface Unreached {
  readonly table: Table;
  readonly chain: Chain;
  readonly number: number;
  readonly rule: Rule;
  /** What becomes of packets that are as it asks, those that take most first; empty: no way leads such packets to it. */
  readonly takers: readonly Decision[];
}
export interface Reach {
  readonly unreached: readonly Unreached[];
  readonly notDecided: readonly (NotDecided & { readonly table: Table })[];
}

/** A lint rule may take a second or so of many. */
const ROOM = { nodes: 1_000_000, steps: 12_000_000 };
const TOO_MANY = "there are too many ways through the rules";
const NO_BRIDGES = "which devices are ports of a bridge is not known";
const MOST_TAKERS = 3;
const OF_BRIDGES: readonly Field[] = ["physdevIn", "physdevOut"];

/** Of one family's tables. Chains that nothing leads to are not looked into, nor rules behind what drops everything there. */
export function reachIn(world: World, family: Family): Reach {
  const tables = world.ruleset.tables.filter((table) => table.family === family);
  const every = tables.flatMap((table) => [...standings(table)]);
  const open = (why: string): Reach => ({
    unreached: [],
    notDecided: every.slice(0, 1).map((each) => ({ ...each, why })),
  });
  let proof: Proof | undefined;
  try {
    [proof] = prove([world], {
      packet: { family, fields: {}, assumed: {} },
      states: "any",
      reachOnly: true,
      room: ROOM,
    });
  } catch (error) {
    if (error instanceof OverBudget) return open(TOO_MANY);
    throw error;
  }
  if (!proof || proof.truncated) return open(TOO_MANY);
  const { matched, entered } = proof;
  const missing = every.filter(({ chain, rule }) => entered.has(chain) && !matched.has(rule));
  const asksBridges = ({ rule }: Standing) =>
    world.host.json.link === undefined && fieldsIn(meaningOf(rule, world.host).condition, OF_BRIDGES);
  return {
    unreached: missing.filter((each) => !asksBridges(each)).map((each) => ({ ...each, takers: takersOf(proof, each) })),
    notDecided: missing.filter(asksBridges).map((each) => ({ ...each, why: NO_BRIDGES })),
  };
}

type Standing = Omit<Unreached, "takers">;
function* standings(table: Table): Generator<Standing, void> {
  for (const chain of table.chains.values())
    for (const [index, rule] of chain.rules.entries()) yield { table, chain, number: index + 1, rule };
}

/** Who ends the packets that are as the rule asks when they come; in other tables only by not letting them go on. */
function takersOf({ sets, all, described, decisions, world }: Proof, { table, rule }: Standing): Decision[] {
  const { bdd } = sets;
  const wanted = bdd.and(all, sets.holds(meaningOf(rule, world.host).condition, asDescribed(described)).may);
  const taken = [...decisions.values()].flatMap((decision): [Decision, Node][] => {
    const { step, outcome, set } = decision;
    if (!step.rule || (outcome === "accept" && step.rules !== table.chains.get(step.chain)?.rules)) return [];
    const own = bdd.and(set, wanted);
    return own === NONE ? [] : [[decision, own]];
  });
  const byRule = new Map(
    taken.map(([decision, own]) => [decision.step.rule, { decision, share: shareOfSet(sets, own) }]),
  );
  return [...byRule.values()]
    .sort((a, b) => b.share - a.share)
    .slice(0, MOST_TAKERS)
    .map(({ decision }) => decision);
}
