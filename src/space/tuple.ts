/** Boxes that ask the same dimensions about equally closely, by the blocks that they stand in: one hash table. */
import type { Cell } from "./program.ts";

export const START = 17;
export const step = (hash: number, block: number): number => Math.imul(hash, 0x01000193) ^ Math.imul(block, 0x9e3779b1);
export const finish = (hash: number): number => hash ^ (hash >>> 15);

/** For so few, no block is looked for. */
const FEW_BOXES = 12;

export class Tuple {
  readonly least: number;
  readonly boxes: Int32Array;
  readonly ranks: Int32Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly #keys: Int32Array;
  readonly #mask: number;
  readonly #dimensions: Int32Array;
  readonly #shifts: Int32Array;

  constructor(
    dimensions: readonly number[],
    shifts: readonly number[],
    entries: readonly number[],
    hashes: Int32Array,
  ) {
    const count = hashes.length;
    this.#dimensions = Int32Array.from(dimensions);
    this.#shifts = Int32Array.from(shifts);
    this.least = entries[1] as number;
    let capacity = 2;
    while (capacity < count * 2) capacity *= 2;
    this.#mask = capacity - 1;
    this.#keys = new Int32Array(capacity);
    this.starts = new Int32Array(capacity).fill(-1);
    this.ends = new Int32Array(capacity);
    const slots = hashes.map((hash) => {
      const slot = this.#slot(hash);
      this.#keys[slot] = hash;
      this.starts[slot] = 0;
      this.ends[slot] = (this.ends[slot] as number) + 1;
      return slot;
    });
    let from = 0;
    for (let slot = 0; slot < capacity; slot++) {
      if (this.starts[slot] === -1) continue;
      this.starts[slot] = from;
      from += this.ends[slot] as number;
      this.ends[slot] = this.starts[slot] as number;
    }
    this.boxes = new Int32Array(count);
    this.ranks = new Int32Array(count);
    for (const [i, slot] of slots.entries()) {
      const at = this.ends[slot] as number;
      this.boxes[at] = entries[i * 2] as number;
      this.ranks[at] = entries[i * 2 + 1] as number;
      this.ends[slot] = at + 1;
    }
  }

  /** -1: no box stands where the point is. */
  slotOf(point: Int32Array): number {
    let hash = START;
    for (let i = 0; i < this.#dimensions.length; i++)
      hash = step(hash, (point[this.#dimensions[i] as number] as number) >> (this.#shifts[i] as number));
    const slot = this.#slot(finish(hash));
    return this.starts[slot] === -1 ? -1 : slot;
  }

  /** Those of the blocks in which the cell lies; null: there are many. */
  slotsIn(cell: Cell): readonly number[] | null {
    const size = cell.length >> 1;
    let hashes = [START];
    for (let i = 0; i < this.#dimensions.length; i++) {
      const [dimension, shift] = [this.#dimensions[i] as number, this.#shifts[i] as number];
      const [first, last] = [(cell[dimension] as number) >> shift, ((cell[size + dimension] as number) - 1) >> shift];
      if (hashes.length * (last - first + 1) * 4 > this.ranks.length + FEW_BOXES) return null;
      const next: number[] = [];
      for (const hash of hashes) for (let block = first; block <= last; block++) next.push(step(hash, block));
      hashes = next;
    }
    return hashes.map((hash) => this.#slot(finish(hash))).filter((slot) => this.starts[slot] !== -1);
  }

  #slot(hash: number): number {
    let slot = hash & this.#mask;
    while (this.starts[slot] !== -1 && this.#keys[slot] !== hash) slot = (slot + 1) & this.#mask;
    return slot;
  }
}
