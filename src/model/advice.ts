/** What the author of a wrong word probably meant, and where an option belongs that stands alone. */
import { BadValue, type MatchExtension, matches, targets, type Value } from "../extensions/index.ts";
import type { Family } from "../facts/index.ts";
import type { Advice } from "../finding.ts";
import { nearest, nearestFirst } from "../nearest.ts";
import type { Word } from "../syntax/index.ts";
import { optionSpelled, protocolMatch, toolOf } from "./vocabulary.ts";

/** An option with its words, one of which cannot be read. */
export interface Misread {
  readonly value: Value<unknown>;
  readonly option: string;
  /** As it was spelled. */
  readonly flag: string;
  readonly words: readonly Word[];
  readonly family: Family;
}

/** Only what can be read is offered. */
export function adviceFor(misread: Misread, wrong: Word): Advice {
  const { value, family } = misread;
  const replacement = candidates(misread, wrong.text).find((text) => isRead(misread, wrong, text));
  const help = value.hint?.(wrong.text, family);
  // the corrected line is the example
  if (replacement !== undefined) return { replacement, ...(help?.startsWith("such as") === false ? { help } : {}) };
  return { help: help ?? suchAs(misread) };
}

/** Of a long list of names those that are most like the wrong one. */
const LONG_LIST = 80;
const SHOWN_NAMES = 3;
export function shortList(expected: string, wrong: string): string {
  return expected.replace(/(?:[\w-]+, )+[\w-]+/, (list) => {
    const names = list.split(", ");
    if (list.length <= LONG_LIST || names.length <= SHOWN_NAMES) return list;
    return `${nearestFirst(wrong, names).slice(0, SHOWN_NAMES).join(", ")} … (${names.length} in all)`;
  });
}

function isRead({ value, flag, words, family }: Misread, wrong: Word, text: string): boolean {
  try {
    value.read(
      words.map((word) => (word === wrong ? { ...word, text } : word)),
      flag,
      family,
    );
    return true;
  } catch (error) {
    if (!(error instanceof BadValue)) throw error;
    return error.word.start !== wrong.start;
  }
}

function candidates({ value, option, family }: Misread, text: string): readonly string[] {
  const names = value.names?.(family) ?? [];
  const meant = text.split(",").map((part) => names.find((name) => same(name, part)) ?? nearest(part, names));
  const isInterface = /^-[io]$|^--(?:physdev|logical)-/.test(option);
  return [
    ...(meant.includes(undefined) ? [] : [meant.join(",")]),
    text.replace(/,{2,}/g, ",").replace(/^,|,$/g, ""),
    // 2000:1000, 10.0.0.2:90-80, 10.0.0.9-10.0.0.1
    text.replace(/(?<![\w.])(\d+)([-:])(\d+)$/, "$3$2$1"),
    text.replace(/^([^-]+)-([^-]+)$/, "$2-$1"),
    // 1000-2000 for 1000:2000, and the other way round
    text.replaceAll("-", ":"),
    text.replace(/(?<=:\d+):(?=\d+$)|(?<=^\d+):(?=\d+$)/, "-"),
    // fd00::2:80 for [fd00::2]:80
    text.replace(/^([^[\]]*:[^[\]]*):(\d+(?:-\d+)?)$/, "[$1]:$2"),
    ...(isInterface ? [`${text.slice(0, 14)}+`] : []),
  ].filter((candidate) => candidate !== text);
}
const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** `such as --dport 80 or --dport 1024:65535` */
export function suchAs({ value, option, flag, family }: Omit<Misread, "words">): string {
  const good = value.examples.filter((example) => {
    const words = example.split(" ").map((text) => ({ text, start: 0, end: 0, quoted: false }));
    try {
      value.read(words, flag, family);
      return true;
    } catch {
      return false;
    }
  });
  const shown = good.slice(0, 2).map((example) => `${option} ${example}`);
  return `such as ${shown.join(" or ")}`;
}

/** An option that is known and stands where its extension is not loaded. */
export interface Homeless {
  readonly family: Family;
  readonly flag: string;
  /** `-p` as the rule has it before. */
  readonly protocol: string | null;
  /** The target before it. */
  readonly target: string | null;
  /** The words behind it. */
  readonly behind: readonly string[];
}
export interface Home {
  readonly expected: string;
  readonly found: string;
  readonly advice: Advice;
  /** The match that has the option. */
  readonly match: MatchExtension | null;
  /** The name of the match or target. */
  readonly owner: string;
}

/** What has to stand before an option for it to be one; null: no match and no target of the family has it. */
export function homeOf(homeless: Homeless): Home | null {
  const { family, flag } = homeless;
  const owners = matches.filter(
    (each) => each.families.includes(family) && !each.implicit && optionSpelled(each, flag) !== undefined,
  );
  const byProtocol = owners.flatMap((each) => protocolsLoading(family, each));
  if (byProtocol.length > 0) return behindProtocol(homeless, byProtocol, owners[0] as MatchExtension);
  const owner = owners.find(({ name }) => flag === `--${name}`) ?? owners[0];
  return owner ? behindMatch(homeless, owner) : behindTarget(homeless);
}

const protocolsLoading = (family: Family, each: MatchExtension): readonly string[] =>
  (each.placement?.protocols ?? []).filter((name) => protocolMatch(family, name) === each);

