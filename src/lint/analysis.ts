/** What a check may ask: the rule-set, the dumps, the host, and whose rules they are. */
import { type Family, Host } from "../facts/index.ts";
import type { Place, Problem } from "../finding.ts";
import {
  bind,
  type Chain,
  isUnconditional,
  type LoadedDump,
  meaningAnew,
  type Rule,
  type Ruleset,
  type Table,
} from "../model/index.ts";
import { type Docker, recognise } from "../owners/index.ts";
import { type NotDecided, type Reach, reachIn, TableProof } from "../proof/index.ts";
import { canonical, duplicatesIn } from "./duplicates.ts";

/** What is asked of every rule: to bind one anew for each check would take most of the time. */
export interface Looked {
  /** Alike for rules that ask and do the same. */
  readonly text: string;
  /** The name that `-j` or `-g` is given; null: neither. */
  readonly target: string | null;
  readonly isGoto: boolean;
  /** Something of it could not be read. */
  readonly isWrong: boolean;
}
interface Learned {
  readonly rules: ReadonlyMap<Rule, Looked>;
  readonly proof: TableProof;
}

const NO_HOST = new Host();

export class Analysis {
  readonly dumps: readonly LoadedDump[];
  readonly host: Host;
  readonly ruleset: Ruleset;
  readonly #docker = new Map<Family, Docker | null>();
  readonly #duplicates = new Map<Chain, ReadonlyMap<number, number>>();
  readonly #tables = new Map<Table, Learned>();
  readonly #reaches = new Map<Family, Reach>();

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

  /** Every rule of a table is bound once, for all that is asked of it. */
  #learned(table: Table): Learned {
    let learned = this.#tables.get(table);
    if (!learned) {
      const rules = new Map<Rule, Looked>();
      const proof = new TableProof(table, this.host, (rule) => {
        rules.set(rule, look(rule));
        return meaningAnew(rule, this.host);
      });
      this.#tables.set(table, (learned = { rules, proof }));
    }
    return learned;
  }

  /** Of a rule that stands in the table. */
  look(table: Table, rule: Rule): Looked {
    return this.#learned(table).rules.get(rule) ?? look(rule);
  }

  proof(table: Table): TableProof {
    return this.#learned(table).proof;
  }

  /** The rules of a chain that are an earlier one again, and that one, by number. */
  duplicates(table: Table, chain: Chain): ReadonlyMap<number, number> {
    let own = this.#duplicates.get(chain);
    if (!own) this.#duplicates.set(chain, (own = duplicatesIn(chain, this.host, (rule) => this.look(table, rule))));
    return own;
  }

  /** What gets to the rules of a family's tables, whatever devices and routes there are: those change while rules stay. */
  reach(family: Family): Reach {
    let reach = this.#reaches.get(family);
    if (!reach) this.#reaches.set(family, (reach = reachIn({ ruleset: this.ruleset, host: NO_HOST }, family)));
    return reach;
  }

  /** What the proofs that were asked for could not tell. */
  *notDecided(): Generator<NotDecided & { readonly table: Table }, void> {
    for (const [table, { proof }] of this.#tables) for (const each of proof.notDecided) yield { ...each, table };
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

function look(rule: Rule): Looked {
  const { target, problems } = bind(rule);
  return {
    text: canonical(rule),
    target: target?.name ?? null,
    isGoto: target?.how === "goto",
    isWrong: problems.length > 0,
  };
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
