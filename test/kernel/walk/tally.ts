/** How often each extension decided a rule: it did not match and ended the question, or all of the rule matched. */
import { evaluate, type Host } from "../../../src/facts/index.ts";
import { bind, conditionOf, type Rule } from "../../../src/model/index.ts";
import type { Path } from "../../../src/path/index.ts";

export interface Count {
  matched: number;
  failed: number;
}

export class Tally {
  readonly matches = new Map<string, Count>();
  readonly targets = new Map<string, number>();

  add(path: Path, host: Host): void {
    for (const { rule, rules, from, number, seen } of [path, ...path.branches].flatMap(({ steps }) => steps)) {
      const last = rule ? number - 1 : rules.length;
      for (let at = from; at <= last; at++) this.#passedOver(rules[at - 1], seen, host);
      if (rule) this.#taken(rule);
    }
  }

  #passedOver(rule: Rule | undefined, seen: Path["packet"], host: Host): void {
    if (!rule) return;
    const decided = bind(rule).matches.find((match) => evaluate(conditionOf(match, rule, host), seen).is !== "yes");
    if (decided) this.#count(rule, decided.name).failed++;
  }

  #taken(rule: Rule): void {
    const { matches, target } = bind(rule);
    for (const { name } of matches) this.#count(rule, name).matched++;
    if (target?.extension) {
      const name = `${rule.family} ${target.name}`;
      this.targets.set(name, (this.targets.get(name) ?? 0) + 1);
    }
  }

  #count({ family }: Rule, name: string): Count {
    const key = `${family} ${name}`;
    let count = this.matches.get(key);
    if (!count) this.matches.set(key, (count = { matched: 0, failed: 0 }));
    return count;
  }
}
