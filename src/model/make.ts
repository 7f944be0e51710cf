/** A line's words as rules: one, or one for each pair of addresses where it lists them. */
import type { Saver } from "../extensions/index.ts";
import type { Family } from "../facts/index.ts";
import { Source } from "../source.ts";
import { parse, type Word } from "../syntax/index.ts";
import type { Rule } from "./ruleset.ts";

/** Words are views, made again when asked for. */
export type Words = () => readonly Word[];

/** Cheap to ask of every line: whether it may list addresses. */
const MAY_LIST = /(?:^|[ \t])(?:-[sd]|--(?:source|src|destination|dst))[ \t]+[^ \t"]*,/;
const SOURCE = new Set(["-s", "--source", "--src"]);
const DESTINATION = new Set(["-d", "--destination", "--dst"]);

/** `-s a,b -d c,d` is four rules; all sources of the first destination do not come first (iptables/xshared.c). */
export function expandLists(lazy: Words, text: string, family: Family): Words[] {
  if (!MAY_LIST.test(text)) return [lazy];
  const words = lazy();
  const listed = (options: ReadonlySet<string>): number => {
    if (family === "bridge" || family === "arp") return -1;
    for (let at = 0; at + 1 < words.length; at++) {
      const [option, value] = [words[at] as Word, words[at + 1] as Word];
      if (options.has(option.text) && words[at - 1]?.text !== "!" && value.text.includes(",")) return at + 1;
    }
    return -1;
  };
  const [source, destination] = [listed(SOURCE), listed(DESTINATION)];
  if (source < 0 && destination < 0) return [lazy];
  return itemsOf(words[source]).flatMap((from) =>
    itemsOf(words[destination]).map(
      (to) => () => words.map((word, at) => (at === source && from ? from : at === destination && to ? to : word)),
    ),
  );
}

function itemsOf(word: Word | undefined): readonly (Word | null)[] {
  if (!word) return [null];
  let start = word.start + (word.end - word.start - word.text.length);
  return word.text.split(",").map((text) => {
    const item = { text, start, end: start + text.length, quoted: false };
    start += text.length + 1;
    return item;
  });
}

/** A rule from its text after `-A CHAIN`, for edits that no file holds. */
export function ruleOfText(
  family: Family,
  chain: string,
  body: string,
  saver: Saver = { backend: "legacy", release: 10811 },
): Rule {
  const dump = parse(new Source("(edit)", `*filter\n-A ${chain} ${body}\n`));
  const line = dump.line(1);
  if (line.kind !== "rule") throw new Error(`no rule: ${body}`);
  const place = { source: dump.source, start: line.start, end: line.end };
  return { family, table: "", chain, place, text: line.text, counters: null, saver, words: () => line.words };
}
