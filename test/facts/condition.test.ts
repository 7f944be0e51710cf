/** Forks are exact: the pieces of an undecided condition are decided, disjoint, and together the packet. */
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  all,
  any,
  anyPacket,
  type Condition,
  evaluate,
  knownValue,
  not,
  only,
  present,
  refine,
  within,
} from "../../src/facts/index.ts";

const field = fc.constantFrom("sourcePort" as const, "destinationPort" as const, "ttl" as const);
const leaf: fc.Arbitrary<Condition> = fc.oneof(
  fc
    .tuple(field, fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 4 }))
    .map(([name, low, size]) => within(name, [[low, low + size]], "x")),
  field.map(present),
  fc.constantFrom("a", "b").map((key): Condition => ({ is: "opaque", key, settledBy: "nothing" })),
);
const condition = fc.letrec<{ node: Condition }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3 },
    leaf,
    tie("node").map(not),
    fc.array(tie("node"), { maxLength: 3 }).map((parts) => all(...parts)),
    fc.array(tie("node"), { maxLength: 3 }).map((parts) => any(...parts)),
  ),
})).node;
/** A packet of which every field that the conditions ask is known, and every predicate answered. */
const value = fc.option(fc.integer({ min: 0, max: 8 }), { nil: null });
const concrete = fc
  .record({ sourcePort: value, destinationPort: value, ttl: value, a: fc.boolean(), b: fc.boolean() })
  .map(({ a, b, ...values }) => ({
    ...anyPacket("ipv4"),
    fields: Object.fromEntries(
      Object.entries(values).map(([name, each]) => [name, each === null ? { absent: true, ranges: [] } : only(each)]),
    ),
    assumed: { a, b },
  }));

test("each piece answers as wanted", () => {
  fc.assert(
    fc.property(condition, fc.boolean(), (tree, wanted) => {
      for (const { packet } of refine(tree, { packet: anyPacket("ipv4"), facts: [] }, wanted)) {
        const answer = evaluate(tree, packet).is;
        // Kleene's logic does not see that `x or not x` holds: it may still say unknown, never the opposite
        expect(answer).not.toBe(wanted ? "no" : "yes");
      }
    }),
    { seed: 7 },
  );
});

test("every concrete packet is in exactly one piece, on the side of its answer", () => {
  fc.assert(
    fc.property(condition, concrete, (tree, packet) => {
      const is = evaluate(tree, packet).is;
      expect(is).not.toBe("unknown");
      const start = { packet: anyPacket("ipv4"), facts: [] };
      const holds = (wanted: boolean) =>
        refine(tree, start, wanted).filter(
          (piece) =>
            Object.entries(packet.fields).every(([name, set]) => {
              const of = piece.packet.fields[name as "ttl"];
              if (!of) return true;
              const one = knownValue(packet, name as "ttl");
              return set.absent
                ? of.absent
                : of.ranges.some(([low, high]) => one !== undefined && low <= one && one < high);
            }) && Object.entries(piece.packet.assumed).every(([key, taken]) => packet.assumed[key as "a"] === taken),
        ).length;
      expect([holds(true), holds(false)]).toEqual(is === "yes" ? [1, 0] : [0, 1]);
    }),
    { seed: 11, numRuns: 500 },
  );
});
