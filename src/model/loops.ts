/** Chains that jump in a circle: the kernel refuses the rule that closes one, once a built-in chain leads there. */
import type { Backend } from "../extensions/index.ts";
import { bind } from "./bind.ts";
import { isUnconditional } from "./print.ts";
import type { Rule } from "./ruleset.ts";

interface Chains {
  get(name: string): { readonly rules: readonly Rule[]; readonly builtin: boolean } | undefined;
  keys(): Iterable<string>;
}

/**
 * A chain that leads to itself again and is reached from `chain`; null: there is none. Gotos count, chains that nothing
 * reaches do not (net/ipv4/netfilter/ip_tables.c mark_source_chains, net/netfilter/nf_tables_api.c nft_chain_validate).
 */
export function loopFrom(chain: string, chains: Chains, backend: Backend): string | null {
  const targetsOf = backend === "nft" ? targetsIn : (rules: readonly Rule[]) => targetsIn(walked(rules));
  if (!isReached(chain, chains, targetsOf)) return null;
  const open = new Set<string>();
  const done = new Set<string>();
  const visit = (name: string): string | null => {
    if (open.has(name)) return name;
    if (done.has(name)) return null;
    open.add(name);
    for (const next of targetsOf(chains.get(name)?.rules ?? [])) {
      const found = visit(next);
      if (found !== null) return found;
    }
    open.delete(name);
    done.add(name);
    return null;
  };
  return visit(chain);
}

type Targets = (rules: readonly Rule[]) => readonly string[];
const targetsIn: Targets = (rules) =>
  rules.flatMap((rule) => {
    const { target } = bind(rule);
    return target && !target.extension ? [target.name] : [];
  });

/** Legacy's check goes no further than a verdict without a condition. */
function walked(rules: readonly Rule[]): readonly Rule[] {
  const last = rules.findIndex((rule) => {
    const bound = bind(rule);
    return bound.target?.extension?.standard && isUnconditional(bound);
  });
  return last < 0 ? rules : rules.slice(0, last);
}

function isReached(wanted: string, chains: Chains, targetsOf: Targets): boolean {
  const seen = new Set<string>();
  const visit = (name: string): boolean => {
    if (name === wanted) return true;
    if (seen.has(name)) return false;
    seen.add(name);
    return targetsOf(chains.get(name)?.rules ?? []).some(visit);
  };
  return [...chains.keys()].some((name) => chains.get(name)?.builtin && visit(name));
}
