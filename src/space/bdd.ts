/**
 * Sets as binary decision diagrams in one arena: equal sets are equal numbers. Nothing is freed: an arena lives as long as
 * one question. R. E. Bryant, Graph-Based Algorithms for Boolean Function Manipulation, 1986; performance.md A.2.
 */

/** A set: the place of its root. */
export type Node = number;
export const NONE: Node = 0;
export const EVERY: Node = 1;

/** The question took more than it was given: nothing is said then, rather than something wrong. */
export class OverBudget extends Error {}

const FIRST_SIZE = 1 << 12;
/** It grows with the arena. */
const LARGEST_CACHE = 1 << 20;
export interface Room {
  readonly nodes: number;
  readonly steps: number;
}
/** About 100 MB, and some seconds. */
const ROOM: Room = { nodes: 4_000_000, steps: 60_000_000 };
const OPERATIONS = { and: 1, or: 2, minus: 3 } as const;
type Operation = (typeof OPERATIONS)[keyof typeof OPERATIONS];
const LAST_LEVEL = 0x7fffffff;

export class Bdd {
  #levels = new Int32Array(FIRST_SIZE);
  #lows = new Int32Array(FIRST_SIZE);
  #highs = new Int32Array(FIRST_SIZE);
  #count = 2;
  /** Open addressing: places of nodes, 0 where there is none. */
  #table = new Int32Array(FIRST_SIZE * 2);
  /** Of each row: operation and first, second, result. */
  #cache = new Int32Array(FIRST_SIZE * 4);
  #steps = 0;
  readonly #most: Room;

  constructor(most = ROOM) {
    this.#most = most;
    this.#levels[NONE] = this.#levels[EVERY] = LAST_LEVEL;
    this.#highs[EVERY] = this.#lows[EVERY] = EVERY;
  }

  get size(): number {
    return this.#count;
  }
  level(node: Node): number {
    return this.#levels[node] as number;
  }
  low(node: Node): Node {
    return this.#lows[node] as number;
  }
  high(node: Node): Node {
    return this.#highs[node] as number;
  }

  /** The set that is `low` where the variable is 0, and `high` where it is 1. */
  make(level: number, low: Node, high: Node): Node {
    if (low === high) return low;
    const mask = this.#table.length - 1;
    let at = hash(level, low, high) & mask;
    for (let node = this.#table[at] as number; node !== 0; node = this.#table[at] as number) {
      if (this.#levels[node] === level && this.#lows[node] === low && this.#highs[node] === high) return node;
      at = (at + 1) & mask;
    }
    const node = this.#count++;
    if (node >= this.#most.nodes) throw new OverBudget(`more than ${this.#most.nodes} nodes`);
    if (node >= this.#levels.length) this.#grow();
    this.#levels[node] = level;
    this.#lows[node] = low;
    this.#highs[node] = high;
    if (this.#count * 2 > this.#table.length) this.#rehash();
    else this.#table[at] = node;
    return node;
  }

  and(a: Node, b: Node): Node {
    if (a === b || b === EVERY) return a;
    if (a === NONE || b === NONE) return NONE;
    if (a === EVERY) return b;
    return a < b ? this.#combine(OPERATIONS.and, a, b) : this.#combine(OPERATIONS.and, b, a);
  }
  or(a: Node, b: Node): Node {
    if (a === b || b === NONE) return a;
    if (a === EVERY || b === EVERY) return EVERY;
    if (a === NONE) return b;
    return a < b ? this.#combine(OPERATIONS.or, a, b) : this.#combine(OPERATIONS.or, b, a);
  }
  minus(a: Node, b: Node): Node {
    if (a === b || a === NONE || b === EVERY) return NONE;
    if (b === NONE) return a;
    return this.#combine(OPERATIONS.minus, a, b);
  }
  not(a: Node): Node {
    return this.minus(EVERY, a);
  }

  /** The set whatever these variables are. */
  exists(set: Node, isFree: (level: number) => boolean, memo = new Map<Node, Node>()): Node {
    if (set <= EVERY) return set;
    const known = memo.get(set);
    if (known !== undefined) return known;
    const [low, high] = [this.exists(this.low(set), isFree, memo), this.exists(this.high(set), isFree, memo)];
    const result = isFree(this.level(set)) ? this.or(low, high) : this.make(this.level(set), low, high);
    memo.set(set, result);
    return result;
  }

  /**
   * A simpler set that holds the same of those in `care`, whatever of others. O. Coudert, J. C. Madre, A Unified Framework
   * for the Formal Verification of Sequential Circuits, 1990: restrict.
   */
  restrict(set: Node, care: Node, memo = new Map<number, Node>()): Node {
    if (care === EVERY || set <= EVERY) return set;
    if (care === NONE) return NONE;
    const key = set * this.#most.nodes + care;
    const known = memo.get(key);
    if (known !== undefined) return known;
    const [x, y] = [this.level(set), this.level(care)];
    const next = (a: Node, b: Node) => this.restrict(a, b, memo);
    let result: Node;
    if (y < x) result = next(set, this.or(this.low(care), this.high(care)));
    else {
      const [low, high] = y === x ? [this.low(care), this.high(care)] : [care, care];
      if (low === NONE) result = next(this.high(set), high);
      else if (high === NONE) result = next(this.low(set), low);
      else result = this.make(x, next(this.low(set), low), next(this.high(set), high));
    }
    memo.set(key, result);
    return result;
  }

  #combine(operation: Operation, a: Node, b: Node): Node {
    const row = hash(operation, a, b) & (this.#cache.length - 1) & ~3;
    let cache = this.#cache;
    if (cache[row] === operation && cache[row + 1] === a && cache[row + 2] === b) return cache[row + 3] as number;
    if (++this.#steps > this.#most.steps) throw new OverBudget(`more than ${this.#most.steps} steps`);
    const [x, y] = [this.level(a), this.level(b)];
    const level = Math.min(x, y);
    const low = this.#apply(operation, x === level ? this.low(a) : a, y === level ? this.low(b) : b);
    const high = this.#apply(operation, x === level ? this.high(a) : a, y === level ? this.high(b) : b);
    const result = this.make(level, low, high);
    // it may be another since
    cache = this.#cache;
    cache[row] = operation;
    cache[row + 1] = a;
    cache[row + 2] = b;
    cache[row + 3] = result;
    return result;
  }
  #apply(operation: Operation, a: Node, b: Node): Node {
    if (operation === OPERATIONS.and) return this.and(a, b);
    return operation === OPERATIONS.or ? this.or(a, b) : this.minus(a, b);
  }

  #grow(): void {
    const more = <T extends Int32Array>(old: T): Int32Array<ArrayBuffer> => {
      const next = new Int32Array(old.length * 2);
      next.set(old);
      return next;
    };
    this.#levels = more(this.#levels);
    this.#lows = more(this.#lows);
    this.#highs = more(this.#highs);
    if (this.#levels.length <= LARGEST_CACHE) this.#cache = new Int32Array(this.#levels.length * 4);
  }
  #rehash(): void {
    this.#table = new Int32Array(this.#table.length * 2);
    const mask = this.#table.length - 1;
    for (let node = 2; node < this.#count; node++) {
      let at = hash(this.level(node), this.low(node), this.high(node)) & mask;
      while (this.#table[at] !== 0) at = (at + 1) & mask;
      this.#table[at] = node;
    }
  }
}

function hash(a: number, b: number, c: number): number {
  let mixed = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b) ^ Math.imul(c, 0xc2b2ae35);
  mixed ^= mixed >>> 15;
  return Math.imul(mixed, 0x2c1b3c6d) >>> 7;
}
