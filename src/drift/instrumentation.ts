/**
 * Rules that exist only to trace: a log shows them at work, a dump taken before tracing was switched on lacks them.
 * They and the shift they cause are no drift.
 */
import type { Family } from "../facts/index.ts";
import {
  askedOnce,
  bind,
  builtinChains,
  type Chain,
  type Rule,
  type Ruleset,
  ruleOfText,
  someRule,
  type Table,
  withRules,
  withTable,
} from "../model/index.ts";
import type { NftLine, TraceEvent } from "../trace/index.ts";
import { tableOf } from "./compare.ts";

export interface Instrumentation {
  readonly what: "trace-rule" | "log-watcher" | "foreign-table" | "unhooked-chain";
  readonly table: string;
  readonly chain: string;
  /** How many such rules the live rule-set has and the dump lacks. */
  readonly count: number;
  readonly message: string;
}

/** Lines that so many packets printed. */
interface Logged {
  readonly events: readonly TraceEvent[];
  readonly count: number;
}

/** The rule-set as it was while the log was written, and what that took. */
export function instrument(
  ruleset: Ruleset,
  logs: readonly Logged[],
  family: Family,
): { ruleset: Ruleset; found: Instrumentation[] } {
  const found: Instrumentation[] = [];
  let next = ruleset;
  for (const chain of ["PREROUTING", "OUTPUT"]) {
    const count = missingTraceRules(next, family, chain, logs);
    if (count === 0) continue;
    next = withTraceRules(next, family, chain, count);
    const rules = count === 1 ? "a TRACE rule" : `${count} TRACE rules`;
    found.push({
      what: "trace-rule",
      table: "raw",
      chain,
      count,
      message: `the live raw ${chain} has ${rules} that the dump lacks`,
    });
  }
  return { ruleset: next, found };
}

/**
 * The dump's raw chain has no TRACE rule, yet its lines are there, and its policy line counts more rules than it has.
 * The commonest line decides: a single odd one is no instrumentation.
 */
function missingTraceRules(ruleset: Ruleset, family: Family, name: string, logs: readonly Logged[]): number {
  const chain = ruleset.tables.find((table) => table.family === family && table.name === "raw")?.chains.get(name);
  if (chain?.rules.some((rule) => bind(rule).target?.name === "TRACE")) return 0;
  const counts = new Map<number, number>();
  const handles = new Set<number | null>();
  for (const { events, count } of logs) {
    for (const event of events) {
      if (event.layer === "ip" && event.nft && event.table === "raw" && event.chain === name && isTracing(event.nft))
        handles.add(event.nft.handle);
      if (event.layer !== "ip" || event.nft || event.table !== "raw" || event.chain !== name || event.kind !== "policy")
        continue;
      counts.set(event.number, (counts.get(event.number) ?? 0) + count);
    }
  }
  const [commonest] = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  if (handles.size > 0) return handles.size;
  return commonest ? Math.max(0, commonest[0] - ((chain?.rules.length ?? 0) + 1)) : 0;
}

/** As iptables-nft prints a TRACE rule, and as nft does. */
const isTracing = ({ rule }: NftLine): boolean => / -j TRACE$/.test(rule) || / meta nftrace set 1$/.test(rule);

/** One that sets the flag, before all others; any more are for packets that this log does not show. */
function withTraceRules(ruleset: Ruleset, family: Family, name: string, count: number): Ruleset {
  const added: Rule[] = [ruleOfText(family, name, "-j TRACE")];
  for (let i = 1; i < count; i++)
    added.push(ruleOfText(family, name, `! -s ${family === "ipv6" ? "::/0" : "0.0.0.0/0"} -j TRACE`));
  const existing = ruleset.tables.find((table) => table.family === family && table.name === "raw");
  const table: Table = existing ?? emptyTable(family, "raw", ruleset);
  const base = existing ? ruleset : { tables: [...ruleset.tables, table] };
  const chain = table.chains.get(name) ?? emptyChain(name);
  const whole = table.chains.has(name)
    ? base
    : withTable(base, table, { ...table, chains: new Map(table.chains).set(name, chain) });
  return withRules(whole, whole.tables.find((each) => each.family === family && each.name === "raw") ?? table, chain, [
    ...added,
    ...chain.rules,
  ]);
}

