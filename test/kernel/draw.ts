/** Random rules from the extensions' own option tables: the same ones for the same `pick`. */
import {
  type MatchExtension,
  matches,
  type OptionTable,
  type Placement,
  type TargetExtension,
  targets,
  type Value,
} from "../../src/extensions/index.ts";
import type { Family } from "../../src/facts/index.ts";
import { builtinChains, tableNames } from "../../src/model/index.ts";
import { drawExample, drawSpelling } from "./spell.ts";

/** Whole numbers below the limit. */
export type Pick = (limit: number) => number;
export const chance = (pick: Pick, percent: number): boolean => pick(100) < percent;
export const oneOf = <T>(pick: Pick, list: readonly T[]): T => list[pick(list.length)] as T;
export function shuffled<T>(pick: Pick, list: readonly T[]): T[] {
  const out = [...list];
  for (let at = out.length - 1; at > 0; at--) {
    const other = pick(at + 1);
    [out[at], out[other]] = [out[other] as T, out[at] as T];
  }
  return out;
}

export interface Drawn {
  readonly family: Family;
  readonly table: string;
  /** Built-in, or `own`, a user chain. */
  readonly chain: string;
  /** Matches and target, as one list of words. */
  readonly words: readonly string[];
}
/** The user chains that a drawn rule may stand in, and jump to. */
export const OWN = "own";
export const OTHER = "other";

type AnyExtension = MatchExtension | TargetExtension;
const isMatch = (extension: AnyExtension): extension is MatchExtension => "means" in extension;
const implicitOf = (extension: AnyExtension) => (isMatch(extension) ? extension.implicit : undefined);

/** ebtables-nft has broute since 1.8.10. */
const TABLES: Readonly<Record<Family, readonly string[]>> = {
  ipv4: tableNames("ipv4"),
  ipv6: tableNames("ipv6"),
  bridge: ["filter", "nat"],
  arp: tableNames("arp"),
};

/** How often a rule leaves what its extensions say about themselves, so that refusals are compared too. */
const WILD = 5;

export function drawRule(pick: Pick, family: Family): Drawn {
  for (;;) {
    const rule = tryRule(pick, family);
    if (rule) return rule;
  }
}

function tryRule(pick: Pick, family: Family): Drawn | null {
  const wild = chance(pick, WILD);
  const own = matches.find((each) => each.implicit === "own" && each.families.includes(family));
  const others = matches.filter((each) => each.implicit !== "own" && each.families.includes(family));
  const drawn = shuffled(pick, others).slice(0, oneOf(pick, [0, 1, 1, 1, 2, 2, 3]));
  const target = chance(pick, 70)
    ? oneOf(
        pick,
        targets.filter((each) => each.families.includes(family)),
      )
    : null;
  const all: AnyExtension[] = [...drawn, ...(target ? [target] : [])];
  const table = fitting(pick, all, "tables", TABLES[family], wild);
  if (table === null) return null;
  const hook = fitting(pick, all, "hooks", builtinChains(family, table), wild);
  if (hook === null) return null;
  const protocol = fitting(pick, all, "protocols", [], wild);
  if (protocol === null) return null;
  const chain = chance(pick, 50) ? OWN : hook;

  const segments: string[][] = [];
  const ownWords = own ? ownOptions(pick, family, own, protocol, all) : [];
  let isFirst = true;
  for (const extension of drawn) {
    const implied = isImplied(extension, protocol) && chance(pick, 30);
    const options = drawOptions(pick, family, extension, all, wild);
    const name = chance(pick, 15) ? oneOf(pick, [extension.name, ...(extension.aliases ?? [])]) : extension.name;
    segments.push(extension.implicit || (implied && isFirst) ? options : [oneOf(pick, MATCH), name, ...options]);
    isFirst = false;
  }
  const jump = target
    ? [oneOf(pick, JUMP), target.name, ...drawOptions(pick, family, target, all, wild)]
    : oneOf(pick, family === "bridge" ? [[], ["-j", OTHER]] : [[], ["-j", OTHER], ["-g", OTHER]]);
  // what -p brings with it has to come behind it
  const rest = chance(pick, 25) ? shuffled(pick, [...segments, jump]) : [...segments, jump];
  const words = chance(pick, 80) || protocol ? [...ownWords, ...rest.flat()] : [...rest.flat(), ...ownWords];
  return { family, table, chain, words };
}
const MATCH = ["-m", "-m", "-m", "--match"];
const JUMP = ["-j", "-j", "-j", "--jump"];

const isImplied = (extension: MatchExtension, protocol: string): boolean =>
  !extension.implicit && protocol !== "" && (extension.loadedBy ?? [extension.name]).includes(protocol);

