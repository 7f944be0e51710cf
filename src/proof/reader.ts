/**
 * Tables read by sets of packets: the same journey as one packet's, and at each rule the set parts into those that it
 * matches and those that it passes over. Sets are of packets as they came; what was done to them since stands beside.
 */
import type { Effect } from "../extensions/index.ts";
import { type Field, isWhole } from "../facts/index.ts";
import { type Chain, dropsOf, type Meaning, meaningOf, type Rule, type Table } from "../model/index.ts";
import {
  fork,
  type Left,
  type Many,
  OUTCOMES,
  type Outcome,
  type Reader,
  type Step,
  type Traveller,
  vanishAt,
  type Walking,
  type Where,
} from "../path/index.ts";
import { NONE, type Node, OverBudget, type Sets } from "../space/index.ts";
import type { Behind } from "./behind.ts";
import { meet } from "./meet.ts";
import { Settled } from "./settled.ts";
import { endOf, type Place, stepOf } from "./step.ts";
import { type Line, type Reading, Targets } from "./targets.ts";
import { Origins } from "./view.ts";

/** Where a table let go of packets, and of which. */
export interface Decision {
  /** Once through the table, by packets that have had the same done to them when they left it. */
  readonly way: string;
  readonly step: Step;
  readonly outcome: Outcome;
  set: Node;
}

interface At extends Place {
  readonly rule: Rule;
  readonly meaning: Meaning;
  readonly depth: number;
  /** Goes on with the next rule. */
  readonly on: Line[];
  /** Goes back to where the chain was called. */
  readonly back: Line[];
}

/** Chains called more often than this, one in another, are not followed: dozens that call each other twice. */
const MOST_CALLS = 200_000;

export class SetReader implements Reader {
  readonly mostPaths = 20_000;
  readonly many: Many = {
    goesOn: (way, before) => this.#settled.goesOn(way, before),
    isAsked: (field) => this.#asked.has(field),
    // where more is asked than what gets where, each way is told by itself
    meet: (ways) => (this.#behind ? meet(ways, this.sets.bdd, this.#origins, this.wayOf) : ways),
  };
  readonly sets: Sets;
  /** What may match each rule, from whatever hook. */
  readonly matched = new Map<Rule, Node>();
  readonly entered = new Set<Chain>();
  readonly decisions = new Map<string, Decision>();
  /** Of the step that stands for a table passed. */
  readonly wayOf = new WeakMap<Step, string>();
  readonly #behind: Behind | null;
  readonly #asked: ReadonlySet<Field>;
  readonly #origins = new Origins();
  readonly #settled: Settled;
  readonly #targets: Targets;
  #calls = 0;
  #readings = 0;

  constructor(sets: Sets, asked: ReadonlySet<Field>, behind: Behind | null = null) {
    this.#behind = behind;
    this.sets = sets;
    this.#asked = asked;
    this.#settled = new Settled(sets, this.#origins);
    this.#targets = new Targets(sets, this.#origins, behind);
  }

  traverse(traveller: Traveller, table: Table, layer: Where["layer"], hook: Where["hook"], world: Walking): Left[] {
    const base = table.chains.get(hook);
    if (!base) return [{ traveller, outcome: "accept" }];
    const reading: Reading = {
      table,
      layer,
      hook,
      base,
      world,
      number: ++this.#readings,
      alike: new Map(),
      left: new Map(),
    };
    const line = this.#targets.line(traveller, traveller.set, reading);
    for (const rest of this.#read(reading, base, [line], 0)) {
      const outcome = base.policy === "DROP" ? "drop" : "accept";
      this.#decide(reading, rest, endOf(base), outcome);
    }
    return [...reading.left.values()].map(({ traveller: each, set, outcome }) => ({
      traveller: { ...each, set },
      outcome,
    }));
  }

  /** Reads a chain; what comes back from it. */
  #read(reading: Reading, chain: Chain, lines: readonly Line[], depth: number): Line[] {
    if (++this.#calls > MOST_CALLS) throw new OverBudget(`more than ${MOST_CALLS} calls of chains`);
    if (lines.length > 0) this.entered.add(chain);
    const back: Line[] = [];
    let open = lines;
    for (const [index, rule] of chain.rules.entries()) {
      if (open.length === 0) break;
      const on: Line[] = [];
      const meaning = meaningOf(rule, reading.world.host);
      for (const line of open) this.#ask(reading, line, { chain, index, rule, meaning, depth, on, back });
      open = on.length > 1 ? this.#merge(on) : on;
    }
    if (chain !== reading.base && reading.layer === "bridge" && chain.policy && chain.policy !== "RETURN") {
      for (const line of open) this.#decide(reading, line, endOf(chain), chain.policy === "DROP" ? "drop" : "accept");
      open = [];
    }
    return this.#merge([...open, ...back]);
  }

  #ask(reading: Reading, line: Line, at: At): void {
    const { bdd } = this.sets;
    let { set } = line;
    if (at.meaning.dropsWhole || !isWhole(line.view.seen)) {
      const drops = this.sets.holds(dropsOf(at.rule, reading.world.host), line.view);
      const dropped = bdd.and(set, drops.may);
      if (dropped !== NONE) this.#decide(reading, { ...line, set: dropped }, at, "lost");
      set = bdd.minus(set, drops.must);
    }
    const { may, must } = this.sets.holds(at.meaning.condition, line.view);
    const matching = bdd.and(set, may);
    if (matching === NONE) {
      if (set !== NONE) at.on.push(set === line.set ? line : { ...line, set });
      return;
    }
    this.matched.set(at.rule, bdd.or(this.matched.get(at.rule) ?? NONE, matching));
    const rest = bdd.minus(set, must);
    if (rest !== NONE) at.on.push({ ...line, set: rest });
    this.#take(reading, { ...line, set: matching }, at);
  }

