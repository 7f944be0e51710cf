/** How often each extension decided a rule: it did not match and ended the question, or all of the rule matched. */
import { readFileSync } from "node:fs";
import { matches, targets } from "../../../src/extensions/index.ts";
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

  /** What of all that is drawn, and that the kernel has, decided no rule. */
  never(without: ReadonlySet<string>): string[] {
    return FAMILIES.flatMap((family) => {
      const drawn = (each: { name: string; families: readonly string[] }) =>
        each.families.includes(family) && !without.has(each.name) && !without.has(`${family} ${each.name}`);
      const missing = (names: readonly string[], seen: ReadonlyMap<string, unknown>, kind: "matches" | "targets") => {
        const known = knownToKernel(family, kind);
        return names.filter((name) => !seen.has(`${family} ${name}`) && (known?.has(name) ?? true));
      };
      const asked = matches.filter((each) => drawn(each) && each.implicit !== "own").map(({ name }) => name);
      const taken = targets.filter((each) => drawn(each)).map(({ name }) => name);
      return [...missing(asked, this.matches, "matches"), ...missing(taken, this.targets, "targets")].map(
        (name) => `${family} ${name}`,
      );
    });
  }

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

const FAMILIES = ["ipv4", "ipv6", "bridge"] as const;
/** net/netfilter/x_tables.c xt_proto_init: what rules have made it load; of ebtables it tells nothing. */
function knownToKernel(family: (typeof FAMILIES)[number], kind: "matches" | "targets"): Set<string> | null {
  if (family === "bridge") return null;
  const names = readFileSync(`/proc/net/${family === "ipv6" ? "ip6" : "ip"}_tables_${kind}`, "latin1").split("\n");
  return new Set([...names, ...STANDARD]);
}
const STANDARD = targets.filter(({ standard }) => standard).map(({ name }) => name);
