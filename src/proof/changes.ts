/** What targets may change before a rule is asked: its questions are then about another packet than the one that came. */
import type { Effect } from "../extensions/index.ts";
import type { Field, Host } from "../facts/index.ts";
import { type Chain, meaningOf, type Rule, type Table } from "../model/index.ts";
import { type Changed, unchanged } from "../space/index.ts";

/** Of a connection that a rule of raw attaches, or keeps a packet from, all is another's. */
const OF_CONNECTION: readonly Field[] = [
  "ctstate",
  "ctstatus",
  "ctdir",
  "ctnat",
  "ctmark",
  "ctTemplate",
  "ctorigsrc",
  "ctorigdst",
  "ctorigsrcport",
  "ctorigdstport",
  "ctreplsrc",
  "ctrepldst",
  "ctreplsrcport",
  "ctrepldstport",
];
const OF_TCP: readonly Field[] = ["tcpOptions", "tcpMss", "length", "checksum", "incomplete"];

/** `unchanged` itself where there is nothing. */
export const joined = (a: Changed, b: Changed): Changed =>
  a === b || !b.any
    ? a
    : !a.any
      ? b
      : { fields: new Set([...a.fields, ...b.fields]), touched: new Set([...a.touched, ...b.touched]), any: true };
const sizeOf = ({ fields, touched }: Changed): number => fields.size + touched.size;

export function changedBy(effects: readonly Effect[]): Changed {
  let all = unchanged;
  for (const effect of effects) all = joined(all, changedByOne(effect));
  return all;
}
function changedByOne(effect: Effect): Changed {
  const of = (fields: readonly Field[], touched: readonly string[] = []): Changed => ({
    fields: new Set(fields),
    touched: new Set(touched),
    any: true,
  });
  switch (effect.does) {
    case "set":
    case "copy":
    case "step":
    case "become":
    case "map prefix":
      return of([effect.field, "checksum", "eui64", "frameProtocol"]);
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

/** Before each rule of a chain, what may have changed since a packet came into it, or into one that calls it. */
export interface Changes {
  /** Of a packet that is looked at from this chain on. */
  entered(chain: Chain): readonly Changed[];
  /** Of one that other chains had before; the same array where that makes no difference. */
  called(chain: Chain): readonly Changed[];
}

export function changesIn(table: Table, host: Host): Changes {
  const byRule = (rule: Rule): Changed => {
    const { action } = meaningOf(rule, host);
    if (action.kind === "effects") return changedBy(action.effects);
    const next = action.kind === "none" ? undefined : table.chains.get(action.chain);
    return (next && inside.get(next)) ?? unchanged;
  };
  const nextOf = (rule: Rule): Chain | undefined => {
    const { action } = meaningOf(rule, host);
    return action.kind === "jump" || action.kind === "goto" ? table.chains.get(action.chain) : undefined;
  };
  const chains = [...table.chains.values()];
  /** By the chain itself and all that it calls. */
  const inside = new Map<Chain, Changed>();
  settle(inside, () => {
    for (const chain of chains)
      for (const rule of chain.rules) inside.set(chain, joined(inside.get(chain) ?? unchanged, byRule(rule)));
  });
  const before = (chain: Chain, start: Changed): Changed[] => {
    let so = start;
    return chain.rules.map((rule) => {
      const now = so;
      so = joined(so, byRule(rule));
      return now;
    });
  };
  const start = new Map<Chain, Changed>();
  settle(start, () => {
    for (const chain of chains) {
      const all = before(chain, start.get(chain) ?? unchanged);
      for (const [at, rule] of chain.rules.entries()) {
        const next = nextOf(rule);
        if (next) start.set(next, joined(start.get(next) ?? unchanged, all[at] as Changed));
      }
    }
  });
  const entered = new Map<Chain, readonly Changed[]>();
  return {
    entered(chain) {
      let own = entered.get(chain);
      if (!own) entered.set(chain, (own = before(chain, unchanged)));
      return own;
    },
    called(chain) {
      const from = start.get(chain);
      return from?.any ? before(chain, from) : this.entered(chain);
    },
  };
}

/** Again, until nothing more is said to change. */
function settle(known: ReadonlyMap<Chain, Changed>, step: () => void): void {
  const size = () => [...known.values()].reduce((sum, each) => sum + sizeOf(each), 0);
  for (let last = -1; last !== size(); ) {
    last = size();
    step();
  }
}
