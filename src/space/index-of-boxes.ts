/**
 * Which boxes hold a point: tuple-space search (Srinivasan, Suri, Varghese 1999). Boxes that ask the same dimensions about
 * equally closely share a hash table; a span of up to 2^shift codes lies in at most two blocks of that size, and stands
 * in both.
 */
import type { BoxStore, Cell } from "./program.ts";
import { Pruned } from "./pruned.ts";
import { finish, START, step, Tuple } from "./tuple.ts";

/** Spans are told apart by size: closely where they are small. */
const SHIFTS = [0, 3, 6, 9, 12];
/** A box stands in no more blocks than this: then it is put into wider ones. */
const MOST_BLOCKS = 8;
/** From so many on, those are sorted out that have no box near. */
const MANY_TUPLES = 12;
/** Below this, looking at each is quicker. */
const FEW = 12;

export class BoxIndex {
  readonly #boxes: BoxStore;
  readonly #tuples: Tuple[] = [];
  #pruned: Pruned | null = null;
  /** Boxes that were looked at. */
  looks = 0;

  /** `entries`: box and rank by turns; ranks do not fall. */
  constructor(boxes: BoxStore, sizes: readonly number[], entries: readonly number[]) {
    this.#boxes = boxes;
    if (entries.length <= FEW * 2) {
      if (entries.length > 0)
        this.#tuples.push(new Tuple([], [], entries, new Int32Array(entries.length / 2).fill(finish(START))));
      return;
    }
    const open = new Map<string, OpenTuple>();
    for (let at = 0; at < entries.length; at += 2) {
      const box = entries[at] as number;
      const { dimensions, shifts, firsts, lasts } = placed(boxes, box, sizes);
      const key = dimensions.map((dimension, i) => `${dimension}>${shifts[i]}`).join();
      let own = open.get(key);
      if (!own) {
        own = { dimensions, shifts, blocks: dimensions.map(() => new Set()), entries: [], hashes: [] };
        open.set(key, own);
      }
      const into = own;
      const put = (i: number, hash: number): void => {
        if (i === dimensions.length) {
          into.entries.push(box, entries[at + 1] as number);
          into.hashes.push(finish(hash));
          return;
        }
        for (let block = firsts[i] as number; block <= (lasts[i] as number); block++) {
          into.blocks[i]?.add(block);
          put(i + 1, step(hash, block));
        }
      };
      put(0, START);
    }
    const sorted = [...open.values()].sort((a, b) => (a.entries[1] as number) - (b.entries[1] as number));
    for (const { dimensions, shifts, entries: own, hashes } of sorted)
      this.#tuples.push(new Tuple(dimensions, shifts, own, Int32Array.from(hashes)));
    if (sorted.length < MANY_TUPLES) return;
    this.#pruned = new Pruned(
      sorted.map(({ dimensions, shifts, blocks }) =>
        dimensions.map((dimension, i) => ({ dimension, shift: shifts[i] as number, blocks: blocks[i] as Set<number> })),
      ),
      sizes,
    );
  }

  /** The boxes of a rank below `limit` that hold the point, in no order; a visitor that says true ends the search. */
  find(point: Int32Array, limit: number, visit: (box: number, rank: number) => boolean): void {
    this.#pruned?.find(point, null);
    this.#each(limit, (tuple) => {
      const slot = tuple.slotOf(point);
      if (slot < 0) return false;
      const end = tuple.ends[slot] as number;
      for (let at = tuple.starts[slot] as number; at < end; at++) {
        const rank = tuple.ranks[at] as number;
        if (rank >= limit) break;
        const box = tuple.boxes[at] as number;
        this.looks++;
        if (this.#boxes.has(box, point) && visit(box, rank)) return true;
      }
      return false;
    });
  }

  /**
   * The boxes of ranks between the two (exclusive) that share something with the cell, some of them twice, in no order; a
   * visitor that says true ends the search.
   */
  overlaps(cell: Cell, above: number, below: number, visit: (box: number, rank: number) => boolean): void {
    this.#pruned?.find(cell, cell.subarray(cell.length >> 1));
    const look = (tuple: Tuple, from: number, to: number): boolean => {
      for (let at = from; at < to; at++) {
        const rank = tuple.ranks[at] as number;
        const box = tuple.boxes[at] as number;
        this.looks++;
        if (rank > above && rank < below && this.#boxes.share(box, cell) > 0 && visit(box, rank)) return true;
      }
      return false;
    };
    this.#each(below, (tuple) => {
      const slots = tuple.slotsIn(cell);
      this.looks += slots?.length ?? 0;
      return slots
        ? slots.some((slot) => look(tuple, tuple.starts[slot] as number, tuple.ends[slot] as number))
        : look(tuple, 0, tuple.ranks.length);
    });
  }

  /** Each tuple that has ranks below the limit, of the candidates where there are many. */
  #each(limit: number, visit: (tuple: Tuple) => boolean): void {
    const tuples = this.#tuples;
    if (!this.#pruned) {
      for (const tuple of tuples) {
        if (tuple.least >= limit) return;
        this.looks++;
        if (visit(tuple)) return;
      }
      return;
    }
    const { found } = this.#pruned;
    for (let word = 0; word < found.length; word++)
      for (let bits = found[word] as number; bits !== 0; bits &= bits - 1) {
        const tuple = tuples[word * 32 + 31 - Math.clz32(bits & -bits)];
        if (!tuple || tuple.least >= limit) return;
        this.looks++;
        if (visit(tuple)) return;
      }
  }
}

interface OpenTuple {
  readonly dimensions: number[];
  readonly shifts: number[];
  /** In which blocks of each dimension a box stands. */
  readonly blocks: Set<number>[];
  readonly entries: number[];
  readonly hashes: number[];
}

function placed(boxes: BoxStore, box: number, sizes: readonly number[]) {
  const dimensions: number[] = [];
  const shifts: number[] = [];
  const firsts: number[] = [];
  const lasts: number[] = [];
  let blocks = 1;
  boxes.each(box, (dimension, from, to) => {
    const most = (sizes[dimension] ?? 1) - 1;
    if (from === 0 && to > most) return;
    for (const shift of SHIFTS) {
      if (most >> shift === 0) return;
      const [first, last] = [from >> shift, (to - 1) >> shift];
      if (last - first > 1 || (last > first && blocks * 2 > MOST_BLOCKS)) continue;
      if (last > first) blocks *= 2;
      dimensions.push(dimension);
      shifts.push(shift);
      firsts.push(first);
      lasts.push(last);
      return;
    }
  });
  return { dimensions, shifts, firsts, lasts };
}
