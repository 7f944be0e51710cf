/** The least rule-set and the fewest packets that still fail. */
import type { Case } from "./case.ts";
import type { Action } from "./conversation.ts";
import type { DrawnChain, DrawnTable } from "./rule-set.ts";

/** Each try is a load of the rule-set and a few packets. */
const MOST_TRIES = 400;

export async function shrunk(failing: Case, fails: (less: Case) => Promise<boolean>): Promise<Case> {
  let least = failing;
  const traced = tracing(failing);
  let tries = 0;
  const take = async (less: Case | null): Promise<boolean> => {
    if (!less || tracing(less) !== traced || tries++ >= MOST_TRIES || !(await fails(less))) return false;
    least = less;
    return true;
  };
  for (let at = least.actions.length - 1; at >= 0; at--) await take(withoutAction(least, at));
  // whole tables first, then chains, then rules
  for (const each of places(least))
    await take(
      mapChain(least, each, (chain) => ({
        ...chain,
        policy: chain.policy && "ACCEPT",
        rules: chain.rules.filter(isTrace),
      })),
    );
  for (const each of places(least)) {
    const count = () => chainAt(least, each)?.rules.length ?? 0;
    for (let size = Math.ceil(count() / 2); size >= 1; size >>= 1)
      for (let at = 0; at < count(); )
        if (!(await take(mapChain(least, each, (chain) => ({ ...chain, rules: chain.rules.toSpliced(at, size) })))))
          at += size;
  }
  for (const each of places(least))
    await take({ ...least, tables: least.tables.map((table) => withoutChain(table, each)) });
  for (const each of places(least))
    for (let at = 0; at < (chainAt(least, each)?.rules.length ?? 0); at++) {
      const text = () => chainAt(least, each)?.rules[at] ?? "";
      for (let part = parts(text()).length - 1; part >= 0; part--) {
        // a line that tells less is another finding
        if (parts(text())[part]?.startsWith("--log-")) continue;
        const less = parts(text()).toSpliced(part, 1).join(" ");
        await take(mapChain(least, each, (chain) => ({ ...chain, rules: chain.rules.with(at, less) })));
      }
    }
  return least;
}

const isTrace = (rule: string): boolean => rule.endsWith("-j TRACE");
/** How many rules set the trace flag: without them nothing is printed, and that is no finding. */
const tracing = ({ tables }: Case): number =>
  tables.flatMap(({ chains }) => chains.flatMap(({ rules }) => rules.filter(isTrace))).length;

interface Place {
  readonly table: string;
  readonly family: DrawnTable["family"];
  readonly chain: string;
}
const places = ({ tables }: Case): Place[] =>
  tables.flatMap(({ name: table, family, chains }) => chains.map(({ name: chain }) => ({ table, family, chain })));
const isOf = ({ name, family }: DrawnTable, place: Place): boolean => name === place.table && family === place.family;
const chainAt = ({ tables }: Case, place: Place): DrawnChain | undefined =>
  tables.find((table) => isOf(table, place))?.chains.find(({ name }) => name === place.chain);

const mapChain = (of: Case, place: Place, change: (chain: DrawnChain) => DrawnChain): Case => ({
  ...of,
  tables: of.tables.map((table) =>
    isOf(table, place)
      ? { ...table, chains: table.chains.map((chain) => (chain.name === place.chain ? change(chain) : chain)) }
      : table,
  ),
});
const withoutChain = (table: DrawnTable, place: Place): DrawnTable =>
  isOf(table, place)
    ? {
        ...table,
        chains: table.chains.filter(
          ({ name, policy, rules }) => name !== place.chain || policy !== null || rules.length > 0,
        ),
      }
    : table;

/** Without one action, and without those that depend on it. */
function withoutAction(of: Case, at: number): Case | null {
  const kept = new Map<number, number>();
  const actions: Action[] = [];
  of.actions.forEach((action, index) => {
    const { after, ...rest } = action;
    const [to, then] = [
      action.kind === "answer" ? kept.get(action.to) : -1,
      after === undefined ? -1 : kept.get(after),
    ];
    if (index === at || to === undefined || then === undefined) return;
    kept.set(index, actions.length);
    actions.push({
      ...rest,
      ...(rest.kind === "answer" ? { to } : {}),
      ...(then < 0 ? {} : { after: then }),
    } as Action);
  });
  return actions.length === 0 ? null : { ...of, actions };
}

/** A rule's options with their words; the `!` before one belongs to it. */
const parts = (rule: string): string[] => rule.split(/ (?=(?:! )?-[-a-zA-Z])(?<!! )/);
