/** Canonical text: what iptables-save and ebtables-save print. Semantics 5.2 and 5.3. */
import type { OptionTable } from "../extensions/index.ts";
import type { Family } from "../facts/index.ts";
import { encode, type Source } from "../source.ts";
import type { ChainLine, Dump, TableLine } from "../syntax/index.ts";
import { type AnyGiven, type BoundMatch, type BoundRule, bind } from "./bind.ts";
import type { LoadedDump } from "./load.ts";
import type { Rule } from "./ruleset.ts";

/** `-s 10.0.0.0/8 -p tcp -m tcp --dport 80 -j ACCEPT`: a rule without its chain. */
export function ruleBody(rule: Rule): string {
  const bound = bind(rule);
  const { source } = rule.place;
  const parts = bound.matches.map((match) => matchText(match, rule.family, source)).filter((text) => text !== "");
  if (bound.target) {
    const { how, name, extension, given, carried } = bound.target;
    parts.push(how === "goto" ? "-g" : "-j", name);
    parts.push(
      ...optionTexts(extension?.options ?? {}, given, rule.family),
      ...carried.map((word) => raw(word, source)),
    );
  } else if (rule.family === "bridge") parts.push("-j CONTINUE");
  return parts.join(" ");
}

export function ruleText(rule: Rule): string {
  const body = ruleBody(rule);
  return `${rule.counters === null ? "" : `${rule.counters} `}-A ${rule.chain}${body === "" ? "" : ` ${body}`}`;
}

/** One match as it is printed; empty where iptables-save prints nothing (`-i +`). */
export function matchText(match: BoundMatch, family: Family, source: Source): string {
  const options = optionTexts(match.extension?.options ?? {}, match.given, family);
  const named = match.extension?.implicit ? [] : [`-m ${match.name}`];
  return [...named, ...options, ...match.carried.map((word) => raw(word, source))].join(" ");
}

/** No match at all and an all-zero ip part: what TRACE calls policy or return with a standard target (semantics 1.2). */
export const isUnconditional = ({ matches }: BoundRule): boolean =>
  matches.every(
    ({ extension, given, carried }) =>
      extension?.implicit && carried.length === 0 && optionTexts(extension.options, given, "ipv4").length === 0,
  );

const raw = (word: { start: number; end: number; text: string }, source: Source): string =>
  word.text === "!" ? "!" : source.text(word.start, word.end);

function optionTexts(options: OptionTable, given: AnyGiven, family: Family): string[] {
  return Object.entries(options).flatMap(([flag, value]) => {
    const one = given[flag];
    if (!one) return [];
    const words = value.write(one.value, one.negated);
    if (words === null) return [];
    const texts = words.map((word) => (value.quoted === undefined ? word : quote(word, value.quoted)));
    if (!one.negated) return [flag, ...texts];
    return family === "bridge" ? [flag, "!", ...texts] : ["!", flag, ...texts];
  });
}

/** libxtables/xtables.c xtables_save_string: bare iff it is letters, digits, _ and - only. */
function quote(text: string, always: boolean): string {
  if (!always && /^[A-Za-z0-9_-]+$/.test(text)) return text;
  return `"${text.replace(/["\\']/g, "\\$&")}"`;
}

/** A dump's bytes in canonical form: comments and lines that could not be read stay as they are. */
export function printDump({ dump, ruleOfLine }: LoadedDump): string {
  const out: string[] = [];
  for (const line of dump.lines()) {
    const rule = line.kind === "rule" ? ruleOfLine.get(line.start) : undefined;
    if (rule) out.push(encode(ruleText(rule)));
    else if (line.kind === "chain") out.push(encode(chainText(line)));
    else if (line.kind === "table") out.push(encode(`*${(line as TableLine).name.text}`));
    else out.push(encode(line.text));
  }
  return out.length === 0 ? "" : `${out.join("\n")}${endsWithNewline(dump) ? "\n" : ""}`;
}
const endsWithNewline = (dump: Dump): boolean => dump.source.bytes.endsWith("\n");
const chainText = ({ name, policy, counters }: ChainLine): string =>
  [`:${name.text}`, policy?.text, counters?.text].filter((part) => part !== undefined).join(" ");