const emptyChain = (name: string): Chain => ({ name, policy: "ACCEPT", builtin: true, rules: [], place: null });
/** A table as it is right after loading: every built-in chain, all empty, policy ACCEPT. */
export function emptyTable(family: Family, name: string, like: Ruleset): Table {
  const backend = like.tables.find((table) => table.family === family)?.backend ?? "legacy";
  return {
    family,
    backend,
    name,
    place: null,
    chains: new Map(builtinChains(family, name).map((chain) => [chain, emptyChain(chain)])),
  };
}

/** Whether rules of the rule-set itself choose what is traced. */
export const hasTraceRule = askedOnce((tables) => someRule(tables, (rule) => bind(rule).target?.name === "TRACE"));

/**
 * ebtables lines of watchers with a `TRACE:` prefix that the dump has not: they tell ports, but no rule of the dump can
 * be held against them. A chain that has its own watcher in the dump explains its lines itself. Monitors of iptables-nft
 * show whatever else nftables holds, such as a table that is there to trace (recording t05c).
 */
export function withoutForeignWatchers(
  ruleset: Ruleset,
  events: readonly TraceEvent[],
  found: Map<string, Instrumentation>,
): TraceEvent[] {
  return events.filter((event) => {
    if (event.nft) return !isForeignTable(ruleset, event, found);
    if (event.layer === "ip" || hasPrefix(ruleset, event.prefix)) return true;
    const { table, chain } = tableOf(event);
    const name = table.replace(/^eb:/, "");
    if (!builtinChains("bridge", name).includes(chain) || hasWatcher(ruleset, name, chain)) return true;
    const message = `the live ebtables ${name} ${chain} has a log rule that the dump lacks`;
    found.set(`${table} ${chain}`, { what: "log-watcher", table, chain, count: 1, message });
    return false;
  });
}

function isForeignTable({ tables }: Ruleset, event: TraceEvent, found: Map<string, Instrumentation>): boolean {
  const family = event.layer === "ip" ? event.family : "bridge";
  const { table, chain } = tableOf(event);
  const name = table.replace(/^eb:/, "");
  const isOfTools = family !== "bridge" && builtinChains(family, name).length > 0;
  if (isOfTools || tables.some((each) => each.name === name && each.family === family)) return false;
  const message = `the log has lines of ${chain} in ${family} table ${name}, which is in no dump`;
  found.set(`${table} ${chain}`, { what: "foreign-table", table, chain, count: 1, message });
  return true;
}

const bridgeRules = (ruleset: Ruleset): readonly { table: string; rule: Rule }[] =>
  ruleset.tables
    .filter(({ family }) => family === "bridge")
    .flatMap(({ name, chains }) =>
      [...chains.values()].flatMap(({ rules }) => rules.map((rule) => ({ table: name, rule }))),
    );
const prefixOf = (rule: Rule): string | null => {
  const watcher = bind(rule).matches.find(({ extension, given }) => extension?.logs && Object.keys(given).length > 0);
  return watcher?.extension?.logs?.(watcher.given as never) ?? null;
};
const hasPrefix = (ruleset: Ruleset, prefix: string): boolean =>
  bridgeRules(ruleset).some(({ rule }) => prefixOf(rule)?.trim() === prefix.trim());
const hasWatcher = (ruleset: Ruleset, table: string, chain: string): boolean =>
  bridgeRules(ruleset).some(
    ({ table: name, rule }) => name === table && rule.chain === chain && prefixOf(rule) !== null,
  );

/** What LOG rules print before the packet. */
export const logPrefixes = ({ tables }: Ruleset): string[] => {
  const prefixes = new Set<string>();
  for (const { family, chains } of tables) {
    if (family === "bridge") continue;
    for (const { rules } of chains.values())
      for (const rule of rules) {
        const { target } = bind(rule);
        const prefix = target?.name === "LOG" ? (target.given?.["--log-prefix"]?.value as unknown) : undefined;
        if (typeof prefix === "string") prefixes.add(prefix);
      }
  }
  return [...prefixes];
};
