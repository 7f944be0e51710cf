/** Chains of rules as boxes: all that the cover has to know of a rule-set. */
import type { Box } from "./boxes.ts";

/** `leave`: may do any of these, and nobody knows which. */
export type Does = "pass" | "take" | "return" | "call" | "goto" | "leave";

export interface Step {
  /** Boxes of the store: outside of these the rule does not match. */
  readonly may: readonly number[];
  /** Inside of these it does; the same array where the two are alike. */
  readonly must: readonly number[];
  readonly does: Does;
  /** Where it calls or goes to. */
  readonly chain: number;
  /** Alike for rules that do the same to every packet; empty for one like which there is no other. */
  readonly action: string;
}

export interface Program {
  /** How many codes each dimension has. */
  readonly sizes: readonly number[];
  readonly boxes: BoxStore;
  readonly chains: readonly (readonly Step[])[];
  /** Where no packet can be. */
  readonly impossible: readonly number[];
}

/** A cell: the first half of the array says where it begins in each dimension, the second where it ends (exclusive). */
export type Cell = Int32Array;

/** Boxes by number, in one array: there may be as many as a rule-set has rules, and more. */
export class BoxStore {
  #spans = new Int32Array(1 << 10);
  #starts = new Int32Array(1 << 8);
  #count = 0;
  readonly everything: number;

  constructor() {
    this.everything = this.add([]);
  }

  add(box: Box): number {
    const at = this.#count++;
    if (at + 2 > this.#starts.length) this.#starts = doubled(this.#starts, at + 2);
    const from = this.#starts[at] as number;
    if (from + box.length > this.#spans.length) this.#spans = doubled(this.#spans, from + box.length);
    this.#spans.set(box, from);
    this.#starts[at + 1] = from + box.length;
    return at;
  }
  box(at: number): Box {
    return [...this.#spans.subarray(this.#starts[at], this.#starts[at + 1])];
  }

  has(at: number, point: Int32Array): boolean {
    const spans = this.#spans;
    const end = this.#starts[at + 1] as number;
    for (let i = this.#starts[at] as number; i < end; i += 3) {
      const code = point[spans[i] as number] as number;
      if (code < (spans[i + 1] as number) || code >= (spans[i + 2] as number)) return false;
    }
    return true;
  }

  /** How much of the cell lies in the box: 1, all of it; 0, nothing. */
  share(at: number, cell: Cell): number {
    const spans = this.#spans;
    const size = cell.length >> 1;
    const end = this.#starts[at + 1] as number;
    let share = 1;
    for (let i = this.#starts[at] as number; i < end; i += 3) {
      const dimension = spans[i] as number;
      const [low, high] = [cell[dimension] as number, cell[size + dimension] as number];
      const from = Math.max(low, spans[i + 1] as number);
      const to = Math.min(high, spans[i + 2] as number);
      if (from >= to) return 0;
      share *= (to - from) / (high - low);
    }
    return share;
  }

  /** Leaves of the cell what lies in the box; false: nothing does. */
  clip(at: number, cell: Cell): boolean {
    const spans = this.#spans;
    const size = cell.length >> 1;
    const end = this.#starts[at + 1] as number;
    for (let i = this.#starts[at] as number; i < end; i += 3) {
      const dimension = spans[i] as number;
      const from = Math.max(cell[dimension] as number, spans[i + 1] as number);
      const to = Math.min(cell[size + dimension] as number, spans[i + 2] as number);
      if (from >= to) return false;
      cell[dimension] = from;
      cell[size + dimension] = to;
    }
    return true;
  }

  /** Leaves of the cell a part with the point in it and nothing of the box, which the point is not in: the largest such. */
  cutAway(at: number, cell: Cell, point: Int32Array): void {
    const spans = this.#spans;
    const size = cell.length >> 1;
    const end = this.#starts[at + 1] as number;
    let [best, side, edge, left] = [-1, 0, 0, 0];
    for (let i = this.#starts[at] as number; i < end; i += 3) {
      const dimension = spans[i] as number;
      const [from, to, code] = [spans[i + 1] as number, spans[i + 2] as number, point[dimension] as number];
      const [low, high] = [cell[dimension] as number, cell[size + dimension] as number];
      const share = code < from ? (from - low) / (high - low) : code >= to ? (high - to) / (high - low) : 0;
      if (share > left) [best, side, edge, left] = [dimension, code < from ? size : 0, code < from ? from : to, share];
    }
    cell[side + best] = edge;
  }

  /** What is left of the cell without the box, where that is one cell again: the box holds all of it but on one side. */
  tighten(at: number, cell: Cell): "same" | "cut" | "gone" {
    const spans = this.#spans;
    const size = cell.length >> 1;
    const end = this.#starts[at + 1] as number;
    let open = -1;
    for (let i = this.#starts[at] as number; i < end; i += 3) {
      const dimension = spans[i] as number;
      const [from, to] = [spans[i + 1] as number, spans[i + 2] as number];
      const [low, high] = [cell[dimension] as number, cell[size + dimension] as number];
      if (from >= high || to <= low) return "same";
      if (from <= low && to >= high) continue;
      if (open >= 0 || (from > low && to < high)) return "same";
      open = i;
    }
    if (open < 0) return "gone";
    const dimension = spans[open] as number;
    if ((spans[open + 1] as number) <= (cell[dimension] as number)) cell[dimension] = spans[open + 2] as number;
    else cell[size + dimension] = spans[open + 1] as number;
    return "cut";
  }

  /** The spans of a box, one after the other. */
  each(at: number, visit: (dimension: number, from: number, to: number) => void): void {
    const end = this.#starts[at + 1] as number;
    for (let i = this.#starts[at] as number; i < end; i += 3)
      visit(this.#spans[i] as number, this.#spans[i + 1] as number, this.#spans[i + 2] as number);
  }
}

function doubled(array: Int32Array, least: number): Int32Array<ArrayBuffer> {
  const next = new Int32Array(Math.max(array.length * 2, least));
  next.set(array);
  return next;
}

export const wholeCell = (sizes: readonly number[]): Cell => Int32Array.from([...sizes.map(() => 0), ...sizes]);
