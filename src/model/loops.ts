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
 * A chain that leads to itself again and is reached from `chain`, and the way round; null: there is none. Gotos count, chains that nothing
 * reaches do not (net/ipv4/netfilter/ip_tables.c mark_source_chains, net/netfilter/nf_tables_api.c nft_chain_validate).
 */
export function loopFrom(chain: string, chains: Chains, backend: Backend): readonly string[] | null {
  const targetsOf = backend === "nft" ? targetsIn : (rules: readonly Rule[]) => targetsIn(walked(rules));
  const next = (name: string) => targetsOf(chains.get(name)?.rules ?? []);
  const hooks = [...chains.keys()].filter((name) => chains.get(name)?.builtin);
  return reached(hooks, next).has(chain) ? circleFrom(chain, next) : null;
}

type Next = (name: string) => readonly string[];
function reached(from: readonly string[], next: Next): ReadonlySet<string> {
  const seen = new Set(from);
  for (const name of seen) for (const each of next(name)) seen.add(each);
  return seen;
}
/** Depth first, without recursion: chains may be as deep as a file is long. */
function circleFrom(start: string, next: Next): readonly string[] | null {
  const open = new Set<string>([start]);
  const done = new Set<string>();
  const stack = [{ name: start, left: [...next(start)] }];
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const name = top.left.pop();
    if (name === undefined) {
      open.delete(top.name);
      done.add(top.name);
      stack.pop();
    } else if (open.has(name)) return [...[...open].slice([...open].indexOf(name)), name];
    else if (!done.has(name)) {
      open.add(name);
      stack.push({ name, left: [...next(name)] });
    }
  }
  return null;
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