/** One of the places that all of them take; empty: none of them cares and there are no others; null: there is none. */
function fitting(
  pick: Pick,
  all: readonly AnyExtension[],
  what: keyof Placement,
  every: readonly string[],
  wild: boolean,
): string | null {
  const asked = all.flatMap(({ placement }) => placement?.[what] ?? null).filter((each) => each !== null);
  if (asked.length === 0 || (wild && every.length > 0)) return every.length === 0 ? "" : oneOf(pick, every);
  const lists = all.flatMap(({ placement }) => (placement?.[what] ? [placement[what]] : []));
  const [first = [], ...more] = lists;
  const common = first.filter(
    (name) => more.every((list) => list.includes(name)) && (every.length === 0 || every.includes(name)),
  );
  return common.length === 0 ? null : oneOf(pick, common);
}

/** Of the rule's own part a few options, and the protocol that the matches ask for. */
function ownOptions(
  pick: Pick,
  family: Family,
  own: MatchExtension,
  protocol: string,
  all: readonly AnyExtension[],
): string[] {
  return Object.entries(own.options).flatMap(([option, value]) => {
    // a line for the other tool is passed over: there would be nothing to compare
    if (option === (family === "ipv6" ? "-4" : "-6")) return [];
    if (option === "-p" && protocol !== "") return [oneOf(pick, ["-p", "-p", "--protocol"]), protocol];
    // few kernels have what these need
    const often = option.startsWith("--logical-") ? 3 : 20;
    return chance(pick, often) ? optionWords(pick, family, own, option, value, all) : [];
  });
}

/** Options that go together as the extension says: `needs`, `excludes`, `together`. */
function drawOptions(
  pick: Pick,
  family: Family,
  extension: AnyExtension,
  all: readonly AnyExtension[],
  wild: boolean,
): string[] {
  const names = shuffled(pick, Object.keys(extension.options));
  const chosen = wild ? names.filter(() => chance(pick, 30)) : sound(pick, extension, names);
  return chosen.flatMap((option) => {
    const value = (extension.options as OptionTable)[option] as Value<unknown>;
    // twice of the others: refused, but for some of ebtables' options, of which it takes the last
    const again = chance(pick, value.repeatable ? 25 : wild && family !== "bridge" ? 10 : 0);
    const words = optionWords(pick, family, extension, option, value, all);
    return again ? [...words, ...optionWords(pick, family, extension, option, value, all)] : words;
  });
}

export function sound(
  pick: Pick,
  { needs = [], excludes = [], together = {}, ...rest }: AnyExtension,
  names: string[],
) {
  const least = implicitOf({ needs, excludes, together, ...rest } as AnyExtension) === "other" ? 1 : 0;
  const density = oneOf(pick, [15, 30, 60]);
  let chosen: string[] = [];
  for (let tries = 0; tries < 50; tries++) {
    const wanted = new Set(names.filter(() => chance(pick, density)));
    for (const group of needs) if (!group.some((option) => wanted.has(option))) wanted.add(oneOf(pick, group));
    for (const option of names) if (wanted.has(option)) for (const other of together[option] ?? []) wanted.add(other);
    for (const group of excludes) {
      const both = shuffled(
        pick,
        group.filter((option) => wanted.has(option)),
      );
      for (const option of both.slice(1)) wanted.delete(option);
    }
    chosen = names.filter((option) => wanted.has(option));
    const needed = needs.every((group) => group.some((option) => wanted.has(option)));
    const beside = chosen.every((option) => (together[option] ?? []).every((other) => wanted.has(other)));
    if (needed && beside && chosen.length >= Math.min(least, names.length)) break;
  }
  return chosen;
}

function optionWords(
  pick: Pick,
  family: Family,
  extension: AnyExtension,
  option: string,
  value: Value<unknown>,
  all: readonly AnyExtension[],
): string[] {
  const negated = value.negatable && chance(pick, 25);
  const { flag, joined } = drawSpelling(pick, option, value, [extension, ...all]);
  const words = value.shorthands && flag in value.shorthands ? [] : drawExample(pick, value, family);
  const behind = negated && family === "bridge" && value.arity > 0 && chance(pick, 50);
  if (behind) return [flag, "!", ...words];
  // a word with blanks is quoted, and what is quoted is not taken apart
  const isPlain = words.length === 1 && /^[^\s"]+$/.test(words[0] ?? "");
  const told = joined !== null && isPlain ? [`${flag}${joined}${words[0]}`] : [flag, ...words];
  return negated ? ["!", ...told] : told;
}
