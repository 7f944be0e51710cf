/** What a check may ask: the rule-set, the dumps, the host, and whose rules they are. */
import type { Family, Host } from "../facts/index.ts";
import type { Place, Problem } from "../finding.ts";
import {
  bind,
  type Chain,
  isUnconditional,
  type LoadedDump,
  type Rule,
  type Ruleset,
  type Table,
} from "../model/index.ts";
import { type Docker, recognise } from "../owners/index.ts";
import { type NotDecided, type Reach, reachIn, TableProof } from "../proof/index.ts";
import { duplicatesIn } from "./duplicates.ts";

export class Analysis {
  readonly dumps: readonly LoadedDump[];
  readonly host: Host;
  readonly ruleset: Ruleset;
  readonly #docker = new Map<Family, Docker | null>();
  readonly #duplicates = new Map<Chain, ReadonlyMap<number, number>>();
  readonly #reaches = new Map<Family, Reach>();
  readonly #proofs = new Map<Table, TableProof>();

  constructor(dumps: readonly LoadedDump[], host: Host, ruleset: Ruleset) {
    this.dumps = dumps;
    this.host = host;
    this.ruleset = ruleset;
  }

  get tables(): readonly Table[] {
    return this.ruleset.tables;
  }

  docker(family: Family): Docker | null {
    let docker = this.#docker.get(family);
    if (docker === undefined) this.#docker.set(family, (docker = recognise(this.ruleset, family, this.host)));
    return docker;
  }

  /** The rules of a chain that are an earlier one again, and that one, by number. */
  duplicates(chain: Chain): ReadonlyMap<number, number> {
    let own = this.#duplicates.get(chain);
    if (!own) this.#duplicates.set(chain, (own = duplicatesIn(chain, this.host)));
    return own;
  }

  proof(table: Table): TableProof {
    let proof = this.#proofs.get(table);
    if (!proof) this.#proofs.set(table, (proof = new TableProof(table, this.host)));
    return proof;
  }

  /** What gets to the rules of a family's tables. */
  reach(family: Family): Reach {
    let reach = this.#reaches.get(family);
    if (!reach) this.#reaches.set(family, (reach = reachIn(this, family)));
    return reach;
  }

  /** What the proofs that were asked for could not tell. */
  *notDecided(): Generator<NotDecided & { readonly table: Table }, void> {
    for (const [table, { notDecided }] of this.#proofs) for (const each of notDecided) yield { ...each, table };
    for (const { notDecided } of this.#reaches.values()) yield* notDecided;
  }

  /** The filter tables with a DOCKER-USER chain. */
  *userChains(): Generator<{ readonly table: Table; readonly docker: Docker; readonly user: Chain }, void> {
    for (const table of this.tables) {
      const docker = table.name === "filter" ? this.docker(table.family) : null;
      const user = docker && table.chains.get(docker.userChain);
      if (user) yield { table, docker, user };
    }
  }
}

export type Where = Pick<Problem, "place" | "family" | "table" | "chain" | "ruleNumber">;

/** `number` counts from 1. */
export function ruleAt(table: Table, chain: Chain, number: number): Where {
  const rule = chain.rules[number - 1];
  if (!rule) throw new RangeError(`${chain.name} has no rule ${number}`);
  return { place: rule.place, family: table.family, table: table.name, chain: chain.name, ruleNumber: number };
}

/** A chain where it is declared, else where its first rule is; null: nothing in a file shows it. */
export function chainAt(table: Table, chain: Chain): Where | null {
  const place: Place | null | undefined = chain.place ?? chain.rules[0]?.place;
  return place ? { place, family: table.family, table: table.name, chain: chain.name } : null;
}

/** The rule takes every packet: no match but comments. */
export function takesAll(rule: Rule): boolean {
  const bound = bind(rule);
  return isUnconditional({ ...bound, matches: bound.matches.filter(({ name }) => name !== "comment") });
}

/** `1 rule`, `3 rules`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
