/** 1 % of lines less, by chance. `npm run test:losses` has all recordings, 10,000 packets of them. */
import { describe, expect, test } from "vitest";
import { Lossy } from "./losses/losses.ts";
import { NAMES } from "./mutations/recordings.ts";

const SOME = [
  "s07-container-to-other-bridge-isolated",
  "s08-hairpin-own-port-brnf1-hairpin_on",
  "s16c-routed-same-bridge",
];

describe.skipIf(NAMES.length === 0)("lines taken out by chance (../shared/recordings)", () => {
  test.each(SOME)("%s: no drift, and what the log's numbers prove is said to be lost", (name) => {
    const lossy = new Lossy(name);
    const whole = lossy.run(20, 0, 1, true);
    expect(whole.summary.drifts).toEqual([]);
    const numbered = lossy.run(20, 0.01, 1, true);
    expect(numbered).toMatchObject({ drifted: 0, doubtful: 0 });
    expect(numbered.lost).toBeGreaterThan(numbered.taken / 2);
    const plain = lossy.run(20, 0.01, 1, false);
    expect(plain).toMatchObject({ drifted: 0, lost: 0, doubtful: numbered.lost });
  });
});
