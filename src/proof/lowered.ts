/** A table's chains as boxes over its own atoms. */
import type { Effect } from "../extensions/index.ts";
import { all, type Condition, type Field, type Host, leavesOf, not } from "../facts/index.ts";
import { type Chain, type Meaning, meaningOf, type Rule, type Table } from "../model/index.ts";
import {
  Atoms,
  type Box,
  BoxStore,
  type Changed,
  type Does,
  type Program,
  possible,
  type Sides,
  type Step,
  sidesOf,
  Uncut,
  unchanged,
} from "../space/index.ts";
import { type Changes, changesIn } from "./changes.ts";

export interface Lowered {
  readonly program: Program;
  readonly atoms: Atoms;
  /** The chain that each of the program's is: those that packets enter with something changed stand there twice. */
  readonly chains: readonly Chain[];
  /** Rules that take too many boxes, or ask what was not cut. */
  readonly bounded: ReadonlySet<Rule>;
  /** Boxes of the program where the one may hold and the other may not. */
  where(holds: Condition, fails?: Condition): readonly number[];
}

export function lower(table: Table, host: Host): Lowered {
  return new Lowering(table, host).lower();
}

class Lowering {
  readonly #table: Table;
  readonly #host: Host;
  readonly #atoms: Atoms;
  readonly #changes: Changes;
  readonly #store = new BoxStore();
  readonly #everything: readonly number[] = [this.#store.everything];
  readonly #bounded = new Set<Rule>();
  readonly #impossible: readonly Condition[];

  constructor(table: Table, host: Host) {
    this.#table = table;
    this.#host = host;
    this.#changes = changesIn(table, host);
    const asked = new Set<Field>();
    const keys = new Set<string>();
    for (const condition of this.#conditions())
      for (const leaf of leavesOf(condition))
        if ("field" in leaf) asked.add(leaf.field);
        else if (leaf.is === "opaque") keys.add(leaf.key);
    this.#impossible = possible(table.family, (field) => asked.has(field));
    const all = this.#conditions();
    this.#atoms = new Atoms(table.family, chained(this.#impossible, all));
    for (const key of keys) this.#atoms.opaque(key);
  }

  *#conditions(): Generator<Condition, void> {
    for (const { rules } of this.#table.chains.values())
      for (const rule of rules) yield meaningOf(rule, this.#host).condition;
  }

  lower(): Lowered {
    const chains = [...this.#table.chains.values()];
    const called = new Map<Chain, number>();
    for (const [at, chain] of [...chains].entries()) {
      const differs = this.#changes.called(chain) !== this.#changes.entered(chain);
      called.set(chain, differs ? chains.length : at);
      if (differs) chains.push(chain);
    }
    const count = this.#table.chains.size;
    const steps = chains.map((chain, at) => this.#chain(chain, at >= count, called));
    const impossible = this.#impossible.flatMap((each) => this.#add(sidesOf(each, this.#atoms, undefined, false).must));
    const sizes = this.#atoms.dimensions.map(({ size }) => size);
    return {
      program: { sizes, boxes: this.#store, chains: steps, impossible },
      atoms: this.#atoms,
      chains,
      bounded: this.#bounded,
      where: (holds, fails) => {
        const condition = fails ? all(holds, not(fails)) : holds;
        return this.#add(this.#sides(condition, unchanged).may);
      },
    };
  }

  #chain(chain: Chain, isCalled: boolean, called: ReadonlyMap<Chain, number>): Step[] {
    const changes = isCalled ? this.#changes.called(chain) : this.#changes.entered(chain);
    const steps = chain.rules.map((rule, at) => this.#step(rule, changes[at] as Changed, called));
    // the chains that users of ebtables make have policies too
    if (!chain.builtin && (chain.policy === "ACCEPT" || chain.policy === "DROP"))
      steps.push({ may: this.#everything, must: this.#everything, does: "take", chain: -1, action: chain.policy });
    return steps;
  }

  #step(rule: Rule, changed: Changed, called: ReadonlyMap<Chain, number>): Step {
    const meaning = meaningOf(rule, this.#host);
    const { may, must, cut } = this.#sides(meaning.condition, changed);
    if (cut) this.#bounded.add(rule);
    const outside = this.#add(may);
    const inside = may === must ? outside : this.#add(must);
    return { may: outside, must: inside, ...this.#doing(meaning, called) };
  }

  #sides(condition: Condition, changed: Changed): Sides {
    try {
      return sidesOf(condition, this.#atoms, changed);
    } catch (error) {
      if (error instanceof Uncut) return { may: [[]], must: [], cut: true };
      throw error;
    }
  }

  #add(boxes: readonly Box[]): readonly number[] {
    return boxes.map((box) => (box.length === 0 ? this.#store.everything : this.#store.add(box)));
  }

  #doing(
    { action }: Meaning,
    called: ReadonlyMap<Chain, number>,
  ): { readonly does: Does; readonly chain: number; readonly action: string } {
    if (action.kind === "none") return { does: "pass", chain: -1, action: "" };
    if (action.kind === "effects") {
      const does = doesOf(action.effects);
      return { does, chain: -1, action: does === "pass" ? "" : textOf(action.effects) };
    }
    const next = this.#table.chains.get(action.chain);
    if (!next) return { does: "leave", chain: -1, action: "" };
    return {
      does: action.kind === "jump" ? "call" : "goto",
      chain: called.get(next) as number,
      action: `${action.kind} ${action.chain}`,
    };
  }
}

function* chained(...lists: readonly Iterable<Condition>[]): Generator<Condition, void> {
  for (const list of lists) yield* list;
}

/** Alike for targets that do the same. */
const textOf = (effects: readonly Effect[]): string =>
  JSON.stringify(effects, (_, value) => (typeof value === "bigint" ? `${value}n` : value));

/** What a target does with the packet's way, whatever else. */
function doesOf(effects: readonly Effect[]): Does {
  for (const effect of effects) {
    if (effect.does === "verdict" || effect.does === "reject" || effect.does === "translate") return "take";
    if (effect.does === "return") return "return";
    if (effect.does !== "if") continue;
    const [yes, no] = [doesOf(effect.yes), doesOf(effect.no)];
    if (yes !== no) return "leave";
    if (yes !== "pass") return yes;
  }
  return "pass";
}
