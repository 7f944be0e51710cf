/** A dump is a program: running its lines leaves a rule-set behind. */
import type { Backend, Saver } from "../extensions/index.ts";
import type { Family, Host } from "../facts/index.ts";
import type { Place, Problem } from "../finding.ts";
import { Source } from "../source.ts";
import { type Dump, familyHint, parse, type RuleLine } from "../syntax/index.ts";
import { builtinChains, type Chain, type Rule, type Ruleset, type Table } from "./ruleset.ts";

export interface LoadedDump {
  readonly dump: Dump;
  readonly family: Family;
  readonly backend: Backend;
  readonly tables: readonly Table[];
  /** The rule that a line makes, by the line's offset. */
  readonly ruleOfLine: ReadonlyMap<number, Rule>;
  readonly problems: readonly Problem[];
}

interface OpenTable {
  readonly name: string;
  readonly place: Place | null;
  readonly chains: Map<string, { policy: string | null; place: Place | null; rules: Rule[] }>;
}

/** Runs one dump from nothing. */
export function loadDump(dump: Dump, host: Host): LoadedDump {
  const family: Family = dump.dialect === "ebtables" ? "bridge" : (familyHint(dump) ?? "ipv4");
  const saver = saverOf(dump, family, host);
  const { backend } = saver;
  const tables = new Map<string, OpenTable>();
  const ruleOfLine = new Map<number, Rule>();
  const problems: Problem[] = [...dump.problems];
  let table: OpenTable | null = null;
  const open = (name: string, place: Place | null): OpenTable => {
    const existing = tables.get(name) ?? { name, place, chains: new Map() };
    tables.set(name, existing);
    return existing;
  };
  const chainOf = (name: string, place: Place | null) => {
    table ??= open("filter", null);
    const chain = table.chains.get(name) ?? { policy: null, place, rules: [] };
    table.chains.set(name, chain);
    return chain;
  };
  for (const line of dump.lines()) {
    const place = { source: dump.source, start: line.start, end: line.end };
    if (line.kind === "table") table = open(line.name.text, place);
    else if (line.kind === "chain" || line.kind === "rule") {
      if (!table) problems.push(outsideTable(place));
      if (line.kind === "chain") {
        const chain = chainOf(line.name.text, place);
        chain.policy = line.policy && line.policy.text !== "-" ? line.policy.text : null;
        chain.place ??= place;
      } else {
        const rule = toRule(line, { family, table: table?.name ?? "filter", saver }, place, dump);
        ruleOfLine.set(line.start, rule);
        chainOf(line.chain.text, null).rules.push(rule);
      }
    }
  }
  return {
    dump,
    family,
    backend,
    tables: [...tables.values()].map((each) => close(each, family, backend)),
    ruleOfLine,
    problems,
  };
}

/** All dumps of one host together. A table that two of them hold stands twice: callers refuse that (`clash`). */
export const toRuleset = (dumps: readonly LoadedDump[]): Ruleset => ({ tables: dumps.flatMap(({ tables }) => tables) });

/** Two tables of the same family, backend and name: not one host. */
export function clash({ tables }: Ruleset): readonly [Table, Table] | null {
  const seen = new Map<string, Table>();
  for (const table of tables) {
    const key = `${table.family} ${table.backend} ${table.name}`;
    const other = seen.get(key);
    if (other) return [other, table];
    seen.set(key, table);
  }
  return null;
}

function close({ name, place, chains }: OpenTable, family: Family, backend: Backend): Table {
  const builtin = builtinChains(family, name);
  const closed = [...chains].map(([chainName, { policy, place: declared, rules }]): [string, Chain] => {
    const isBuiltin = builtin.includes(chainName);
    // a snippet may append to a built-in chain that it does not declare: its policy is then the kernel's own
    const end = isBuiltin ? (policy ?? "ACCEPT") : family === "bridge" ? (policy ?? "ACCEPT") : null;
    return [chainName, { name: chainName, policy: end, builtin: isBuiltin, rules, place: declared }];
  });
  return { family, backend, name, place, chains: new Map(closed) };
}

type Setting = Pick<Rule, "family" | "table" | "saver">;
function toRule(line: RuleLine, setting: Setting, place: Place, dump: Dump): Rule {
  return {
    ...setting,
    place,
    text: line.text,
    chain: line.chain.text,
    // words are views over the file's columns, made again when asked for
    words: () => line.words,
    counters: line.counters ? dump.source.text(line.counters.start, line.counters.end) : null,
  };
}

/** A rule from its text after `-A CHAIN`, for edits that no file holds. */
export function ruleOfText(family: Family, chain: string, body: string, saver: Saver = NEWEST): Rule {
  const dump = parse(new Source("(edit)", `*filter\n-A ${chain} ${body}\n`));
  const line = dump.line(1);
  if (line.kind !== "rule") throw new Error(`no rule: ${body}`);
  const place = { source: dump.source, start: line.start, end: line.end };
  return toRule(line, { family, table: "", saver }, place, dump);
}

/** What is taken for text without a header. */
const NEWEST: Saver = { backend: "legacy", release: 10811 };

function saverOf(dump: Dump, family: Family, host: Host): Saver {
  for (const line of dump.lines()) {
    if (line.kind !== "comment") break;
    const saver = saverNamed(line.text);
    if (saver) return saver;
  }
  return { ...NEWEST, backend: host.json.backend?.[family === "bridge" ? "ebtables" : "iptables"] ?? "legacy" };
}
/** `# Generated by iptables-save v1.8.9 (nf_tables) on …`. */
function saverNamed(comment: string): Saver | null {
  const [, major, minor, patch] = /^# Generated by \S+ v(\d+)\.(\d+)(?:\.(\d+))?/.exec(comment) ?? [];
  if (major === undefined) return null;
  const release = Number(major) * 10000 + Number(minor) * 100 + Number(patch ?? 0);
  return { backend: /nf_tables|-nft-save/.test(comment) ? "nft" : "legacy", release };
}

const outsideTable = (place: Place): Problem => ({
  rule: "syntax-error",
  message: "unbound",
  data: { expected: "a table (*filter) first", found: "a line outside any table" },
  place,
});