  #take(reading: Reading, line: Line, at: At): void {
    const { action } = at.meaning;
    if (action.kind === "none") at.on.push(line);
    else if (action.kind === "effects") {
      for (const [set, effects] of this.#targets.ways(action.effects, line))
        this.#run(reading, { ...line, set }, effects, at);
    } else {
      const called = reading.table.chains.get(action.chain);
      if (!called) return this.#anything(reading, line, at);
      if (at.depth >= reading.table.chains.size) return this.#decide(reading, line, at, "undecided");
      const rest = this.#read(reading, called, [line], at.depth + 1);
      (action.kind === "jump" ? at.on : at.back).push(...rest);
    }
  }

  /** A target that nobody here knows may do any of these. */
  #anything(reading: Reading, line: Line, at: At): void {
    this.#decide(reading, line, at, "drop");
    this.#decide(reading, line, at, "accept");
    at.on.push(line);
    at.back.push(line);
  }

  #run(reading: Reading, line: Line, effects: readonly Effect[], at: At): void {
    if (effects.every(({ does }) => LEAVES_ALONE.has(does))) {
      for (const effect of effects) {
        if (effect.does === "return") return void at.back.push(line);
        if (effect.does === "reject") return this.#decide(reading, line, at, "reject");
        if (effect.does === "verdict") return this.#decide(reading, line, at, OUTCOMES[effect.verdict]);
      }
      at.on.push(line);
      return;
    }
    for (const { line: next, outcome } of this.#targets.run(reading, line, effects, at)) {
      if (outcome === null) at.on.push(next);
      else if (outcome === "return") at.back.push(next);
      else this.#decide(reading, next, at, outcome);
    }
  }

  #decide(reading: Reading, line: Line, place: Place, outcome: Outcome): void {
    const { traveller, set, view, done } = outcome === "accept" ? this.#targets.lightened(line, reading) : line;
    const { bdd } = this.sets;
    const { left, number } = reading;
    const step = stepOf(reading, place, view.seen);
    const way = `${number} ${done}`;
    const id = `${way} ${step.id} ${outcome}`;
    const decision = this.decisions.get(id);
    if (decision) decision.set = bdd.or(decision.set, set);
    else this.decisions.set(id, { way, step, outcome, set });
    // whoever goes on is one with those to whom the same was done; whoever ends is told by the rule that ended it
    const key = outcome === "accept" ? way : id;
    const same = left.get(key);
    if (same) {
      same.set = bdd.or(same.set, set);
      return;
    }
    const next = fork(traveller);
    // it leaves no line
    if (outcome === "lost") {
      left.set(key, {
        traveller: vanishAt(next, step.id.replace(/:return:|:policy:/, ":rule:"), view.seen),
        outcome,
        set,
      });
      return;
    }
    const passed = outcome === "accept" ? stepOf(reading, endOf(reading.base), view.seen) : step;
    this.wayOf.set(passed, way);
    next.steps.push(passed);
    left.set(key, { traveller: next, outcome, set });
  }

  #merge(lines: readonly Line[]): Line[] {
    if (lines.length < 2) return [...lines];
    const out = new Map<string, Line>();
    for (const line of lines) {
      const key = line.done;
      const same = out.get(key);
      out.set(key, same ? { ...same, set: this.sets.bdd.or(same.set, line.set) } : line);
    }
    return [...out.values()];
  }
}

/** To trace is no change: no line is kept here. */
const LEAVES_ALONE: ReadonlySet<Effect["does"]> = new Set(["verdict", "return", "continue", "reject", "trace"]);