const COMMON = ["tcp", "udp"];
function behindProtocol({ flag, protocol, behind }: Homeless, all: readonly string[], match: MatchExtension): Home {
  const usual = COMMON.filter((name) => all.includes(name));
  const names = usual.length > 0 ? usual : [all[0] as string];
  const wanted = names.map((name) => `-p ${name}`).join(" or ");
  const expected = `${wanted} before ${flag}`;
  const later = behind[behind.findIndex((text) => text === "-p" || text === "--protocol") + 1];
  if (protocol !== null) {
    const help = `-p ${protocol} has no ${flag}: ask for ${wanted}, or leave ${flag} out`;
    return { expected, found: `-p ${protocol}`, advice: { help }, match, owner: match.name };
  }
  if (later !== undefined && all.includes(later)) {
    const help = `move -p ${later} before ${flag}: options are read from left to right`;
    return { expected, found: `-p ${later} behind it`, advice: { help }, match, owner: match.name };
  }
  return { expected, found: "no -p", advice: { replacement: `-p ${names[0]} ${flag}` }, match, owner: match.name };
}

function behindMatch({ flag, protocol, behind }: Homeless, match: MatchExtension): Home {
  const load = `-m ${match.name}`;
  const expected = `${load} before ${flag}`;
  const at = behind.findIndex((text, i) => text === match.name && /^(?:-m|--match)$/.test(behind[i - 1] ?? ""));
  if (at >= 0) {
    const help = `move ${load} before ${flag}: options are read from left to right`;
    return { expected, found: `${load} behind it`, advice: { help }, match, owner: match.name };
  }
  const needed = protocol === null ? match.placement?.protocols?.[0] : undefined;
  const replacement = `${needed === undefined ? "" : `-p ${needed} `}${load} ${flag}`;
  return { expected, found: "none", advice: { replacement }, match, owner: match.name };
}

function behindTarget({ family, flag, target, behind }: Homeless): Home | null {
  const owners = targets.filter(
    (each) => each.families.includes(family) && optionSpelled(each, flag) !== undefined && each.name !== target,
  );
  const later = behind[behind.findIndex((text) => text === "-j" || text === "--jump") + 1];
  const owner = owners.find(({ name }) => name === later) ?? owners[0];
  if (!owner) return null;
  const expected = `-j ${owner.name} before ${flag}`;
  if (later === owner.name) {
    const help = `move ${flag} and its word behind -j ${owner.name}: options are read from left to right`;
    return { expected, found: "it behind", advice: { help }, match: null, owner: owner.name };
  }
  if (target !== null)
    return {
      expected,
      found: `-j ${target}`,
      advice: { help: `${flag} is an option of ${owner.name}` },
      match: null,
      owner: owner.name,
    };
  return {
    expected,
    found: "no -j",
    advice: { replacement: `-j ${owner.name} ${flag}` },
    match: null,
    owner: owner.name,
  };
}

/** Dashes that word processors and web pages make of - and --. */
const DASHES = /^[-\u2010-\u2015\u2212]*[\u2010-\u2015\u2212][-\u2010-\u2015\u2212]*/;
export const withPlainDashes = (text: string): string | null =>
  DASHES.test(text) ? text.replace(DASHES, /^\W*\w(?:\W|$)/.test(text) ? "-" : "--") : null;

/** What ip6tables calls otherwise, and the other way round. */
const COUNTERPARTS: Readonly<Record<string, string>> = { ttl: "hl", hl: "ttl", icmp: "icmp6", icmp6: "icmp" };
/** The family's own match for another family's, with its options. */
export function counterpartOf(family: Family, name: string): string {
  const own = COUNTERPARTS[name];
  const match = matches.find((each) => each.name === own && each.families.includes(family) && !each.implicit);
  if (!match) return `${toolOf(family)} has nothing of the kind: leave it out`;
  const protocol = protocolsLoading(family, match)[0];
  return `${toolOf(family)} has ${protocol === undefined ? "" : `-p ${protocol} `}-m ${match.name} (${Object.keys(match.options).join(", ")})`;
}

/** Words that no option takes: most often a text with blanks in it. */
export function adviceForStray(before: readonly Word[], stray: readonly Word[]): Advice {
  const flag = before.findLastIndex(({ text, quoted }) => !quoted && text.startsWith("-"));
  const all = [...before.slice(flag + 1), ...stray].map(({ text }) => text);
  const option = before[flag]?.text ?? "";
  const isText = /comment|prefix|string/.test(option) || /^['\u2018-\u201f]/.test(all[0] ?? "");
  if (!isText) return { help: "every word stands behind the option that takes it" };
  const plain = all.join(" ").replace(/^['\u2018-\u201f]+|['\u2018-\u201f]+$/g, "");
  return { help: `a text with blanks stands in straight double quotes: ${option} "${plain}"` };
}

/** The options of an extension, where they are few enough to be read. */
const MOST_LISTED = 6;
export function optionsOf(extension: MatchExtension, family: Family): { expected: string; advice: Advice } {
  const { name, options, implicit } = extension;
  const tool = toolOf(family);
  if (implicit) return { expected: `an option of ${tool}`, advice: { help: `\`${tool} --help\` lists them` } };
  const names = Object.keys(options);
  if (names.length <= MOST_LISTED && names.length > 0)
    return { expected: `an option of ${name}: ${names.join(", ")}`, advice: {} };
  const how = `\`${tool} ${targets.some((each) => each.name === name) ? "-j" : "-m"} ${name} --help\` lists them`;
  return { expected: `an option of ${name}`, advice: { help: how } };
}
