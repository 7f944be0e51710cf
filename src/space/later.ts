/**
 * What a packet would meet in the same chain if a rule that takes it were not there: around a point, a region whose packets
 * all meet a later rule that does the same, with nothing between that does anything else.
 */
import type { Cell, Program, Step } from "./program.ts";
import { isSure, type Region, type Takers } from "./taken.ts";

/** So many that do something else are tried at once, before all are cut away. */
const TRIES = 3;

export class Later {
  readonly #program: Program;
  readonly #takers: Takers;
  /** A packet of the cell, if there can be one. */
  readonly #packetOf: (cell: Cell) => Int32Array | null;

  constructor(program: Program, takers: Takers, packetOf: (cell: Cell) => Int32Array | null) {
    this.#program = program;
    this.#takers = takers;
    this.#packetOf = packetOf;
  }

  /** Or a packet that gets to the rule and would meet something else: this one, or one near. */
  around(chain: number, rule: number, point: Int32Array, cell: Cell): Region | Int32Array {
    const taken = this.#takers.above(chain, rule, point, cell);
    if (taken) return taken;
    const found = this.#first(chain, rule, point);
    if (!found) return point;
    const { boxes } = this.#program;
    const part = cell.slice();
    boxes.clip(found.box, part);
    const differing: number[] = [];
    this.#differing(chain, rule, found.rule, part, (box) => differing.push(box) === TRIES);
    for (const box of differing) {
      const shared = part.slice();
      const near = boxes.clip(box, shared) ? this.#packetOf(shared) : null;
      if (near && !this.#takers.above(chain, rule, near, shared) && !this.#first(chain, rule, near)) return near;
    }
    if (differing.length > 0)
      this.#differing(chain, rule, found.rule, part, (box) => {
        // an earlier cut may have left nothing in common
        if (boxes.share(box, part) > 0) boxes.cutAway(box, part, point);
        return false;
      });
    return { cell: part, takers: [[{ chain, rule: found.rule }]] };
  }

  /** The later rule that surely does the same to the packet; null: it may meet one that does something else before. */
  #first(chain: number, rule: number, point: Int32Array): { readonly box: number; readonly rule: number } | null {
    const steps = this.#program.chains[chain] as readonly Step[];
    const { action } = steps[rule] as Step;
    const index = this.#takers.everyRule(chain);
    const before = index.looks;
    let [first, box] = [steps.length, -1];
    index.find(point, steps.length, (own, at) => {
      // one that does the same, or may, makes no difference
      const differs = !same(steps[at] as Step, action);
      if (at > rule && at < first && (differs || isSure(steps[at] as Step, own)))
        [first, box] = [at, differs ? -1 : own];
      return false;
    });
    this.#takers.spend(index.looks - before);
    return box < 0 ? null : { box, rule: first };
  }

  /** The boxes between two rules that overlap the cell and do something else. */
  #differing(chain: number, above: number, below: number, cell: Cell, visit: (box: number) => boolean): void {
    const steps = this.#program.chains[chain] as readonly Step[];
    const { action } = steps[above] as Step;
    const index = this.#takers.everyRule(chain);
    const before = index.looks;
    index.overlaps(cell, above, below, (box, at) => !same(steps[at] as Step, action) && visit(box));
    this.#takers.spend(index.looks - before);
  }
}

const same = (step: Step, action: string): boolean => step.does === "take" && step.action === action;
