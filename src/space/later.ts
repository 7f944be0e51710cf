/**
 * What a packet would meet in the same chain if a rule that takes it were not there: around a point, a region whose packets
 * all meet a later rule that does the same, with nothing between that does anything else.
 */
import type { BoxIndex } from "./index-of-boxes.ts";
import type { Cell, Program, Step } from "./program.ts";
import { indexOf, isSure, type Region, type Takers } from "./taken.ts";

export class Later {
  readonly #program: Program;
  readonly #takers: Takers;
  readonly #indices = new Map<number, BoxIndex>();

  constructor(program: Program, takers: Takers) {
    this.#program = program;
    this.#takers = takers;
  }

  /** null: this packet meets something else. */
  around(chain: number, rule: number, point: Int32Array, cell: Cell): Region | null {
    const { boxes, chains } = this.#program;
    const steps = chains[chain] as readonly Step[];
    const { action } = steps[rule] as Step;
    const index = this.#indexOf(chain);
    const before = index.looks;
    let [first, box] = [steps.length, -1];
    index.find(point, steps.length, (own, at) => {
      // one that does the same, or may, makes no difference
      const differs = !same(steps[at] as Step, action);
      if (at <= rule || at >= first || !(differs || isSure(steps[at] as Step, own))) return false;
      [first, box] = [at, differs ? -1 : own];
      return false;
    });
    if (box < 0) {
      this.#takers.spend(index.looks - before);
      return null;
    }
    const part = cell.slice();
    boxes.clip(box, part);
    index.overlaps(part, rule, first, (other, at) => {
      // an earlier cut may have left nothing in common
      if (!same(steps[at] as Step, action) && boxes.share(other, part) > 0) boxes.cutAway(other, part, point);
    });
    this.#takers.spend(index.looks - before);
    return { cell: part, takers: [[{ chain, rule: first }]] };
  }

  #indexOf(chain: number): BoxIndex {
    let index = this.#indices.get(chain);
    if (!index) this.#indices.set(chain, (index = indexOf(this.#program, chain, () => true)));
    return index;
  }
}

const same = (step: Step, action: string): boolean => step.does === "take" && step.action === action;
