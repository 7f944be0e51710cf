/** The cover against every packet of small universes, each walked through random chains in every way that it may go. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Box, BoxStore, Cover, type Does, type Program, type Step } from "../../src/space/index.ts";
import { BoxIndex } from "../../src/space/index-of-boxes.ts";

const RUNS = Number(process.env["COVER_RUNS"] ?? 2000);

interface Drawn {
  readonly may: readonly Box[];
  /** How many of the boxes it surely matches in: all, or the first few. */
  readonly sure: number;
  readonly does: Does;
  readonly to: number;
  readonly action: string;
}
interface World {
  readonly sizes: readonly number[];
  readonly chains: readonly (readonly Drawn[])[];
  readonly impossible: readonly Box[];
}

const box = (sizes: readonly number[]): fc.Arbitrary<Box> =>
  fc
    .tuple(...sizes.map((size) => fc.tuple(fc.nat(size - 1), fc.nat(size - 1), fc.integer({ min: 0, max: 2 }))))
    .map((spans) => spans.flatMap(([a, b, asks], at) => (asks === 0 ? [at, Math.min(a, b), Math.max(a, b) + 1] : [])));
const DOES: readonly Does[] = ["take", "take", "take", "pass", "return", "call", "call", "goto", "leave"];
const rule = (sizes: readonly number[], chain: number, chains: number): fc.Arbitrary<Drawn> =>
  fc
    .record({
      may: fc.array(box(sizes), { minLength: 0, maxLength: 3 }),
      unsure: fc.integer({ min: 0, max: 9 }),
      does: fc.constantFrom(...DOES),
      to: fc.nat(),
      action: fc.constantFrom("ACCEPT", "DROP"),
    })
    .map(({ may, unsure, does, to, action }) => {
      // later chains only: no circles
      const below = chains - 1 - chain;
      const leads = does === "call" || does === "goto";
      return {
        may,
        sure: unsure < 8 ? may.length : unsure % 2,
        does: leads && below === 0 ? "take" : does,
        to: leads && below > 0 ? chain + 1 + (to % below) : -1,
        action,
      };
    });
const world: fc.Arbitrary<World> = fc
  .record({
    sizes: fc.array(fc.integer({ min: 2, max: 5 }), { minLength: 1, maxLength: 4 }),
    count: fc.integer({ min: 1, max: 4 }),
  })
  .chain(({ sizes, count }) =>
    fc.record({
      sizes: fc.constant(sizes),
      chains: fc.tuple(
        ...Array.from({ length: count }, (_, at) =>
          fc.array(rule(sizes, at, count), { minLength: 1, maxLength: at === 0 ? 9 : 5 }),
        ),
      ),
      impossible: fc.array(box(sizes), { maxLength: 2 }),
    }),
  );

function programOf({ sizes, chains, impossible }: World): Program {
  const boxes = new BoxStore();
  const step = ({ may, sure, does, to, action }: Drawn): Step => {
    const ids = may.map((each) => boxes.add(each));
    const must = sure >= ids.length ? ids : ids.slice(0, sure);
    return { may: ids, must, does, chain: to, action };
  };
  return {
    sizes,
    boxes,
    chains: chains.map((each) => each.map(step)),
    impossible: impossible.map((each) => boxes.add(each)),
  };
}

function* points(sizes: readonly number[], head: readonly number[] = []): Generator<readonly number[]> {
  if (head.length === sizes.length) yield head;
  else for (let code = 0; code < (sizes[head.length] as number); code++) yield* points(sizes, [...head, code]);
}
const holds = (each: Box, point: readonly number[]): boolean => {
  for (let i = 0; i < each.length; i += 3) {
    const code = point[each[i] as number] as number;
    if (code < (each[i + 1] as number) || code >= (each[i + 2] as number)) return false;
  }
  return true;
};
const some = (boxes: readonly Box[], point: readonly number[]): boolean => boxes.some((each) => holds(each, point));

