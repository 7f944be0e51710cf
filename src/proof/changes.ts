/** What targets may change before a rule is asked: its questions are then about another packet than the one that came. */
import type { Effect } from "../extensions/index.ts";
import { CT_TUPLE_FIELDS, type Field } from "../facts/index.ts";
import type { Chain, Meaning, Rule, Table } from "../model/index.ts";
import { type Changed, unchanged } from "../space/index.ts";

/** Of a connection that a rule of raw attaches, or keeps a packet from, all is another's. */
const OF_CONNECTION: readonly Field[] = [
  ...(["ctstate", "ctstatus", "ctdir", "ctnat", "ctmark", "ctTemplate"] as const),
  ...CT_TUPLE_FIELDS,
];
const OF_TCP: readonly Field[] = ["tcpOptions", "tcpMss", "length", "checksum", "incomplete"];

/** `unchanged` itself where there is nothing. */
const joined = (a: Changed, b: Changed): Changed =>
  a === b || !b.any || covers(a, b)
    ? a
    : !a.any
      ? b
      : {
          fields: new Set([...a.fields, ...b.fields]),
          touched: new Set([...a.touched, ...b.touched]),
          any: true,
          all: a.all || b.all,
        };
const covers = (a: Changed, b: Changed): boolean =>
  a.any &&
  (a.all || !b.all) &&
  [...b.fields].every((field) => a.fields.has(field)) &&
  [...b.touched].every((name) => a.touched.has(name));

function changedBy(effects: readonly Effect[]): Changed {
  let all = unchanged;
  for (const effect of effects) all = joined(all, changedByOne(effect));
  return all;
}
function changedByOne(effect: Effect): Changed {
  const of = (fields: readonly Field[], touched: readonly string[] = []): Changed => ({
    fields: new Set(fields),
    touched: new Set(touched),
    any: true,
    all: false,
  });
  switch (effect.does) {
    case "set":
    case "copy":
    case "step":
    case "become":
    case "map prefix":
      return of([effect.field, "checksum", "eui64", "frameProtocol", "pktType"]);
    case "limit mss":
    case "strip":
      return of(OF_TCP);
    case "redirect":
      return of(["macDestination", "pktType"]);
    case "attach":
      return of(OF_CONNECTION);
    case "touch":
      return of([], [effect.what]);
    case "if":
      return joined(changedBy(effect.yes), changedBy(effect.no));
    // the rest of the table does not see what it has translated
    default:
      return unchanged;
  }
}

/** Before each rule of a chain, what may have changed; rules that are not listed: nothing. */
export interface Changes {
  /** Since a packet came into this chain. */
  entered(chain: Chain): readonly Changed[];
  /** Since it came into one that leads here, before it came here. */
  before(chain: Chain): Changed;
  /** Both. */
  called(chain: Chain): readonly Changed[];
}
/** By a target that nobody here knows. */
const UNKNOWN: Changed = { ...unchanged, any: true, all: true };
const NOTHING: Changes = { entered: () => [], before: () => unchanged, called: () => [] };

export function changesIn({ chains }: Table, meaning: (rule: Rule) => Meaning): Changes {
  const all = [...chains.values()];
  const own = new Map<Rule, Changed>();
  for (const { rules } of all)
    for (const rule of rules) {
      const { action } = meaning(rule);
      const isTarget = action.kind === "jump" || action.kind === "goto" ? !chains.has(action.chain) : false;
      const changed = isTarget ? UNKNOWN : action.kind === "effects" ? changedBy(action.effects) : unchanged;
      if (changed.any) own.set(rule, changed);
    }
  if (own.size === 0) return NOTHING;
  const nextOf = (rule: Rule): Chain | undefined => {
    const { action } = meaning(rule);
    return action.kind === "jump" || action.kind === "goto" ? chains.get(action.chain) : undefined;
  };
  /** By a chain itself and all that it calls. */
  const inside = new Map<Chain, Changed>();
  const byRule = (rule: Rule): Changed => {
    const next = nextOf(rule);
    return (next ? inside.get(next) : own.get(rule)) ?? unchanged;
  };
  const along = (chain: Chain, start: Changed): Changed[] => {
    let so = start;
    return chain.rules.map((rule) => {
      const now = so;
      so = joined(so, byRule(rule));
      return now;
    });
  };
  const callers = new Map<Chain, Set<Chain>>();
  for (const chain of all)
    for (const rule of chain.rules) {
      const next = nextOf(rule);
      if (next) callers.set(next, (callers.get(next) ?? new Set()).add(chain));
    }
  const grows = (known: Map<Chain, Changed>, chain: Chain, more: Changed): boolean => {
    const old = known.get(chain) ?? unchanged;
    const now = joined(old, more);
    known.set(chain, now);
    return now !== old;
  };
  // again for those that may learn more, until nobody does
  const open = new Set(all);
  for (const chain of open) {
    open.delete(chain);
    if (grows(inside, chain, chain.rules.map(byRule).reduce(joined, unchanged)))
      for (const caller of callers.get(chain) ?? []) open.add(caller);
  }
  const start = new Map<Chain, Changed>();
  for (const chain of all) open.add(chain);
  for (const chain of open) {
    open.delete(chain);
    for (const [at, changed] of along(chain, start.get(chain) ?? unchanged).entries()) {
      const next = changed.any ? nextOf(chain.rules[at] as Rule) : undefined;
      if (next && grows(start, next, changed)) open.add(next);
    }
  }
  return {
    entered: (chain) => along(chain, unchanged),
    before: (chain) => start.get(chain) ?? unchanged,
    called: (chain) => along(chain, start.get(chain) ?? unchanged),
  };
}
