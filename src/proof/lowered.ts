/** A table's chains as boxes over its own atoms. */
import type { Effect } from "../extensions/index.ts";
import { all, type Condition, type Field, not } from "../facts/index.ts";
import type { Chain, Meaning, Rule, Table } from "../model/index.ts";
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

/** `meaning` is asked once of each rule. */
export function lower(table: Table, meaning: (rule: Rule) => Meaning): Lowered {
  const asked = new Asked();
  const meanings = new Map<Rule, Meaning>();
  for (const chain of table.chains.values())
    for (const rule of chain.rules) {
      const own = meaning(rule);
      meanings.set(rule, own);
      asked.add(chain, own);
    }
  return new Lowering(table, meanings, asked).lower();
}

/** What the conditions of chains ask. */
class Asked {
  readonly fields = new Set<Field>();
  readonly keys = new Set<string>();
  readonly #chains = new Map<Chain, { fields: Set<Field>; touched: Set<string>; keys: boolean; next: Set<string> }>();

  add(chain: Chain, { condition, action }: Meaning): void {
    let own = this.#chains.get(chain);
    if (!own) this.#chains.set(chain, (own = { fields: new Set(), touched: new Set(), keys: false, next: new Set() }));
    if (action.kind === "jump" || action.kind === "goto") own.next.add(action.chain);
    this.#visit(condition, own);
  }
  #visit(condition: Condition, own: { fields: Set<Field>; touched: Set<string>; keys: boolean }): void {
    if (condition.is === "until") own.touched.add(condition.touched);
    if (condition.is === "all" || condition.is === "any") for (const part of condition.of) this.#visit(part, own);
    else if (condition.is === "not" || condition.is === "until") this.#visit(condition.of, own);
    else if ("field" in condition) {
      own.fields.add(condition.field);
      this.fields.add(condition.field);
    } else if (condition.is === "opaque") {
      own.keys = true;
      this.keys.add(condition.key);
    }
  }

  /** The chains for which it makes a difference what has changed before packets come there. */
  differing(table: Table, changes: Changes): ReadonlySet<Chain> {
    const out = new Set<Chain>();
    for (const chain of table.chains.values()) {
      const before = changes.before(chain);
      const own = this.#chains.get(chain);
      if (!own || !before.any) continue;
      const asks = before.all || [...own.fields].some((field) => before.fields.has(field));
      if (asks || own.keys || [...own.touched].some((name) => before.touched.has(name))) out.add(chain);
    }
    if (out.size === 0) return out;
    const callers = new Map<string, Chain[]>();
    for (const [chain, { next }] of this.#chains) for (const name of next) push(callers, name, chain);
    // a set grows while it is read
    for (const chain of out) for (const caller of callers.get(chain.name) ?? []) out.add(caller);
    return out;
  }
}

class Lowering {
  readonly #table: Table;
  readonly #meanings: Map<Rule, Meaning>;
  readonly #atoms: Atoms;
  readonly #changes: Changes;
  readonly #differing: ReadonlySet<Chain>;
  readonly #store = new BoxStore();
  readonly #everything: readonly number[] = [this.#store.everything];
  readonly #bounded = new Set<Rule>();
  readonly #impossible: readonly Condition[];

  constructor(table: Table, meanings: Map<Rule, Meaning>, asked: Asked) {
    this.#table = table;
    this.#meanings = meanings;
    this.#changes = changesIn(table, (rule) => this.#meaning(rule));
    this.#differing = asked.differing(table, this.#changes);
    this.#impossible = possible(table.family, (field) => asked.fields.has(field));
    const conditions = [...meanings.values()].map(({ condition }) => condition);
    this.#atoms = new Atoms(table.family, [...this.#impossible, ...conditions]);
    for (const key of asked.keys) this.#atoms.opaque(key);
  }
  #meaning(rule: Rule): Meaning {
    return this.#meanings.get(rule) as Meaning;
  }

  lower(): Lowered {
    const chains = [...this.#table.chains.values()];
    const called = new Map<Chain, number>();
    for (const [at, chain] of [...chains].entries()) {
      const differs = this.#differing.has(chain);
      called.set(chain, differs ? chains.length : at);
      if (differs) chains.push(chain);
    }
    const count = this.#table.chains.size;
    const steps = chains.map((chain, at) => this.#chain(chain, at >= count, called));
    const impossible = this.#impossible.flatMap((each) => this.#add(sidesOf(each, this.#atoms, undefined, false).must));
    const sizes = this.#atoms.dimensions.map(({ size }) => size);
    // there are many, and nobody asks for them again
    this.#meanings.clear();
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
    const steps = chain.rules.map((rule, at) => this.#step(rule, changes[at] ?? unchanged, called));
    // the chains that users of ebtables make have policies too
    if (!chain.builtin && (chain.policy === "ACCEPT" || chain.policy === "DROP"))
      steps.push({ may: this.#everything, must: this.#everything, does: "take", chain: -1, action: chain.policy });
    return steps;
  }

  #step(rule: Rule, changed: Changed, called: ReadonlyMap<Chain, number>): Step {
    const meaning = this.#meaning(rule);
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

function push<Key, Item>(lists: Map<Key, Item[]>, key: Key, item: Item): void {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
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
