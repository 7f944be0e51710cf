/** Dead rules of large chains, as five engines counted them before; and of small ones, as decision diagrams count them. */
import { describe, expect, it } from "vitest";
import { type Condition, Host, leavesOf } from "../../src/facts/index.ts";
import { loadDump, meaningOf, type Table } from "../../src/model/index.ts";
import { TableProof } from "../../src/proof/index.ts";
import { Source } from "../../src/source.ts";
import { Atoms, NONE, possible, Sets, type View } from "../../src/space/index.ts";
import { parse } from "../../src/syntax/index.ts";
import { DEAD, type Workload, workload } from "../bench/workloads.mjs";

const host = new Host();
const kinds = Object.keys(DEAD[10_000]) as Workload[];
function tableOf(kind: Workload, size: number): Table {
  const [table] = loadDump(parse(new Source("a.save", workload(kind, size))), host).ruleset.tables;
  if (!table) throw new Error("no table");
  return table;
}
const dead = (table: Table): number[] => new TableProof(table, host).dead().map(({ number }) => number);

describe("large chains", () => {
  it.each(kinds)("of the workload %s have as many dead rules as were counted", (kind) => {
    expect(dead(tableOf(kind, 10_000))).toHaveLength(DEAD[10_000][kind]);
  });
});

/** One set of all that earlier rules take; each of these rules ends. */
function deadByDiagrams({ family, chains }: Table): number[] {
  const rules = chains.get("FORWARD")?.rules ?? [];
  const conditions = rules.map((rule) => meaningOf(rule, host).condition);
  const asked = new Set(
    conditions.flatMap((each) => [...leavesOf(each)].map((leaf) => ("field" in leaf ? leaf.field : null))),
  );
  const always: readonly Condition[] = possible(family, (field) => asked.has(field));
  const sets = new Sets(new Atoms(family, [...conditions, ...always]));
  const view: View = {
    seen: { family, fields: {}, assumed: {} },
    origin: (field) => ({ field, version: "" }),
    kept: () => 0xffffffff,
    key: (key) => key,
  };
  const { bdd } = sets;
  let left = sets.valid(always, view);
  return conditions.flatMap((condition, at) => {
    const { may, must } = sets.holds(condition, view);
    const isDead = bdd.and(left, may) === NONE;
    left = bdd.and(left, bdd.not(must));
    return isDead ? [at + 1] : [];
  });
}
describe("both engines", () => {
  it.each(kinds.flatMap((kind) => [50, 200, 700].map((size) => ({ kind, size }))))(
    "find the same in $size rules of $kind",
    ({ kind, size }) => {
      const table = tableOf(kind, size);
      expect(dead(table)).toEqual(deadByDiagrams(table));
    },
  );
});
