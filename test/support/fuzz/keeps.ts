/** What holds for any input, whatever is wrong with it. Each throws what does not hold. */
import { Host } from "../../../src/facts/index.ts";
import type { Problem } from "../../../src/finding.ts";
import { lint } from "../../../src/lint/index.ts";
import { bind, type LoadedDump, loadDump, printDump, type Ruleset } from "../../../src/model/index.ts";
import { Source } from "../../../src/source.ts";
import { blanked, type Dump, hereDocuments, type Line, parse, type Word } from "../../../src/syntax/index.ts";

function hold(holds: boolean, what: () => string): void {
  if (!holds) throw new Error(what());
}

/** Reads, loads, binds, prints and lints one text: as a file of its own, and as a change to a rule-set. */
export function keepsItsPromises(bytes: string, base: Ruleset, host = new Host()): void {
  const dump = parse(new Source("fuzz", bytes));
  coversItsSource(dump);
  for (const start of [null, base]) {
    const loaded = loadDump(dump, host, start);
    for (const problem of loaded.problems) isPlaced(problem);
    const chains = loaded.ruleset.tables.flatMap((table) => [...table.chains.values()]);
    for (const rule of [...loaded.rules, ...chains.flatMap(({ rules }) => rules)])
      for (const problem of bind(rule).problems) isPlaced(problem);
    const printed = printDump(loaded);
    if (start === null && loaded.isSaved) printsAgain(loaded, printed, host);
    for (const finding of lint({ dumps: [loaded], host, ruleset: loaded.ruleset }).findings) isPlaced(finding);
  }
}

/** What may stand between two lines: the line end of the first, blanks before the second. */
const BETWEEN = {
  saved: { first: /^[ \t]*$/, next: /^\r*\n[ \t]*$/, last: /^(?:\r*\n|\r+)?$/ },
  commands: {
    first: /^(?:[ \t\r\n;&|]|\\\r?\n)*$/,
    next: /^(?:[ \t\r\n;&|]|\\\r?\n)*$/,
    last: /^(?:[ \t\r\n;&|]|\\\r?\n)*$/,
  },
};

function coversItsSource(dump: Dump): void {
  const isScript = dump.dialect === "commands";
  // the text of a here-document is its command's
  const bytes = isScript ? blanked(dump.source.bytes, hereDocuments(dump.source.bytes)) : dump.source.bytes;
  const between = isScript ? BETWEEN.commands : BETWEEN.saved;
  let at = bytes.startsWith("\xef\xbb\xbf") ? 3 : 0;
  let gap = between.first;
  let unreadable = 0;
  for (const line of dump.lines()) {
    hold(line.start >= at && line.end >= line.start, () => `line ${line.start}-${line.end} begins before ${at}`);
    hold(gap.test(bytes.slice(at, line.start)), () => `no line has ${JSON.stringify(bytes.slice(at, line.start))}`);
    holdsItsWords(line);
    if (line.kind === "unreadable") unreadable++;
    at = line.end;
    gap = between.next;
  }
  hold(between.last.test(bytes.slice(at)), () => `no line has the end, ${JSON.stringify(bytes.slice(at))}`);
  hold(dump.problems.length === unreadable, () => `${unreadable} bad lines, but ${dump.problems.length} problems`);
}

function holdsItsWords(line: Line): void {
  let at = line.start;
  for (const { start, end, text } of wordsOf(line)) {
    hold(start >= at && end > start && end <= line.end, () => `word ${start}-${end} stands outside its line`);
    hold(typeof text === "string", () => `word ${start}-${end} has no text`);
    at = end;
  }
}
function wordsOf(line: Line): readonly Word[] {
  const given = (...words: (Word | null)[]) => words.filter((word) => word !== null);
  if (line.kind === "rule") return [...given(line.counters, line.chain), ...line.words];
  if (line.kind === "chain") return given(line.name, line.policy, line.counters);
  if (line.kind === "command") return [...given(line.counters), ...line.words];
  return line.kind === "table" ? [line.name] : [];
}

function isPlaced({ place, related = [], message }: Problem): void {
  for (const { source, start, end } of [place, ...related.map((each) => each.place)]) {
    const { length } = source.bytes;
    hold(start >= 0 && start <= end && end <= length, () => `${message} at ${start}-${end} of ${length}`);
    const { line, column } = source.position(start);
    hold(line >= 1 && column >= 1, () => `${message} at line ${line}, column ${column}`);
  }
}

/** Their tools print them as decimal numbers, which they read in another way (iptables/xshared.c, extensions/libebt_pkttype.c). */
const READ_AS_HEXADECIMAL = / --h-type| --pkttype-type/;
/** A word that ends in a return can be told from a line end only by the blank behind it, which is not printed. */
const RETURN_BEFORE_BLANK = /\r[ \t]/;
/** What a save tool could have written is the same when it is printed again. */
function printsAgain(loaded: LoadedDump, printed: string, host: Host): void {
  const { dump } = loaded;
  const again = loadDump(parse(new Source("printed", printed)), host);
  const { dialect } = again.dump;
  // without a header only options tell arptables' dumps, and not all of these are printed
  if (familiesOf(again).join() !== familiesOf(loaded).join()) return;
  hold(dialect === dump.dialect, () => `a print of ${dump.dialect} is read as ${dialect}`);
  hold(again.isSaved, () => "what was printed is no dump any more");
  const twice = printDump(again);
  if (READ_AS_HEXADECIMAL.test(printed) || RETURN_BEFORE_BLANK.test(dump.source.bytes)) return;
  hold(twice === printed, () => `printed twice: ${difference(printed, twice)}`);
}
const familiesOf = ({ tables }: LoadedDump): string[] => tables.map(({ family }) => family);

function difference(one: string, two: string): string {
  const [a, b] = [one.split("\n"), two.split("\n")];
  const line = a.findIndex((text, at) => text !== b[at]);
  const [was, is] = [a[line]?.split(" ") ?? [], b[line]?.split(" ") ?? []];
  const word = was.findIndex((text, at) => text !== is[at]);
  const option = was.slice(0, word + 1).findLast((text) => text.startsWith("-")) ?? "";
  return `${option} ${JSON.stringify(was.join(" ").slice(0, 300))} became ${JSON.stringify(is.join(" ").slice(0, 300))}`;
}
