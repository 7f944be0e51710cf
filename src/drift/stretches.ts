/** Where in a log packets of one kind lie, as few numbers: an edit that was undone again lies between two of their stretches. */
const MOST = 32;

export class Stretches {
  /** First and last packets, in order. */
  readonly #all: [first: number, last: number][] = [];
  /** Packets as near as this to the last one are of its stretch. */
  #near = 1;

  get first(): number {
    return this.#all[0]?.[0] ?? 0;
  }
  get last(): number {
    return this.#all.at(-1)?.[1] ?? 0;
  }

  /** Later than those before. */
  add(packet: number): void {
    const end = this.#all.at(-1);
    if (end && packet - end[1] <= this.#near) {
      end[1] = packet;
      return;
    }
    this.#all.push([packet, packet]);
    while (this.#all.length > MOST) this.#join();
  }

  /** Twice as far is near from now on: the longest gaps stay. */
  #join(): void {
    this.#near *= 2;
    const all = this.#all.splice(0);
    for (const [first, last] of all) {
      const end = this.#all.at(-1);
      if (end && first - end[1] <= this.#near) end[1] = last;
      else this.#all.push([first, last]);
    }
  }

  /** Whether some lie between these two packets. */
  isWithin(first: number, last: number): boolean {
    return this.#all.some(([from, to]) => from <= last && to >= first);
  }
}
