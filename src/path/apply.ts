/** What a rule's target does to a packet, for those who read tables in another way than one packet does. */
import type { Effect } from "../extensions/index.ts";
import type { Packet } from "../facts/index.ts";
import type { Chain, Rule, Table } from "../model/index.ts";
import { runAll } from "./effects.ts";
import type { Hook, Layer } from "./journey.ts";
import type { Outcome, Traveller, Walking } from "./traveller.ts";
import { addStep, frame } from "./visit.ts";

export interface Where {
  readonly layer: Layer;
  readonly hook: Hook;
  readonly table: Table;
  readonly base: Chain;
}

/** Runs effects none of which is an `if`, on the traveller itself; null: it goes on in this chain. No step is kept. */
export function applyAll(
  effects: readonly Effect[],
  traveller: Traveller,
  where: Where,
  { chain, rule, seen }: { readonly chain: Chain; readonly rule: Rule; readonly seen: Packet },
  world: Walking,
): Outcome | "return" | null {
  const own = frame(chain);
  const visit = { ...where, traveller, frames: [own] };
  const asked = { kind: "rule", number: 0, rule, seen, meaning: null, printed: true } as const;
  const step = addStep(visit, own, world, asked);
  const outcome = runAll(effects, visit, step, world);
  traveller.steps = traveller.steps.filter((each) => each !== step);
  return outcome ?? (visit.frames.length === 0 ? "return" : null);
}
