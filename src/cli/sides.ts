/** What commands that prove share: the rule-set named again, and proofs that end in no answer. */
import { OverBudget } from "../proof/index.ts";
import { badInput } from "./exit-codes.ts";
import type { Setting } from "./inputs.ts";

/** A proof that took more than it was given is no answer, and no all-clear. */
export function decided<Answer>(prove: () => Answer): Answer {
  try {
    return prove();
  } catch (error) {
    if (error instanceof OverBudget) throw badInput(`not decided: ${error.message}; packet words narrow what is asked`);
    throw error;
  }
}

/** The words that stand for the same rule-set on another command line. */
export const sideOf = (
  names: readonly string[],
  { base, publish, apply, host, ipset }: Omit<Setting, "names">,
): string[] => [
  ...names,
  ...(base === undefined ? [] : ["--base", base]),
  ...(publish ?? []).flatMap((port) => ["--publish", port]),
  ...(apply ?? []).flatMap((file) => ["--apply", file]),
  ...(host === undefined ? [] : ["--host", host]),
  ...(ipset === undefined ? [] : ["--ipset", ipset]),
];
