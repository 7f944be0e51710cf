/** Real dumps, held against what the real tools said of them (../shared/corpus/MANIFEST.tsv). */
import { describe, expect, test } from "vitest";
import { Host } from "../../src/facts/index.ts";
import type { Problem } from "../../src/finding.ts";
import { bind, type LoadedDump, loadDump } from "../../src/model/index.ts";
import { Source } from "../../src/source.ts";
import { parse } from "../../src/syntax/index.ts";
import { hasShared, sharedBytes } from "../support/shared.ts";

interface Row {
  readonly path: string;
  readonly accepted: boolean;
  readonly why: string;
}
const SAVED = /^(?:save|extracted-save|derived-save|dumped-save|derived-restore|restore-input)/;
const rows: readonly Row[] = (hasShared ? sharedBytes("corpus/MANIFEST.tsv") : "")
  .split("\n")
  .slice(1)
  .map((line) => line.split("\t"))
  .filter(([, , , , kind = ""]) => SAVED.test(kind))
  .map(([path = "", , , , , , , nft = "", legacy = "", why = ""]) => ({
    path,
    accepted: [nft, legacy].some((answer) => answer === "yes" || answer === "test-only"),
    why,
  }));

const load = (path: string): LoadedDump => loadDump(parse(new Source(path, sharedBytes(`corpus/${path}`))), new Host());

function problemsOf({ problems, tables }: LoadedDump): readonly Problem[] {
  const chains = tables.flatMap((table) => [...table.chains.values()]);
  return [...problems, ...chains.flatMap(({ rules }) => rules.flatMap((rule) => bind(rule).problems))];
}
/** A line that cannot be read, an option that cannot be bound; not what the kernel would say to it where it stands. */
const unbound = (dump: LoadedDump): string[] =>
  problemsOf(dump)
    .filter(({ message }) => message === "unreadable" || message === "unbound")
    .map(({ data, place }) => `line ${place.source.lineAt(place.start)}: ${data["expected"]}, found ${data["found"]}`);
/** Matches and targets that nobody here knows; a target that is no chain of the dump may be another software's chain. */
const carried = ({ tables }: LoadedDump): string[] =>
  tables.flatMap(({ chains }) =>
    [...chains.values()].flatMap(({ rules }) =>
      rules.flatMap((rule) => bind(rule).matches.flatMap((match) => (match.extension ? [] : [match.name]))),
    ),
  );

describe.skipIf(!hasShared)("dumps that the real tools take", () => {
  const taken = rows.filter(({ accepted }) => accepted);
  test("there are hundreds of them", () => expect(taken.length).toBeGreaterThan(800));
  test("every line is read and every option bound", () => {
    const wrong = taken.flatMap(({ path }) => unbound(load(path)).map((problem) => `${path} ${problem}`));
    expect(wrong).toEqual([]);
  });
  test("no match of theirs is one that nobody here knows", () => {
    expect(taken.flatMap(({ path }) => carried(load(path)))).toEqual([]);
  });
});

/** Where we are more tolerant than the tools, and why. */
const TOLERATED: Readonly<Record<string, string>> = {
  "secgroup+fws/examples/real-world/veroneau.net/iptables-save":
    "a blank behind COMMIT: no other statement can be meant, and nothing is lost by reading it",
};

describe.skipIf(!hasShared)("dumps that no real tool takes", () => {
  const refused = rows.filter(({ accepted }) => !accepted);
  test("each has a finding, or a reason why it needs none", () => {
    const silent = refused.filter(({ path }) => problemsOf(load(path)).length === 0).map(({ path }) => path);
    expect(silent).toEqual(Object.keys(TOLERATED));
  });

  // the tools stop at their first mistake and name its line; undeclared chains have a lint rule of their own
  const placed = refused.filter(({ why }) => /^"?L\d+: /.test(why));
  test("where the tool names a line, we have one there, or before it", () => {
    const late = placed.flatMap(({ path, why }) => {
      const line = Number(/^"?L(\d+)/.exec(why)?.[1]);
      const [first] = problemsOf(load(path))
        .map(({ place }) => place.source.lineAt(place.start))
        .sort((a, b) => a - b);
      return first === undefined || first <= line ? [] : [`${path}: theirs ${line}, ours ${first} (${why})`];
    });
    expect(late.filter((each) => !each.startsWith(MIXED))).toEqual([]);
  });
  // IPv4 and IPv6 rules in one table: the tool was ip6tables-restore, and stopped at the first IPv4 address
  const MIXED = "diekmann+Iptables_Semantics/thy/Iptables_Semantics/Examples/Parser_Test/data/iptables-save:";
});
