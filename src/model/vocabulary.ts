/** Which extension and which option a word names: exactly, by an unambiguous beginning, or nearly. */
import { type MatchExtension, matches, type OptionTable, type TargetExtension, targets } from "../extensions/index.ts";
import type { Family } from "../facts/index.ts";
import { nearest } from "../nearest.ts";

type AnyExtension = MatchExtension | TargetExtension;

const knownMatches = byName(matches.filter(({ implicit }) => !implicit));
const knownTargets = byName(targets);
function byName<E extends AnyExtension>(list: readonly E[]): ReadonlyMap<string, E> {
  const map = new Map<string, E>();
  for (const each of list) {
    const names = [each.name, ...(("aliases" in each && each.aliases) || [])];
    for (const family of each.families) for (const name of names) map.set(`${family} ${name}`, each);
  }
  return map;
}

export const matchNamed = (family: Family, name: string): MatchExtension | null =>
  knownMatches.get(`${family} ${name}`) ?? null;
export const targetNamed = (family: Family, name: string): TargetExtension | null =>
  knownTargets.get(`${family} ${name}`) ?? null;
/** Whether a target of this name is known without a chain of that name. */
export const isTarget = (family: Family, name: string): boolean => knownTargets.has(`${family} ${name}`);
export const targetNames = (family: Family): readonly string[] => namesOf(targets, family);

/** A family whose tool has a match of this name; null: none has. */
export const matchElsewhere = (name: string): Family | null =>
  matches.find((each) => each.name === name && !each.implicit)?.families[0] ?? null;
/** The commands' name: iptables, ip6tables, ebtables or arptables. */
export const toolOf = (family: Family): string => TOOLS[family];
const TOOLS: Readonly<Record<Family, string>> = {
  ipv4: "iptables",
  ipv6: "ip6tables",
  bridge: "ebtables",
  arp: "arptables",
};

const implicit = (family: Family) =>
  matches
    .filter((each) => each.implicit && each.families.includes(family))
    .sort((a, b) => Number(b.implicit === "own") - Number(a.implicit === "own"));
/** Matches whose options need no `-m`, the rule's own part first. */
export const implicitMatches: Readonly<Record<Family, readonly MatchExtension[]>> = {
  ipv4: implicit("ipv4"),
  ipv6: implicit("ipv6"),
  bridge: implicit("bridge"),
  arp: implicit("arp"),
};

/** The match that `-p` of this protocol brings with it (iptables/xshared.c load_proto). */
export const protocolMatch = (family: Family, protocol: string): MatchExtension | undefined =>
  matches.find(
    (each) => !each.implicit && each.families.includes(family) && (each.loadedBy ?? [each.name]).includes(protocol),
  );

const spellings = new WeakMap<OptionTable, ReadonlyMap<string, string>>();
/** Every spelling of every option, and the option that it stands for. */
function spellingsOf(options: OptionTable): ReadonlyMap<string, string> {
  let map = spellings.get(options);
  if (!map) {
    map = new Map(
      Object.entries(options).flatMap(([option, { aliases = [], shorthands = {} }]) =>
        [option, ...aliases, ...Object.keys(shorthands)].map((spelled) => [spelled, option] as const),
      ),
    );
    spellings.set(options, map);
  }
  return map;
}
export const optionSpelled = ({ options }: AnyExtension, flag: string): string | undefined =>
  spellingsOf(options).get(flag);
/** The spellings that begin so, as getopt_long takes them. */
export const optionsBeginning = ({ options }: AnyExtension, start: string): readonly string[] =>
  [...spellingsOf(options).keys()].filter((spelled) => spelled.startsWith(start));

/** xtables-addons and others: not modelled, and no misspelling of what is. */
const FOREIGN = new Set(
  `account asn condition dhcpmac fuzzy geoip gradm iface ipp2p ipv4options length2 lscan mport ndpi pknock psd quota2
  webstr layer7 time2 TARPIT DELUDE CHAOS IPMARK LOGMARK SYSRQ STEAL ECHO ACCOUNT DHCPMAC DNETMAP RAWDNAT RAWSNAT PROTO
  MIRROR ROUTE FULLCONENAT NDPI XMARK NFACCT NATTYPE`.split(/\s+/),
);
const namesOf = (list: readonly AnyExtension[], family: Family): string[] =>
  list
    .filter((each) => each.families.includes(family) && !("implicit" in each && each.implicit))
    .map(({ name }) => name);

/** Names of matches (`-m`) near one that nobody knows. */
export const nearMatch = (family: Family, name: string): string | undefined =>
  FOREIGN.has(name) ? undefined : nearest(name, namesOf(matches, family));
/** A target that others have written. */
export const isForeign = (name: string): boolean => FOREIGN.has(name);
export const nearTarget = (family: Family, name: string, chains: Iterable<string>): string | undefined =>
  FOREIGN.has(name) ? undefined : nearest(name, [...chains, ...targetNames(family)]);
/** An option near one that none of these has; options of matches that are not loaded come last, with the match's name. */
export function nearOption(family: Family, flag: string, loaded: readonly (AnyExtension | null)[]): string | undefined {
  const own = loaded.flatMap((each) => (each ? [...spellingsOf(each.options).keys()] : []));
  const close = nearest(flag, own);
  if (close !== undefined) return close;
  for (const each of matches) {
    if (!each.families.includes(family) || each.implicit || !spellingsOf(each.options).has(flag)) continue;
    return `-m ${each.name} ${flag}`;
  }
  return undefined;
}
