/** Canonical text: what iptables-save and ebtables-save print. Semantics 5.2 and 5.3. */
import { type MatchExtension, type OptionTable, quote, type Saver } from "../extensions/index.ts";
import type { Family } from "../facts/index.ts";
import type { Source } from "../source.ts";
import type { Word } from "../syntax/index.ts";
import { type AnyGiven, type BoundMatch, type BoundRule, bind } from "./bind.ts";
import type { Rule } from "./ruleset.ts";

/**
 * `-s 10.0.0.0/8 -p tcp -m tcp --dport 80 -j ACCEPT`: a rule without its chain, as its saver prints it. What the tool
 * would not take stays as it is: no saver has printed it, and to leave some of it out would make another rule of it.
 */
export function ruleBody(rule: Rule): string {
  const bound = bind(rule);
  if (!isTaken(rule))
    return rule
      .words()
      .map((word) => raw(word, rule.place.source))
      .join(" ");
  const matches = rule.saver.backend === "nft" ? mergedInNft(bound.matches, rule) : bound.matches;
  const parts = matches.map((match) => matchText(match, rule)).filter((text) => text !== "");
  const [name, ...options] = targetTexts(rule);
  // arptables prints the target's name first, its options last
  if (name !== undefined && rule.family === "arp") parts.unshift(name);
  else if (name !== undefined) parts.push(name);
  parts.push(...options);
  const body = parts.join(" ");
  if (!bound.counters || rule.family !== "bridge") return body;
  const counters = ["-c", ...bound.counters.map(({ text }) => text)].join(" ");
  return `${body}${gluesCounters(bound, rule.saver) ? "" : " "}${counters}`;
}

/** ebtables' own tool prints a blank only behind the standard targets and a bare `redirect`. */
const gluesCounters = ({ target }: BoundRule, { release }: Saver): boolean =>
  release <= 10000 && !!target && !target.extension?.standard && !/^(?:CONTINUE|redirect)$/.test(target.name);

/** Whether each of its options is one, alone and beside the others. */
export const isTaken = (rule: Rule): boolean => bind(rule).problems.every(({ message }) => message !== "unbound");

export function ruleText(rule: Rule): string {
  const body = ruleBody(rule);
  const [packets, bytes] = (rule.family !== "bridge" && isTaken(rule) && bind(rule).counters) || [];
  const counters = packets && bytes ? `[${packets.text}:${bytes.text}]` : rule.counters;
  return `${counters === null ? "" : `${counters} `}-A ${rule.chain}${body === "" ? "" : ` ${body}`}`;
}

/** `-j DNAT --to-destination 10.0.0.1`; empty for a rule without a target. */
export const targetText = (rule: Rule): string => targetTexts(rule).join(" ");
/** `-j DNAT` and what follows it. */
function targetTexts(rule: Rule): readonly string[] {
  const { target } = bind(rule);
  if (!target) return rule.family === "bridge" ? ["-j CONTINUE"] : [];
  const { how, name, extension, given, carried } = target;
  return [
    `${how === "goto" ? "-g" : "-j"} ${extension?.name ?? said(name)}`,
    ...(extension ? optionTexts(extension, given, rule) : []),
    ...carried.map((word) => raw(word, rule.place.source)),
  ];
}

/** One match as it is printed; empty where iptables-save prints nothing (`-i +`). */
export function matchText(match: BoundMatch, rule: Rule): string {
  const { extension } = match;
  const options = extension ? optionTexts(extension, match.given, rule) : [];
  const named = extension?.implicit ? [] : [`-m ${said(match.name)}`];
  return [...named, ...options, ...match.carried.map((word) => raw(word, rule.place.source))].join(" ");
}

/** iptables-nft reads some matches back from expressions: two become one, and one that always holds leaves nothing. */
function mergedInNft(matches: readonly BoundMatch[], rule: Rule): readonly BoundMatch[] {
  const out: BoundMatch[] = [];
  /** Where the first of each that was read in full stands. */
  const firsts = new Map<BoundMatch["extension"], number>();
  for (const match of matches) {
    const { extension, given } = match;
    const native = extension?.nativeInNft?.(given as never) && match.carried.length === 0;
    if (
      extension &&
      native &&
      Object.keys(given).length > 0 &&
      isInverted(given) &&
      optionTexts(extension, given, rule).length === 0
    )
      continue;
    const same = native ? firsts.get(extension) : undefined;
    const earlier = out[same ?? -1];
    if (same !== undefined && earlier && extension?.nativeInNft?.(earlier.given as never)) {
      out[same] = { ...earlier, given: { ...earlier.given, ...given } };
      continue;
    }
    if (match.carried.length === 0 && !firsts.has(extension)) firsts.set(extension, out.length);
    out.push(match);
  }
  return out;
}
const isInverted = (given: AnyGiven): boolean => Object.values(given).every((one) => one?.negated);

const LEGACY: Saver = { backend: "legacy", release: 10811 };
/** No match at all and an all-zero ip part: what TRACE calls policy or return with a standard target (semantics 1.2). */
export const isUnconditional = ({ matches }: BoundRule): boolean =>
  matches.every(
    ({ extension, given, carried }) =>
      extension?.implicit &&
      carried.length === 0 &&
      Object.entries(extension.options).every(([flag, value]) => {
        const one = given[flag];
        return !one || (!one.negated && value.write(one.value, false, LEGACY) === null);
      }),
  );

/** As it stands in the file, unless the file says it in another way: a `!` put before it, a variable's value. */
function raw({ start, end, text, quoted }: Word, source: Source): string {
  const written = source.text(start, end) || '""';
  if (quoted || written === text) return written;
  return /["\\]/.test(text) ? quote(text, true) : said(text);
}
/** In quotes where it is more, or less, than one word. */
const said = (text: string): string => (/[ \t\r\n]|^"|^$/.test(text) ? quote(text, true) : text);

function optionTexts(
  extension: { readonly options: OptionTable; write?: MatchExtension["write"] },
  given: AnyGiven,
  { family, saver }: Rule,
): readonly string[] {
  const own = extension.write?.(given as never, saver, family);
  if (own) return own;
  return Object.entries(extension.options).flatMap(([flag, value]) => {
    const one = given[flag];
    if (!one) return [];
    const words = value.write(one.value, one.negated, saver);
    if (words === null) return [];
    const texts = words.map((word) => (value.quoted === undefined ? word : quote(word, value.quoted)));
    if (!one.negated) return [flag, ...texts];
    return value.arity > 0 && negatesBehind(family, saver) ? [flag, "!", ...texts] : ["!", flag, ...texts];
  });
}
/** ebtables printed `-p ! IPv4` before release 1.8.11. */
const negatesBehind = (family: Family, { release }: Saver): boolean => family === "bridge" && release < 10811;
