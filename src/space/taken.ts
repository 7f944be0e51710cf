/**
 * Around a point, a region in which every packet surely leaves the chain, and the rules that take it; null where this
 * packet may stay. A rule that only may match takes nothing and releases everything.
 */
import { BoxIndex } from "./index-of-boxes.ts";
import type { Cell, Program, Step } from "./program.ts";

/** A rule by its chain and its number there, from 0. */
export interface At {
  readonly chain: number;
  readonly rule: number;
}
/** A rule that takes packets, at the end of the jumps that lead to it. */
export type Taker = readonly At[];
export interface Region {
  readonly cell: Cell;
  readonly takers: readonly Taker[];
}

/** Chains that call chains are followed so far. */
const MOST_DEEP = 256;

/** More work than was allowed. */
export class OutOfBudget extends Error {}

export class Takers {
  readonly #program: Program;
  readonly #indices = new Map<number, BoxIndex>();
  readonly #every = new Map<number, BoxIndex>();
  /** Chains that take no packet: nobody has to look into them. */
  readonly #idle: readonly boolean[];
  /** Boxes that may still be looked at. */
  budget = 0;
  /** What each chain does at the point that is asked about now. */
  #inside = new Map<number, Region | null>();
  readonly #open = new Set<number>();

  constructor(program: Program) {
    this.#program = program;
    this.#idle = idleChains(program);
  }

  /** Of the chain in which it is asked whether a packet gets to rule `limit`: all that leads out of it takes (of `only` these). */
  above(chain: number, limit: number, point: Int32Array, cell: Cell, only?: ReadonlySet<number>): Region | null {
    const { boxes } = this.#program;
    const steps = this.#program.chains[chain] as readonly Step[];
    this.#inside = new Map();
    let [best, most, by] = [-1, 0, 0];
    const calls: [box: number, rule: number][] = [];
    this.#find(chain, point, limit, (box, rule) => {
      const step = steps[rule] as Step;
      if (step.does === "leave" || !isSure(step, box) || only?.has(rule) === false) return false;
      if (step.does === "call") {
        calls.push([box, rule]);
        return false;
      }
      const share = boxes.share(box, cell);
      if (share > most) [best, most, by] = [box, share, rule];
      return most === 1;
    });
    if (best >= 0) {
      const part = cell.slice();
      boxes.clip(best, part);
      return { cell: part, takers: [[{ chain, rule: by }]] };
    }
    this.#open.add(chain);
    const taken = calls.map(([box, rule]) => this.#call(box, { chain, rule }, point, cell)).find((each) => each);
    this.#open.delete(chain);
    return taken ?? null;
  }

  #call(box: number, at: At, point: Int32Array, cell: Cell): Region | null {
    const { chain } = (this.#program.chains[at.chain] as readonly Step[])[at.rule] as Step;
    const inner = this.#within(chain, point, cell);
    if (!inner) return null;
    const part = inner.cell.slice();
    this.#program.boxes.clip(box, part);
    return { cell: part, takers: inner.takers.map((taker) => [at, ...taker]) };
  }

  /** Of a chain that is called: no packet of the region comes back. */
  #within(chain: number, point: Int32Array, cell: Cell): Region | null {
    const known = this.#inside.get(chain);
    if (known !== undefined) return known;
    // a chain that calls itself is loaded by no kernel; so deep ones let all go, as far as is known here
    if (this.#idle[chain] || this.#open.has(chain) || this.#open.size > MOST_DEEP) return null;
    this.#open.add(chain);
    const region = this.#follow(chain, point, cell);
    this.#open.delete(chain);
    this.#inside.set(chain, region);
    return region;
  }

  #follow(chain: number, point: Int32Array, cell: Cell): Region | null {
    const { boxes } = this.#program;
    const steps = this.#program.chains[chain] as readonly Step[];
    const met: [box: number, rule: number][] = [];
    this.#find(chain, point, steps.length, (box, rule) => {
      met.push([box, rule]);
      return false;
    });
    met.sort((a, b) => a[1] - b[1]);
    const part = cell.slice();
    const takers: Taker[] = [];
    const passed = new Set<number>();
    for (const [box, rule] of met) {
      const step = steps[rule] as Step;
      const sure = isSure(step, box);
      if (step.does === "return" || step.does === "leave") return null;
      if (step.does === "take") {
        if (!sure) continue;
        boxes.clip(box, part);
        takers.push([{ chain, rule }]);
        return this.#kept(chain, rule, point, part, takers, passed);
      }
      const inner = this.#within(step.chain, point, cell);
      if (!inner && step.does === "goto") return null;
      if (!inner || (!sure && step.does === "call")) continue;
      // those that match it are taken in there; those that do not, further on
      narrow(part, inner.cell);
      takers.push(...inner.takers.map((taker) => [{ chain, rule }, ...taker]));
      passed.add(rule);
      if (!sure) continue;
      boxes.clip(box, part);
      return this.#kept(chain, rule, point, part, takers, passed);
    }
    return null;
  }

  /** Without what an earlier rule of the chain might let go. */
  #kept(
    chain: number,
    end: number,
    point: Int32Array,
    cell: Cell,
    takers: readonly Taker[],
    passed: ReadonlySet<number>,
  ): Region {
    const { boxes, chains } = this.#program;
    const steps = chains[chain] as readonly Step[];
    for (const rule of this.#releasers(chain)) {
      if (rule >= end) break;
      if (passed.has(rule)) continue;
      for (const box of (steps[rule] as Step).may) {
        this.spend(1);
        if (boxes.share(box, cell) > 0) boxes.cutAway(box, cell, point);
      }
    }
    return { cell, takers };
  }

  readonly #releasing = new Map<number, readonly number[]>();
  /** The rules of a chain that may send a packet back to where it was called. */
  #releasers(chain: number): readonly number[] {
    let own = this.#releasing.get(chain);
    if (!own) {
      const steps = [...(this.#program.chains[chain] as readonly Step[]).entries()];
      own = steps.filter(([, { does }]) => ["return", "goto", "leave"].includes(does)).map(([rule]) => rule);
      this.#releasing.set(chain, own);
    }
    return own;
  }

  /** All boxes of the chain's rules before `limit` that hold the point, except of those that take nothing. */
  #find(chain: number, point: Int32Array, limit: number, visit: (box: number, rule: number) => boolean): void {
    const index = this.#indexOf(chain);
    const before = index.looks;
    index.find(point, limit, visit);
    this.spend(index.looks - before);
  }
  #indexOf(chain: number): BoxIndex {
    let index = this.#indices.get(chain);
    if (!index) this.#indices.set(chain, (index = indexOf(this.#program, chain, (step) => this.#acts(step))));
    return index;
  }
  #acts({ does, chain }: Step): boolean {
    return does !== "pass" && !(does === "call" && this.#idle[chain]);
  }

  /** All rules of the chain by their boxes, those too that take nothing. */
  everyRule(chain: number): BoxIndex {
    let index = this.#every.get(chain);
    if (!index) {
      const steps = this.#program.chains[chain] as readonly Step[];
      const acts = steps.every((step) => this.#acts(step));
      this.#every.set(chain, (index = acts ? this.#indexOf(chain) : indexOf(this.#program, chain, () => true)));
    }
    return index;
  }

  spend(work: number): void {
    this.budget -= work;
    if (this.budget < 0) throw new OutOfBudget();
  }
}

