/** Random rules are printed as the real tools save them, and refused where those refuse them. */
import { afterAll, describe, expect, test } from "vitest";
import { lacking, type Tool } from "../support/real-tools.ts";
import { sequence } from "../syntax/events.ts";
import { type Compared, compareAll, drawRules, type Verdict, verdictOf } from "./compare.ts";
import { explain, KNOWN, type Known } from "./known.ts";
import { ruleLine } from "./ours.ts";
import { cases, freshSeed, SEED, USUAL } from "./seeds.ts";

const TOOLS = ["iptables-legacy", "iptables-nft", "ip6tables-legacy", "ip6tables-nft", "ebtables-nft"] as const;
const RULES = cases(USUAL);
const missing = lacking(TOOLS);
const used = new Set<Known>();

describe.skipIf(missing)(`${RULES} random rules${missing ? `: ${missing}` : ""}`, () => {
  test.each(TOOLS)("%s", (tool) => compare(tool, SEED, RULES / TOOLS.length));
  const fresh = freshSeed();
  test.each(TOOLS)(`%s from the fresh seed ${fresh}`, (tool) => compare(tool, fresh, RULES / TOOLS.length / 5));

  afterAll(() => {
    const unused = KNOWN.filter((each) => !used.has(each)).map(({ reason }) => reason);
    if (RULES >= USUAL) expect(unused, "known differences that no rule has shown").toEqual([]);
  });
});

function compare(tool: Tool, seed: number, count: number): void {
  const pick = sequence(seed);
  const all = compareAll(tool, drawRules(pick, tool, count)).map((each) => ({ each, verdict: verdictOf(each) }));
  const counts = new Map<string, number>();
  const count1 = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);
  const wrong: string[] = [];
  for (const { each, verdict } of all) {
    const isSame = verdict === "equal" || verdict === "refused by both";
    const known = isSame ? null : explain(each, verdict);
    if (known) used.add(known);
    count1(known ? `${verdict}: ${known.reason}` : verdict);
    if (!isSame && !known) wrong.push(shown(each, verdict));
  }
  const told = [...counts].map(([what, number]) => `  ${number} ${what}`);
  console.log([`${tool}, seed ${seed}: ${all.length} rules compared`, ...told].join("\n"));
  expect(wrong.join("\n\n"), `seed ${seed}: KERNEL_SEED=${seed} draws the same rules`).toBe("");
}

function shown({ tool, rule, ours, theirs }: Compared, verdict: Verdict): string {
  const here = ours.problems.length > 0 ? ours.problems.join("; ") : ours.lines.join("\n");
  const there = "saved" in theirs ? theirs.saved.join("\n") : theirs.refused;
  return `${verdict}: ${tool} -t ${rule.table} ${ruleLine(rule)}\n  here:  ${here}\n  there: ${there}`;
}
