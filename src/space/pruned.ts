/**
 * Which tuples can hold a point at all: per dimension, those that have a box in the point's block (tuple pruning; Srinivasan,
 * Suri, Varghese 1999). The sets are bits in words, put together when a code is first asked about.
 */

/** Where boxes of a tuple stand in one dimension, in blocks of 2^shift codes. */
export interface Places {
  readonly dimension: number;
  readonly shift: number;
  readonly blocks: Iterable<number>;
}

export class Pruned {
  readonly #dimensions: readonly Dimension[];
  /** The tuples that were found last, as bits. */
  readonly found: Int32Array;

  /** By the number of the tuple. */
  constructor(tuples: readonly (readonly Places[])[], sizes: readonly number[]) {
    this.found = new Int32Array((tuples.length + 31) >> 5);
    const dimensions = new Map<number, Dimension>();
    for (const [tuple, places] of tuples.entries())
      for (const { dimension, shift, blocks } of places) {
        let own = dimensions.get(dimension);
        if (!own) {
          own = new Dimension(dimension, sizes[dimension] ?? 0, this.found.length);
          dimensions.set(dimension, own);
        }
        own.add(tuple, shift, blocks);
      }
    this.#dimensions = [...dimensions.values()];
  }

  /** Those that may hold a point with these codes; a dimension in which there are several (`ends`) is not asked. */
  find(codes: Int32Array, ends: Int32Array | null): void {
    const { found } = this;
    found.fill(-1);
    for (const dimension of this.#dimensions) {
      const code = codes[dimension.at] as number;
      if (!ends || ends[dimension.at] === code + 1) dimension.keep(code, found);
    }
  }
}

class Dimension {
  readonly at: number;
  readonly #words: number;
  /** The tuples that do not ask it. */
  readonly #others: Int32Array;
  /** By shift, for each block, the tuples that have a box there. */
  readonly #blocks = new Map<number, Int32Array>();
  readonly #size: number;
  /** For each code, all of them together, once it was asked. */
  readonly #sets: Int32Array;
  readonly #known: Uint8Array;

  constructor(at: number, size: number, words: number) {
    this.at = at;
    this.#size = size;
    this.#words = words;
    this.#others = new Int32Array(words).fill(-1);
    this.#sets = new Int32Array(size * words);
    this.#known = new Uint8Array(size);
  }

  add(tuple: number, shift: number, blocks: Iterable<number>): void {
    const [word, bit] = [tuple >> 5, 1 << (tuple & 31)];
    this.#others[word] = (this.#others[word] as number) & ~bit;
    let own = this.#blocks.get(shift);
    if (!own) this.#blocks.set(shift, (own = new Int32Array(((this.#size >> shift) + 1) * this.#words)));
    for (const block of blocks) {
      const at = block * this.#words + word;
      own[at] = (own[at] as number) | bit;
    }
  }

  keep(code: number, found: Int32Array): void {
    const at = code * this.#words;
    if (this.#known[code] === 0) this.#learn(code);
    for (let word = 0; word < found.length; word++)
      found[word] = (found[word] as number) & (this.#sets[at + word] as number);
  }
  #learn(code: number): void {
    const at = code * this.#words;
    this.#sets.set(this.#others, at);
    for (const [shift, blocks] of this.#blocks) {
      const from = (code >> shift) * this.#words;
      for (let word = 0; word < this.#words; word++)
        this.#sets[at + word] = (this.#sets[at + word] as number) | (blocks[from + word] as number);
    }
    this.#known[code] = 1;
  }
}