/** The boxes of a chain's rules, of those that are wanted. */
function indexOf({ boxes, sizes, chains }: Program, chain: number, wanted: (step: Step) => boolean): BoxIndex {
  const entries: number[] = [];
  for (const [rule, step] of (chains[chain] as readonly Step[]).entries()) {
    if (!wanted(step)) continue;
    const { may, must } = step;
    for (const box of may) entries.push(box, rule);
    if (must !== may) for (const box of must) entries.push(box, rule);
  }
  return new BoxIndex(boxes, sizes, entries);
}

export const isSure = ({ may, must }: Step, box: number): boolean => may === must || must.includes(box);

function narrow(cell: Cell, other: Cell): void {
  const size = cell.length >> 1;
  for (let i = 0; i < size; i++) {
    cell[i] = Math.max(cell[i] as number, other[i] as number);
    cell[size + i] = Math.min(cell[size + i] as number, other[size + i] as number);
  }
}

/** Chains in which no rule takes, nor any chain that they lead to. */
function idleChains({ chains }: Program): boolean[] {
  const callers = chains.map((): number[] => []);
  for (const [chain, steps] of chains.entries())
    for (const { does, chain: next } of steps) if (does === "call" || does === "goto") callers[next]?.push(chain);
  const takes = chains.map((steps) => steps.some(({ does }) => does === "take"));
  const open = [...chains.keys()].filter((chain) => takes[chain]);
  for (let chain = open.pop(); chain !== undefined; chain = open.pop())
    for (const caller of callers[chain] ?? []) {
      if (!takes[caller]) open.push(caller);
      takes[caller] = true;
    }
  return takes.map((is) => !is);
}
