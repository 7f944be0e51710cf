/** What is idle in a table: rules that no packet which comes into their chain can match, or that decide nothing. */
import { all, type Condition, type Host } from "../facts/index.ts";
import { bind, type Chain, conditionOf, meaningAnew, type Rule, type Table } from "../model/index.ts";
import { type Answer, type At, type Budget, Cover, type Taker } from "../space/index.ts";
import { type Lowered, lower } from "./lowered.ts";

/** A rule and where it stands; `rule` is null for the policy at a chain's end. `number` counts from 1. */
export interface Standing {
  readonly chain: Chain;
  readonly number: number;
  readonly rule: Rule | null;
}
/** A rule at the end of the jumps that lead to it, from the chain that was asked about. */
export type Path = readonly Standing[];
export interface Idle extends Standing {
  readonly rule: Rule;
  /** `never`: its matches exclude each other; `taken`: rules before it take all; `repeated`: one behind it does the same. */
  readonly is: "never" | "taken" | "repeated";
  /** The rules that take all, or do the same. */
  readonly by: readonly Path[];
  /** They do what the rule would. */
  readonly alike: boolean;
}
export interface NotDecided extends Standing {
  readonly rule: Rule;
  /** What could not be told, and why. */
  readonly why: string;
}

const MATCHES = "whether it can match: there are too many cases to look at";
const ASKS = "whether it can match: it asks for too many things at once";
const REPEATS = "whether a later rule says the same, nor of the rules behind it: there are too many cases to look at";

export class TableProof {
  readonly table: Table;
  readonly #host: Host;
  readonly #lowered: Lowered;
  readonly #cover: Cover;
  readonly notDecided: NotDecided[] = [];
  #dead: readonly Idle[] | null = null;
  #repeated: readonly Idle[] | null = null;

  /** `meaning` is asked once of each rule of the table. */
  constructor(table: Table, host: Host, meaning = (rule: Rule) => meaningAnew(rule, host), budget?: Budget) {
    this.table = table;
    this.#host = host;
    this.#lowered = lower(table, meaning);
    this.#cover = new Cover(this.#lowered.program, budget);
  }

  /** Rules that no packet can match, whatever comes into their chain. */
  dead(): readonly Idle[] {
    this.#dead ??= [...this.#each()].flatMap(([at, index, standing]): Idle[] => {
      const answer = this.#cover.reach(at, index);
      if (answer.is !== "dead") {
        const why = this.#lowered.bounded.has(standing.rule) ? ASKS : answer.is === "not decided" ? MATCHES : null;
        if (why !== null) this.notDecided.push({ ...standing, why });
        return [];
      }
      const by = answer.takers.map((taker) => this.#path(taker));
      const alike = answer.takers.every((taker) => this.#doesSame(taker, at, index));
      return [{ ...standing, is: by.length === 0 ? "never" : "taken", by, alike }];
    });
    return this.#dead;
  }

  /** Rules whose packets would meet the same, were it not for them, at a later rule of their chain. */
  repeated(): readonly Idle[] {
    this.#repeated ??= this.#findRepeated();
    return this.#repeated;
  }
  #findRepeated(): readonly Idle[] {
    const dead = new Set(this.dead().map(({ rule }) => rule));
    const out: Idle[] = [];
    for (const [at, index, standing] of this.#each()) {
      const step = this.#lowered.program.chains[at]?.[index];
      if (step?.does !== "take" || dead.has(standing.rule)) continue;
      const answer = this.#cover.decides(at, index);
      if (answer.is === "not decided") {
        this.notDecided.push({ ...standing, why: REPEATS });
        break;
      }
      if (answer.is === "reached") continue;
      const later = answer.takers.filter((taker) => taker.length === 1 && (taker[0] as At).rule > index);
      out.push({ ...standing, is: "repeated", by: later.map((taker) => this.#path(taker)), alike: true });
    }
    return out;
  }

  /** Which matches of a rule restrict nothing that the others of it let through. */
  idleMatches(rule: Rule): readonly number[] {
    const conditions = this.#conditions(rule);
    return conditions.flatMap((condition, at) => {
      if (condition.is === "all" && condition.of.length === 0) return [];
      const others = conditions.filter((_, other) => other !== at);
      return this.#possible(all(...others), condition).is === "dead" ? [at] : [];
    });
  }

  /** The fewest of a rule's matches that no packet has all of; all, where it is not they that exclude each other. */
  contradiction(rule: Rule): readonly number[] {
    const conditions = this.#conditions(rule);
    let kept = conditions.map((_, at) => at);
    for (const at of [...kept].reverse()) {
      const fewer = kept.filter((other) => other !== at);
      if (this.#possible(all(...fewer.map((other) => conditions[other] as Condition))).is === "dead") kept = fewer;
    }
    return kept;
  }

  #conditions(rule: Rule): readonly Condition[] {
    return bind(rule).matches.map((match) => conditionOf(match, rule, this.#host));
  }
  #possible(holds: Condition, fails?: Condition): Answer {
    return this.#cover.isPossible(this.#lowered.where(holds, fails));
  }

  *#each(): Generator<readonly [chain: number, index: number, standing: Standing & { readonly rule: Rule }], void> {
    for (const [at, chain] of [...this.table.chains.values()].entries())
      for (const [index, rule] of chain.rules.entries()) yield [at, index, { chain, number: index + 1, rule }];
  }

  #path(taker: Taker): Path {
    return taker.map((at) => {
      const chain = this.#lowered.chains[at.chain] as Chain;
      return { chain, number: at.rule + 1, rule: chain.rules[at.rule] ?? null };
    });
  }
  #doesSame(taker: Taker, chain: number, index: number): boolean {
    const { chains } = this.#lowered.program;
    const own = chains[chain]?.[index];
    const [at] = taker;
    const other = at && taker.length === 1 ? chains[at.chain]?.[at.rule] : undefined;
    return own?.does === "take" && other?.does === "take" && other.action === own.action;
  }
}
