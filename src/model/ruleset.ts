/** All that is loaded on one host: tables by family, backend and name; chains; rules with their places. */
import type { Backend, Saver } from "../extensions/index.ts";
import type { Family } from "../facts/index.ts";
import type { Place } from "../finding.ts";
import { own } from "../own.ts";
import type { Word } from "../syntax/index.ts";

/** An `-A` line. Its number is its position in its chain, never stored. */
export interface Rule {
  readonly family: Family;
  /** Empty for a rule that stands in no table. */
  readonly table: string;
  readonly place: Place;
  /** The line as it stands in the file. */
  readonly text: string;
  readonly chain: string;
  /** Everything after the chain's name. */
  readonly words: () => readonly Word[];
  /** `[packets:bytes]` where the dump was taken with counters. */
  readonly counters: string | null;
  /** The tool that would print it. */
  readonly saver: Saver;
}

export interface Chain {
  readonly name: string;
  /** Built-in chains: ACCEPT or DROP. ebtables user chains have one too. null: a user chain that returns at its end. */
  readonly policy: string | null;
  readonly builtin: boolean;
  readonly rules: readonly Rule[];
  /** Where it is declared; null when only rules name it. */
  readonly place: Place | null;
}

export interface Table {
  readonly family: Family;
  readonly backend: Backend;
  readonly name: string;
  readonly chains: ReadonlyMap<string, Chain>;
  readonly place: Place | null;
}

export interface Ruleset {
  readonly tables: readonly Table[];
}

/** net/ipv4/netfilter/iptable_*.c and net/bridge/netfilter/ebtable_*.c: the hooks each table has a chain for. */
const IP_CHAINS: Readonly<Record<string, readonly string[]>> = {
  raw: ["PREROUTING", "OUTPUT"],
  mangle: ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
  nat: ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"],
  filter: ["INPUT", "FORWARD", "OUTPUT"],
  security: ["INPUT", "FORWARD", "OUTPUT"],
};
const BRIDGE_CHAINS: Readonly<Record<string, readonly string[]>> = {
  broute: ["BROUTING"],
  nat: ["PREROUTING", "OUTPUT", "POSTROUTING"],
  filter: ["INPUT", "FORWARD", "OUTPUT"],
};
/** What arptables-nft has; the legacy kernel's FORWARD (net/ipv4/netfilter/arptable_filter.c) went with it. */
const ARP_CHAINS: Readonly<Record<string, readonly string[]>> = { filter: ["INPUT", "OUTPUT"] };
export const builtinChains = (family: Family, table: string): readonly string[] =>
  own(family === "bridge" ? BRIDGE_CHAINS : family === "arp" ? ARP_CHAINS : IP_CHAINS, table) ?? [];

export const tableNames = (family: Family): readonly string[] =>
  Object.keys(family === "bridge" ? BRIDGE_CHAINS : family === "arp" ? ARP_CHAINS : IP_CHAINS);

/** `ipv4 filter`, or with its backend where both are loaded. */
export const sameTable = (a: Table, b: Table): boolean =>
  a.family === b.family && a.backend === b.backend && a.name === b.name;

/** A rule-set with one chain's rules replaced. */
export function withRules(ruleset: Ruleset, table: Table, chain: Chain, rules: readonly Rule[]): Ruleset {
  const chains = new Map(table.chains).set(chain.name, { ...chain, rules });
  return withTable(ruleset, table, { ...table, chains });
}

/** A rule-set with one table replaced, or (null) not loaded. */
export function withTable(ruleset: Ruleset, table: Table, next: Table | null): Ruleset {
  return { tables: ruleset.tables.flatMap((each) => (sameTable(each, table) ? (next ? [next] : []) : [each])) };
}
