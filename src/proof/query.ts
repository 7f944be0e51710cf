/** Which packets reach a verdict, or a rule. */
import type { Packet } from "../facts/index.ts";
import type { Rule, Table } from "../model/index.ts";
import type { Path, Step, Verdict, World } from "../path/index.ts";
import { NONE, type Node, shareOfSet } from "../space/index.ts";
import { type Cube, cubesOf, witnessOf } from "./cubes.ts";
import { fatesIn } from "./fates.ts";
import { asTheyCame, heardOf, type Proof, prove } from "./prove.ts";

/** A rule by TRACE's name for it. */
export interface RuleName {
  readonly layer: Step["layer"];
  readonly table: string;
  readonly chain: string;
  /** Counts from 1; one more than there are rules is the end of the chain. */
  readonly number: number;
}
export type Asked = { readonly verdict: Verdict } | { readonly rule: RuleName };

/** A rule that decides for packets of the set, and for how many of all, each field's values counted alike. */
export interface Carrier {
  readonly id: string;
  readonly rule: Rule | null;
  readonly share: number;
}
export interface QueryAnswer {
  readonly asked: Asked;
  readonly isEmpty: boolean;
  readonly cubes: readonly Cube[];
  readonly more: boolean;
  readonly witness: Packet | null;
  readonly carriers: readonly Carrier[];
  /** Not every way was followed: what is not listed is not proven not to be there. */
  readonly truncated: boolean;
}

/** `filter:FORWARD:rule:5`, `eb:filter:INPUT:rule:1`; null where it is none. */
export function readRuleName(text: string): RuleName | null {
  const [, bridge, table, chain, number] = /^(eb:)?([^:]+):(.+):(?:rule|return|policy):(\d{1,9})$/.exec(text) ?? [];
  if (!table || !chain || !number || Number(number) === 0) return null;
  return { layer: bridge ? "bridge" : "ip", table, chain, number: Number(number) };
}

/** The tables that a name is about: of legacy and nft both, where both have such a table. */
export const tablesNamed = ({ ruleset }: World, { layer, table, chain }: RuleName, family: Packet["family"]): Table[] =>
  ruleset.tables.filter(
    (each) => each.family === (layer === "bridge" ? "bridge" : family) && each.name === table && each.chains.has(chain),
  );

const MOST_CUBES = 6;
const VERDICTS: readonly Verdict[] = ["ACCEPT", "DROP", "REJECT", "QUEUE", "STOLEN", "LOST", "UNDECIDED"];

/** Without a question: every verdict that some packet gets. */
export function query(world: World, packet: Packet, asked: Asked | null): readonly QueryAnswer[] {
  const [proof] = prove([world], { packet });
  if (!proof) return [];
  if (asked) return ["verdict" in asked ? ofVerdict(proof, asked.verdict) : ofRule(proof, asked.rule)];
  return VERDICTS.map((verdict) => ofVerdict(proof, verdict)).filter(({ isEmpty }) => !isEmpty);
}

function ofVerdict(proof: Proof, verdict: Verdict): QueryAnswer {
  const set = unionOf(
    proof,
    proof.ends.filter((end) => end.verdict === verdict),
  );
  const fates = fatesIn(proof, set).filter(({ end }) => end.verdict === verdict);
  const carriers = new Map<string, { rule: Rule | null; set: Node }>();
  for (const { decidedBy, decision, set: own } of fates) {
    if (decidedBy === null) continue;
    const old = carriers.get(decidedBy)?.set ?? NONE;
    carriers.set(decidedBy, { rule: decision?.step.rule ?? null, set: proof.sets.bdd.or(old, own) });
  }
  return answer(proof, { verdict }, set, carriers, (path) => path.verdict === verdict);
}

function ofRule(proof: Proof, name: RuleName): QueryAnswer {
  const { world, described, matched, decisions, sets } = proof;
  const tables = tablesNamed(world, name, described.family);
  const rules = tables.flatMap((table) => table.chains.get(name.chain)?.rules[name.number - 1] ?? []);
  const isHere = (step: Pick<Step, "layer" | "table" | "chain" | "number">) =>
    step.layer === name.layer && step.table === name.table && step.chain === name.chain && step.number === name.number;
  const ends = [...decisions.values()].filter(({ step }) => isHere(step));
  const set = [...rules.map((rule) => matched.get(rule) ?? NONE), ...ends.map((each) => each.set)].reduce(
    (sum, own) => sets.bdd.or(sum, own),
    NONE,
  );
  const confirms = (path: Path): boolean => path.steps.some(isHere) || path.branches.some(confirms);
  return answer(proof, { rule: name }, set, new Map(), confirms);
}

const unionOf = ({ sets: { bdd } }: Proof, parts: readonly { readonly set: Node }[]): Node =>
  parts.reduce((sum, { set }) => bdd.or(sum, set), NONE);

function answer(
  proof: Proof,
  asked: Asked,
  all: Node,
  carriers: ReadonlyMap<string, { readonly rule: Rule | null; readonly set: Node }>,
  confirms: (path: Path) => boolean,
): QueryAnswer {
  const { sets } = proof;
  const isLost = "verdict" in asked && asked.verdict === "LOST";
  const set = asTheyCame(proof, all);
  const found = [...carriers].map(([id, { rule, set: own }]) => {
    return { id, rule, share: shareOfSet(sets, asTheyCame(proof, own)) };
  });
  return {
    asked,
    isEmpty: set === NONE,
    ...cubesOf(proof, set, MOST_CUBES, isLost ? proof.all : heardOf(proof)),
    witness: set === NONE ? null : witnessOf(proof, set, confirms),
    carriers: found.sort((a, b) => b.share - a.share || (a.id < b.id ? -1 : 1)),
    truncated: proof.truncated,
  };
}
