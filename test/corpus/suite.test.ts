/** netfilter's own extension tests: what loads is printed as the tool saves it, what is refused is refused here. */
import { describe, expect, test } from "vitest";
import type { Backend } from "../../src/extensions/index.ts";
import { bind, ruleBody, ruleOfText, ruleWith } from "../../src/model/index.ts";
import { type SuiteLine, suiteLines } from "../support/suite.ts";

const lines = suiteLines();

interface Answer {
  readonly where: string;
  readonly wants: string | null;
  readonly ours: string;
  readonly refused: boolean;
}
function answer({ file, line, family, release, table, chains, rule, saved }: SuiteLine, backend: Backend): Answer {
  const made = ruleWith(ruleOfText(family, chains[0] ?? "INPUT", rule, { backend, release }), { table });
  const { problems, matches, target } = bind(made);
  const unknown = [...matches, ...(target?.how === "jump" ? [target] : [])].some(({ extension }) => !extension);
  return {
    where: `${release} ${backend} ${file}:${line}`,
    wants: saved[backend],
    ours: ruleBody(made),
    refused: problems.length > 0 || unknown,
  };
}
const backends = ({ family }: SuiteLine): readonly Backend[] =>
  family === "bridge" || family === "arp" ? ["nft"] : ["legacy", "nft"];
const answers = (fits: (line: SuiteLine) => boolean): Answer[] =>
  lines.filter(fits).flatMap((line) => backends(line).map((backend) => answer(line, backend)));

/** Lines that we print otherwise, each with its reason. */
const KNOWN: Readonly<Record<string, string>> = {
  "libxt_NFLOG.t:8":
    "the column says NOMATCH, which is no text that the tool prints; iptables-nft prints a bare -j NFLOG",
  "libxt_NFLOG.t:9": "as line 8",
  "libxt_NFLOG.t:18": "iptables-nft of 1.8.9 keeps 127 bytes of the prefix; the test asks for a part of the line only",
};
const isKnown = ({ where }: Answer) => Object.keys(KNOWN).some((line) => where.endsWith(line));

describe.skipIf(lines.length === 0).each([
  ["ip", (line: SuiteLine) => line.family === "ipv4"],
  ["ip6", (line: SuiteLine) => line.family === "ipv6"],
  ["ebt", (line: SuiteLine) => line.family === "bridge"],
  ["arp", (line: SuiteLine) => line.family === "arp"],
] as const)("%s", (_, fits) => {
  const all = answers(fits);
  const saved = all.filter(({ wants }) => wants !== null);
  test("rules that load are bound and printed as they are saved", () => {
    const wrong = saved.filter(
      ({ wants, ours, refused }) =>
        refused || (ours !== wants && ours !== `${wants} -j CONTINUE` && `${ours} ` !== wants),
    );
    expect(wrong.filter((each) => !isKnown(each))).toEqual([]);
    expect(wrong.length / saved.length).toBeLessThanOrEqual(0.005);
  });

  test("of the rules that are refused at least nine in ten are refused here", () => {
    const refused = all.filter(({ wants }) => wants === null);
    const taken = refused.filter((each) => !each.refused);
    expect(taken.map(({ where, ours }) => `${where} ${ours}`).filter((each) => !STATE.test(each))).toEqual([]);
    expect(taken.length).toBeLessThanOrEqual(refused.length / 10);
  });
});
/** Refused for what the machine has loaded, which no rule's text tells: sets, accounting objects, estimators, kernels of old. */
const STATE = /libxt_(?:SET\.t:3|nfacct\.t:8|recent\.t:7) /;
