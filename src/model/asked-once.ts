/** Questions about the rules of a family that every packet raises anew: a rule-set answers each once. */
import type { Family } from "../facts/index.ts";
import type { Rule, Ruleset, Table } from "./ruleset.ts";

/** `ask` gets the tables of the family; `more` is what else it needs, alike for one rule-set. */
export function askedOnce<More extends readonly unknown[]>(
  ask: (tables: readonly Table[], ...more: More) => boolean,
): (ruleset: Ruleset, family: Family, ...more: More) => boolean {
  const answers = new WeakMap<Ruleset, Map<Family, boolean>>();
  return (ruleset, family, ...more) => {
    let known = answers.get(ruleset);
    if (!known) answers.set(ruleset, (known = new Map()));
    let answer = known.get(family);
    if (answer === undefined)
      known.set(
        family,
        (answer = ask(
          ruleset.tables.filter((table) => table.family === family),
          ...more,
        )),
      );
    return answer;
  };
}

export const someRule = (tables: readonly Table[], holds: (rule: Rule) => boolean): boolean =>
  tables.some(({ chains }) => [...chains.values()].some(({ rules }) => rules.some(holds)));