/** The rules of the first chain that the packet may get to and match, whichever way it may go. */
function reached({ chains }: World, point: readonly number[]): Set<number> {
  const found = new Set<number>();
  const seen = new Set<string>();
  const open: [chain: number, next: number][][] = [[[0, 0]]];
  for (let frames = open.pop(); frames; frames = open.pop()) {
    const key = JSON.stringify(frames);
    const top = frames.at(-1);
    if (seen.has(key) || !top) continue;
    seen.add(key);
    const [chain, next] = top;
    const under = frames.slice(0, -1);
    const at = chains[chain]?.[next];
    if (!at) {
      open.push(under);
      continue;
    }
    const after: [number, number] = [chain, next + 1];
    const matches = some(at.may, point);
    const surely = some(at.may.slice(0, at.sure), point);
    if (!surely) open.push([...under, after]);
    if (!matches) continue;
    if (chain === 0) found.add(next);
    if (at.does === "pass" || at.does === "leave") open.push([...under, after]);
    if (at.does === "return" || at.does === "leave") open.push(under);
    if (at.does === "call") open.push([...under, after, [at.to, 0]]);
    if (at.does === "goto") open.push([...under, [at.to, 0]]);
  }
  return found;
}

describe("the index", () => {
  const sizes = [3000, 40, 700, 2];
  const wide = fc.array(
    fc.tuple(...sizes.map((size) => fc.tuple(fc.nat(size - 1), fc.integer({ min: 0, max: 40 }), fc.boolean()))),
    { minLength: 20, maxLength: 60 },
  );
  it("finds the boxes that hold a point, and those that overlap a cell", () => {
    fc.assert(
      fc.property(wide, wide, (drawn, asked) => {
        const boxes = new BoxStore();
        const spans = (list: (typeof drawn)[number]) =>
          list.map(([from, more, asks], at) => {
            const size = sizes[at] as number;
            return asks ? [from, Math.min(size, from + 1 + more)] : [0, size];
          });
        const entries = drawn.flatMap((list, rank) => [
          boxes.add(spans(list).flatMap((span, at) => [at, ...span])),
          rank,
        ]);
        const index = new BoxIndex(boxes, sizes, entries);
        for (const list of [...asked, ...drawn]) {
          const cell = spans(list);
          const [low, high] = [cell.map(([from]) => from as number), cell.map(([, to]) => to as number)];
          const of = (hit: (span: readonly number[], at: number) => boolean) =>
            drawn.flatMap((other, rank) => (rank > 5 && rank < 50 && spans(other).every(hit) ? [rank] : []));
          const found = new Set<number>();
          index.find(Int32Array.from(low), 50, (_, rank) => {
            if (rank > 5) found.add(rank);
            return false;
          });
          expect([...found].sort((a, b) => a - b)).toEqual(
            of(([from = 0, to = 0], at) => from <= (low[at] as number) && (low[at] as number) < to),
          );
          found.clear();
          index.overlaps(Int32Array.from([...low, ...high]), 5, 50, (_, rank) => {
            found.add(rank);
            return false;
          });
          expect([...found].sort((a, b) => a - b)).toEqual(
            of(([from = 0, to = 0], at) => from < (high[at] as number) && (low[at] as number) < to),
          );
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe("the cover", () => {
  it("says dead exactly where no packet gets to the rule, and shows one that does otherwise", () => {
    fc.assert(
      fc.property(world, (drawn) => {
        const all = [...points(drawn.sizes)].filter((point) => !some(drawn.impossible, point));
        const alive = new Map<number, Set<string>>();
        for (const point of all)
          for (const at of reached(drawn, point)) {
            const own = alive.get(at) ?? new Set();
            alive.set(at, own.add(point.join()));
          }
        const cover = new Cover(programOf(drawn));
        for (const at of (drawn.chains[0] ?? []).keys()) {
          const answer = cover.reach(0, at);
          expect(answer.is, `rule ${at}`).toBe(alive.has(at) ? "reached" : "dead");
          if (answer.is === "reached") expect(alive.get(at)).toContain(answer.point.join());
        }
      }),
      { numRuns: RUNS },
    );
  });

  it("finds the rules without which all would meet the same, and no others", () => {
    fc.assert(
      fc.property(world, (drawn) => {
        const rules = drawn.chains[0] ?? [];
        const all = [...points(drawn.sizes)].filter((point) => !some(drawn.impossible, point));
        const cover = new Cover(programOf(drawn));
        for (const [at, own] of rules.entries()) {
          if (own.does !== "take") continue;
          const differs = all.some((point) => {
            if (!reached(drawn, point).has(at)) return false;
            for (const later of rules.slice(at + 1)) {
              if (!some(later.may, point)) continue;
              if (later.does !== "take" || later.action !== own.action) return true;
              if (some(later.may.slice(0, later.sure), point)) return false;
            }
            return true;
          });
          expect(cover.decides(0, at).is, `rule ${at}`).toBe(differs ? "reached" : "dead");
        }
      }),
      { numRuns: RUNS },
    );
  });

  it("names rules that take all together: without the others the rule is dead still", () => {
    fc.assert(
      fc.property(world, (drawn) => {
        const cover = new Cover(programOf(drawn));
        for (const at of (drawn.chains[0] ?? []).keys()) {
          const answer = cover.reach(0, at);
          if (answer.is !== "dead") continue;
          const named = new Set(answer.takers.flat().map((each) => `${each.chain} ${each.rule}`));
          // what releases is no taker, and stays
          const keeps = (chain: number, index: number, does: Does): boolean =>
            chain > 0 && does !== "take" && does !== "call"
              ? true
              : named.has(`${chain} ${index}`) || (chain === 0 && index === at);
          const chains = drawn.chains.map((rules, chain) =>
            rules.map((each, index): Drawn => (keeps(chain, index, each.does) ? each : { ...each, may: [], sure: 0 })),
          );
          expect(new Cover(programOf({ ...drawn, chains })).reach(0, at).is).toBe("dead");
          // and none of them too many
          const firsts = new Set(answer.takers.map(([first]) => first?.rule));
          for (const each of firsts) {
            const kept = chains[0]?.map((own, index) => (index === each ? { ...own, may: [], sure: 0 } : own)) ?? [];
            expect(new Cover(programOf({ ...drawn, chains: [kept, ...chains.slice(1)] })).reach(0, at).is).toBe(
              "reached",
            );
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  /** Rules that each ask three of many yes-or-no questions: to cover all with them is to refute a 3-SAT formula. */
  function clauses(questions: number, rules: number): Program {
    const boxes = new BoxStore();
    let state = 7;
    const pick = (limit: number): number => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return (state >>> 8) % limit;
    };
    const steps = Array.from({ length: rules }, (): Step => {
      const asked = new Set<number>();
      while (asked.size < 3) asked.add(pick(questions));
      const spans = [...asked].sort((a, b) => a - b).flatMap((at) => [at, ...(pick(2) ? [0, 1] : [1, 2])]);
      const own = [boxes.add(spans)];
      return { may: own, must: own, does: "take", chain: -1, action: "" };
    });
    const all = [boxes.everything];
    steps.push({ may: all, must: all, does: "take", chain: -1, action: "" });
    return { sizes: Array.from({ length: questions }, () => 2), boxes, chains: [steps], impossible: [] };
  }

  it("gives up where it would take too much, and says so", () => {
    const hard = clauses(120, 700);
    const last = (hard.chains[0]?.length ?? 0) - 1;
    expect(new Cover(hard, { each: 100_000, all: 1e9, later: 0 }).reach(0, last)).toEqual({ is: "not decided" });
    const cover = new Cover(hard, { each: 1e9, all: 100_000, later: 0 });
    expect(cover.reach(0, last)).toEqual({ is: "not decided" });
    expect(cover.reach(0, 5)).toEqual({ is: "not decided" });
  });
  it("decides what is as hard but small", () => {
    const { chains } = clauses(12, 110);
    expect(new Cover(clauses(12, 110)).reach(0, (chains[0]?.length ?? 0) - 1).is).toBe("dead");
    expect(new Cover(clauses(12, 30)).reach(0, 30).is).toBe("reached");
  });
});
