import type { Table } from "../../model/index.ts";
import { isOwnChain } from "../../owners/index.ts";
import { type Analysis, chainAt, counted } from "../analysis.ts";
import type { Check } from "../define.ts";

/** `onDemand`: chains that their owners jump to only when they need them. */
export const check: Check = function* (analysis, options) {
  const onDemand = (options["onDemand"] as readonly string[]).map((pattern) => new RegExp(pattern));
  for (const table of analysis.tables) {
    const jumps = jumpsOf(analysis, table);
    const reached = reachedFrom(
      [...table.chains.values()].filter(({ builtin }) => builtin).map(({ name }) => name),
      jumps,
    );
    const named = new Set([...jumps.values()].flatMap((targets) => [...targets]));
    for (const chain of table.chains.values()) {
      // an empty chain decides nothing, and Docker's have a lint rule of their own
      if (reached.has(chain.name) || chain.rules.length === 0 || isOwnChain(chain.name)) continue;
      if (onDemand.some((pattern) => pattern.test(chain.name))) continue;
      const at = chainAt(table, chain);
      if (!at) continue;
      yield {
        ...at,
        message: named.has(chain.name) ? "unreachable" : "unreferenced",
        data: { chain: chain.name, table: table.name, rules: counted(chain.rules.length, "rule") },
        confidence: "proven",
      };
    }
  }
};

function jumpsOf(analysis: Analysis, table: Table): Map<string, Set<string>> {
  const jumps = new Map<string, Set<string>>();
  for (const chain of table.chains.values()) {
    const targets = chain.rules.map((rule) => analysis.look(table, rule).target).filter((name) => name !== null);
    jumps.set(chain.name, new Set(targets.filter((name) => name !== chain.name && table.chains.has(name))));
  }
  return jumps;
}

function reachedFrom(starts: readonly string[], jumps: ReadonlyMap<string, ReadonlySet<string>>): Set<string> {
  const reached = new Set(starts);
  for (const name of reached) for (const next of jumps.get(name) ?? []) reached.add(next);
  return reached;
}
