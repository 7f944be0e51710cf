/** Which rules no packet that comes into their chain can match, and the rules that take what they would. */
import type { Host } from "../facts/index.ts";
import type { Chain, Rule, Table } from "../model/index.ts";
import { type Budget, Cover, type Taker } from "../space/index.ts";
import { type Lowered, lower } from "./lowered.ts";

/** A rule and where it stands; `rule` is null for the policy at a chain's end. `number` counts from 1. */
export interface Standing {
  readonly chain: Chain;
  readonly number: number;
  readonly rule: Rule | null;
}
export interface DeadRule extends Standing {
  /** Each at the end of the jumps that lead to it from the rule's own chain; none: the rule contradicts itself. */
  readonly takers: readonly (readonly Standing[])[];
  /** Every taker does what the rule would. */
  readonly alike: boolean;
}
export interface DeadRules {
  readonly dead: readonly DeadRule[];
  readonly notDecided: readonly (Standing & { readonly why: string })[];
}

const BUDGET_ENDS = "it would take more work than is allowed";
const TOO_MANY = "it asks for too much at once";

export function deadRules(table: Table, host: Host, budget?: Budget): DeadRules {
  const lowered = lower(table, host);
  const cover = new Cover(lowered.program, budget);
  const dead: DeadRule[] = [];
  const notDecided: (Standing & { readonly why: string })[] = [];
  for (const [at, chain] of [...table.chains.values()].entries())
    for (const [index, rule] of chain.rules.entries()) {
      const standing = { chain, number: index + 1, rule };
      const answer = cover.reach(at, index);
      if (answer.is === "dead") dead.push({ ...standing, ...explained(answer.takers, at, index, lowered) });
      else if (answer.is === "not decided") notDecided.push({ ...standing, why: BUDGET_ENDS });
      else if (lowered.bounded.has(rule)) notDecided.push({ ...standing, why: TOO_MANY });
    }
  return { dead, notDecided };
}

function explained(takers: readonly Taker[], chain: number, index: number, { program, chains }: Lowered) {
  const stepOf = (at: { readonly chain: number; readonly rule: number }) => program.chains[at.chain]?.[at.rule];
  const action = program.chains[chain]?.[index]?.action;
  return {
    takers: takers.map((taker) =>
      taker.map((at): Standing => {
        const own = chains[at.chain] as Chain;
        return { chain: own, number: at.rule + 1, rule: own.rules[at.rule] ?? null };
      }),
    ),
    alike: takers.every((taker) => {
      const last = taker.at(-1);
      return !!last && taker.length === 1 && action !== "" && stepOf(last)?.action === action;
    }),
  };
}
