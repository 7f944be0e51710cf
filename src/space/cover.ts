/**
 * Whether a packet that enters a chain gets to a rule of it and matches. Witness first: the low corner of a cell is a packet,
 * which is looked at as such; if it does not get there, neither does a region around it, and what is left of the
 * cell is split. Exact: each answer is a packet, or rules that together take all.
 */

import { Later } from "./later.ts";
import type { Cell, Program, Step } from "./program.ts";
import { wholeCell } from "./program.ts";
import { OutOfBudget, type Region, type Taker, Takers } from "./taken.ts";

export type Answer =
  /** One code a dimension. */
  | { readonly is: "reached"; readonly point: Int32Array }
  /** No packet gets there; no takers: none matches at all. */
  | { readonly is: "dead"; readonly takers: readonly Taker[] }
  | { readonly is: "not decided" };

export interface Budget {
  /** Boxes looked at for one question, for all about what gets to a rule, and for all about what comes behind one. */
  readonly each: number;
  readonly all: number;
  readonly later: number;
}
export const BUDGET: Budget = { each: 4_000_000, all: 400_000_000, later: 25_000_000 };

/** Of more rules than these it is not asked which are needed. */
const MOST_EXPLAINED = 12;

/** Around a point of a cell, where nothing is to be found; or a packet that was looked for. */
type Probe = (point: Int32Array, cell: Cell) => Region | Int32Array;

export class Cover {
  readonly #program: Program;
  readonly #takers: Takers;
  readonly #later: Later;
  readonly #whole: Cell;
  readonly #budget: Budget;
  readonly #left: { all: number; later: number };

  constructor(program: Program, budget: Budget = BUDGET) {
    this.#program = program;
    this.#takers = new Takers(program);
    this.#later = new Later(program, this.#takers, (cell) => this.#packetOf(cell));
    this.#whole = wholeCell(program.sizes);
    this.#budget = budget;
    this.#left = { all: budget.all, later: budget.later };
  }

  reach(chain: number, rule: number): Answer {
    const { may } = (this.#program.chains[chain] as readonly Step[])[rule] as Step;
    let answer = this.#ask("all", may, (point, cell) => this.#takers.above(chain, rule, point, cell) ?? point);
    if (answer.is !== "dead" || answer.takers.length < 2) return answer;
    let named = rulesOf(answer.takers);
    if (named.size > MOST_EXPLAINED) return answer;
    // a rule that the others make up for is not named
    for (const each of [...named]) {
      if (!named.has(each)) continue;
      const others = new Set([...named].filter((other) => other !== each));
      const fewer = this.#ask(
        "all",
        may,
        (point, cell) => this.#takers.above(chain, rule, point, cell, others) ?? point,
      );
      if (fewer.is === "dead") [answer, named] = [fewer, rulesOf(fewer.takers)];
    }
    return answer;
  }

  /** A packet that the rule takes and that would meet something else in its chain without it, or the rules that do the same. */
  decides(chain: number, rule: number): Answer {
    const { may } = (this.#program.chains[chain] as readonly Step[])[rule] as Step;
    return this.#ask("later", may, (point, cell) => this.#later.around(chain, rule, point, cell));
  }

  /** Whether any packet lies in one of the boxes. */
  isPossible(boxes: readonly number[]): Answer {
    return this.#ask("all", boxes, (point) => point);
  }

  #ask(pot: "all" | "later", boxes: readonly number[], probe: Probe): Answer {
    if (this.#left[pot] <= 0) return { is: "not decided" };
    const budget = Math.min(this.#budget.each, this.#left[pot]);
    this.#takers.budget = budget;
    try {
      return this.#search(boxes, probe);
    } catch (error) {
      if (error instanceof OutOfBudget) return { is: "not decided" };
      throw error;
    } finally {
      this.#left[pot] -= budget - Math.max(0, this.#takers.budget);
    }
  }

  #search(boxes: readonly number[], probe: Probe): Answer {
    const { boxes: store } = this.#program;
    const cells: Cell[] = [];
    for (const box of boxes) {
      const cell = this.#whole.slice();
      if (store.clip(box, cell)) cells.push(cell);
    }
    const takers = new Map<string, Taker>();
    for (let cell = cells.pop(); cell; cell = cells.pop()) {
      this.#takers.spend(1);
      if (!this.#narrowed(cell)) continue;
      const point = cornerOf(cell);
      const found = this.#impossible(point, cell) ?? probe(point, cell);
      if (found instanceof Int32Array) return { is: "reached", point: found };
      for (const taker of found.takers) takers.set(keyOf(taker), taker);
      cells.push(...minus(cell, found.cell));
    }
    return { is: "dead", takers: [...takers.values()] };
  }

  /** Without the sides where no packet can be; false: nothing is left. */
  #narrowed(cell: Cell): boolean {
    const { boxes, impossible } = this.#program;
    for (let at = 0, same = 0; same < impossible.length; at = (at + 1) % impossible.length) {
      this.#takers.spend(1);
      const change = boxes.tighten(impossible[at] as number, cell);
      if (change === "gone") return false;
      same = change === "cut" ? 0 : same + 1;
    }
    return true;
  }

  #packetOf(cell: Cell): Int32Array | null {
    if (!this.#narrowed(cell)) return null;
    const point = cornerOf(cell);
    return this.#impossible(point, cell) ? null : point;
  }

  #impossible(point: Int32Array, cell: Cell): Region | null {
    const { boxes, impossible } = this.#program;
    const box = impossible.find((each) => boxes.has(each, point));
    if (box === undefined) return null;
    const part = cell.slice();
    boxes.clip(box, part);
    return { cell: part, takers: [] };
  }
}

/** The rules of the chain that was asked about, by which the takers are reached. */
const rulesOf = (takers: readonly Taker[]): ReadonlySet<number> =>
  new Set(takers.flatMap(([first]) => (first ? [first.rule] : [])));
const cornerOf = (cell: Cell): Int32Array => cell.slice(0, cell.length >> 1);
const keyOf = (taker: Taker): string => taker.map(({ chain, rule }) => `${chain}:${rule}`).join();

/** What is left of the cell without a part of it, as cells: the largest last. */
function minus(cell: Cell, part: Cell): Cell[] {
  const size = cell.length >> 1;
  const sides: [outside: number, dimension: number][] = [];
  for (let i = 0; i < size; i++) {
    const [low, high] = [cell[i] as number, cell[size + i] as number];
    const inside = (part[size + i] as number) - (part[i] as number);
    if (inside < high - low) sides.push([(high - low - inside) / (high - low), i]);
  }
  sides.sort((a, b) => b[0] - a[0]);
  const rest = cell.slice();
  const out: Cell[] = [];
  for (const [, i] of sides) {
    for (const [edge, begins] of [
      [part[i] as number, false],
      [part[size + i] as number, true],
    ] as const) {
      const [low, high] = [rest[i] as number, rest[size + i] as number];
      if (begins ? edge >= high : edge <= low) continue;
      const piece = rest.slice();
      piece[begins ? i : size + i] = edge;
      rest[begins ? size + i : i] = edge;
      out.push(piece);
    }
  }
  return out.reverse();
}
