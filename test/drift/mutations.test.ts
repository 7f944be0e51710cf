/**
 * Every single edit of a recording's dump against its unchanged log: visible ones are reported, the others are not, and
 * the first suspect names the place. `npm run test:mutations` has all recordings, and the running kernel as judge.
 */
import { describe, expect, test } from "vitest";
import { edited, NAMES, recorded } from "./mutations/recordings.ts";
import { HEAD, row, Score } from "./mutations/score.ts";

const SOME = ["s04-container-to-host-brnf0", "s09b-localhost-to-published-route_localnet0", "t01b-unconditional"];

describe.skipIf(NAMES.length === 0)("single edits of a dump (../shared/recordings)", () => {
  test("reported, at their place", () => {
    const all = new Score();
    for (const name of SOME) for (const held of edited(recorded(name))) all.add(held);
    const told = `${HEAD}\n${row("all", all)}`;
    expect(all.visible, told).toBeGreaterThan(80);
    expect(all.reported / all.visible, told).toBeGreaterThanOrEqual(0.99);
    expect(all.false, told).toBe(0);
    expect(all.place / all.reported, told).toBeGreaterThanOrEqual(0.95);
    // edits that print the same lines are told apart by nothing
    expect(all.alike / all.reported, told).toBeGreaterThanOrEqual(0.85);
  });
});
