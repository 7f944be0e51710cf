/** What a condition says and what its boxes say are the same: for rules of every extension, on packets of every kind. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  all,
  any,
  type Condition,
  evaluate,
  type Family,
  Host,
  not,
  readValues,
  within,
} from "../../src/facts/index.ts";
import { bind, meaningOf, ruleOfText } from "../../src/model/index.ts";
import { Atoms, type Box, sidesOf, unchanged } from "../../src/space/index.ts";
import { drawRule, type Pick } from "../kernel/draw.ts";
import { packetAt } from "./packet-at.ts";

const RUNS = Number(process.env["BOXES_RUNS"] ?? 600);
const HOST = new Host({
  addr: [{ ifname: "eth0", addr_info: [{ family: "inet", local: "192.0.2.1", prefixlen: 24 }] }],
  route: [
    { dst: "192.0.2.0/24", dev: "eth0", prefsrc: "192.0.2.1" },
    { dst: "default", gateway: "192.0.2.254", dev: "eth0" },
  ],
});
const FAMILIES: readonly Family[] = ["ipv4", "ipv6", "bridge", "arp"];

const holds = (box: Box, point: readonly number[]): boolean => {
  for (let at = 0; at < box.length; at += 3) {
    const code = point[box[at] as number] as number;
    if (code < (box[at + 1] as number) || code >= (box[at + 2] as number)) return false;
  }
  return true;
};
const quoted = (word: string): string =>
  /^[\w./:,=+-]+$|^!$/.test(word) ? word : `"${word.replace(/["\\]/g, "\\$&")}"`;

/** Any point, or one of a box. */
function drawPoint(atoms: Atoms, box: Box | undefined, pick: Pick): number[] {
  const point = atoms.dimensions.map(({ size }) => pick(size));
  for (let at = 0; box && at < box.length; at += 3)
    point[box[at] as number] = (box[at + 1] as number) + pick((box[at + 2] as number) - (box[at + 1] as number));
  return point;
}

describe("boxes", () => {
  it("hold a packet exactly where the condition does", () => {
    const asked = new Set<string>();
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat(2 ** 31 - 1)), fc.constantFrom(...FAMILIES), (stream, family) => {
        const pick: Pick = (limit) => (stream.next().value ?? 0) % limit;
        const conditions = Array.from({ length: 3 }, () => {
          const rule = ruleOfText(family, "FORWARD", drawRule(pick, family).words.map(quoted).join(" "));
          for (const { name } of bind(rule).matches) asked.add(name);
          return meaningOf(rule, HOST).condition;
        });
        const atoms = new Atoms(family, conditions);
        const sides = conditions.map((each) => [sidesOf(each, atoms), sidesOf(not(each), atoms)] as const);
        for (const [at, condition] of conditions.entries()) {
          const [own, negated] = sides[at] as (typeof sides)[number];
          for (let times = 0; times < 6; times++) {
            const boxes = [...own.may, ...negated.may];
            const point = drawPoint(atoms, pick(4) > 0 ? boxes[pick(boxes.length)] : undefined, pick);
            const { is } = evaluate(condition, packetAt(atoms, point));
            const [may, must] = [own.may, own.must].map((list) => list.some((box) => holds(box, point)));
            const [mayNot, mustNot] = [negated.may, negated.must].map((list) => list.some((box) => holds(box, point)));
            const told = { may, must, mayNot, mustNot };
            const exact = {
              may: is !== "no",
              must: is === "yes",
              mayNot: is !== "yes",
              mustNot: is === "no",
            };
            if (!own.cut && !negated.cut) expect(told).toEqual(exact);
            // bounded: wider outside, narrower inside
            else {
              expect({ may: may || !exact.may, must: !must || exact.must }).toEqual({ may: true, must: true });
              expect({ may: mayNot || !exact.mayNot, must: !mustNot || exact.mustNot }).toEqual({
                may: true,
                must: true,
              });
            }
          }
        }
      }),
      { numRuns: RUNS },
    );
    // as many matches as there are, almost: some are drawn seldom
    expect(asked.size).toBeGreaterThan(50);
  });

  const dport = (text: string): Condition => within("destinationPort", readValues("destinationPort", text), text);
  const lots: Condition = { is: "chance", key: "lots", why: "it draws lots" };
  it("never take what chance decides, whichever way it is asked", () => {
    const atoms = new Atoms("ipv4", [dport("80")]);
    for (const condition of [all(dport("80"), lots), all(dport("80"), not(lots))])
      expect(sidesOf(condition, atoms)).toEqual({ may: [[0, 1, 2]], must: [], cut: false });
    expect(sidesOf(not(all(dport("80"), lots)), atoms)).toEqual({
      may: [[]],
      must: [
        [0, 0, 1],
        [0, 2, 4],
      ],
      cut: false,
    });
  });

  it("share what is not modelled, until something has changed", () => {
    const strange: Condition = { is: "opaque", key: "strange", settledBy: "nothing" };
    const atoms = new Atoms("ipv4", [strange]);
    expect(sidesOf(strange, atoms).must).toEqual([[0, 1, 2]]);
    expect(sidesOf(not(strange), atoms).must).toEqual([[0, 0, 1]]);
    expect(sidesOf(strange, atoms, { ...unchanged, any: true })).toEqual({ may: [[]], must: [], cut: false });
  });

  it("say nothing sure of a field that was changed, or of a set that was", () => {
    const member: Condition = { is: "until", touched: "set hosts", of: dport("80") };
    const atoms = new Atoms("ipv4", [member]);
    expect(sidesOf(member, atoms).must).toEqual([[0, 1, 2]]);
    const touched = { fields: new Set<never>(), touched: new Set(["set hosts"]), any: true, all: false };
    expect(sidesOf(member, atoms, touched)).toEqual({ may: [[]], must: [], cut: false });
    const changed = {
      fields: new Set(["destinationPort" as const]),
      touched: new Set<string>(),
      any: true,
      all: false,
    };
    expect(sidesOf(dport("80"), atoms, changed)).toEqual({ may: [[]], must: [], cut: false });
  });

  it("are bounded where there would be too many: wider outside, narrower inside", () => {
    const odd = (field: "sourcePort" | "destinationPort" | "length"): Condition =>
      any(...Array.from({ length: 40 }, (_, at) => within(field, [[at * 2 + 1, at * 2 + 2]], "odd")));
    const condition = all(odd("sourcePort"), odd("destinationPort"), odd("length"));
    const { may, must, cut } = sidesOf(condition, new Atoms("ipv4", [condition]));
    expect(cut).toBe(true);
    expect(may.length).toBeLessThanOrEqual(1024);
    expect(must.length).toBeGreaterThan(500);
    const atoms = new Atoms("ipv4", [condition]);
    const point = (...codes: number[]) => atoms.dimensions.map((_, at) => codes[at] ?? 0);
    expect(may.some((box) => holds(box, point(1, 1, 1)))).toBe(true);
    expect(must.some((box) => holds(box, point(2, 1, 1)))).toBe(false);
  });
});
