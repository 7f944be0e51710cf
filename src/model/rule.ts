/** Rules: as a line of a file has them, changed, or made from text that no file holds. */
import type { Saver } from "../extensions/index.ts";
import type { Family } from "../facts/index.ts";
import type { Place } from "../finding.ts";
import { Source } from "../source.ts";
import { type Dump, parse, type RuleLine, type Word } from "../syntax/index.ts";
import type { Rule } from "./ruleset.ts";

/** What the rules of a section have in common. */
export interface Setting {
  readonly family: Family;
  readonly table: string;
  readonly saver: Saver;
}

/** An `-A` line of a dump: two references and a number; all else is looked up when asked for. */
export class LineRule implements Rule {
  readonly #setting: Setting;
  readonly #dump: Dump;
  readonly #index: number;

  constructor(setting: Setting, dump: Dump, index: number) {
    this.#setting = setting;
    this.#dump = dump;
    this.#index = index;
  }

  get #line(): RuleLine {
    return this.#dump.line(this.#index) as RuleLine;
  }
  get family(): Family {
    return this.#setting.family;
  }
  get table(): string {
    return this.#setting.table;
  }
  get saver(): Saver {
    return this.#setting.saver;
  }
  get place(): Place {
    const { start, end } = this.#line;
    return { source: this.#dump.source, start, end };
  }
  get text(): string {
    return this.#line.text;
  }
  get chain(): string {
    return this.#line.chain.text;
  }
  get counters(): string | null {
    return this.#line.counters?.text ?? null;
  }
  words(): readonly Word[] {
    return this.#line.words;
  }
}

/** The rule with some of it changed. */
export function ruleWith(rule: Rule, changes: Partial<Rule>): Rule {
  const { family, table, place, text, chain, counters, saver } = rule;
  // a rule that was changed before has them as they are: it may be changed as often as there are commands
  const words = rule instanceof LineRule ? () => rule.words() : rule.words;
  return { family, table, place, text, chain, counters, saver, words, ...changes };
}

/** A rule from its text after `-A CHAIN`, for edits that no file holds. */
export function ruleOfText(
  family: Family,
  chain: string,
  body: string,
  saver: Saver = { backend: "legacy", release: 10811 },
): Rule {
  const dump = parse(new Source("(edit)", `*filter\n-A ${chain} ${body}\n`));
  if (dump.line(1).kind !== "rule") throw new Error(`no rule: ${body}`);
  return new LineRule({ family, table: "", saver }, dump, 1);
}

/** Cheap to ask of every line: whether it may list addresses. */
const MAY_LIST = /[ \t](?:-[sd]|--(?:source|src|destination|dst))[ \t]+[^ \t"]*,/;
const SOURCE = new Set(["-s", "--source", "--src"]);
const DESTINATION = new Set(["-d", "--destination", "--dst"]);

/**
 * A rule that lists addresses is as many rules as there are pairs of them (iptables/xshared.c). `most`: how many words
 * they may have together, for two long lists make more rules than there is room for; null: they have more.
 */
export function expandLists(rule: Rule, text: string, most: number): readonly Rule[] | null {
  if (!MAY_LIST.test(text) || rule.family === "bridge") return [rule];
  const words = rule.words();
  const listed = (options: ReadonlySet<string>): number =>
    words.findIndex(
      (word, at) => options.has(words[at - 1]?.text ?? "") && words[at - 2]?.text !== "!" && word.text.includes(","),
    );
  const [source, destination] = [listed(SOURCE), listed(DESTINATION)];
  if (source < 0 && destination < 0) return [rule];
  const [sources, destinations] = [itemsOf(words[source]), itemsOf(words[destination])];
  if (sources.length * destinations.length * words.length > most) return null;
  return sources.flatMap((from) =>
    destinations.map((to) =>
      ruleWith(rule, {
        words: () => words.map((word, at) => (at === source && from ? from : at === destination && to ? to : word)),
      }),
    ),
  );
}

function itemsOf(word: Word | undefined): readonly (Word | null)[] {
  if (!word) return [null];
  let start = word.end - word.text.length;
  return word.text.split(",").map((text) => {
    const item = { text, start, end: start + text.length, quoted: false };
    start += text.length + 1;
    return item;
  });
}
