/** The engine against the running kernel: drawn rule-sets and conversations, every line compared. */
import { expect, test } from "vitest";
import { freshSeed, SEED } from "../seeds.ts";
import { labLacks } from "./lab.ts";
import { runCases } from "./session.ts";
import { summary } from "./tell.ts";

const missing = labLacks();
/** Both together take at most four minutes. */
const MINUTES = 1.9;

test.skipIf(missing).each([
  ["a fixed seed", SEED],
  ["a fresh seed", freshSeed()],
])(
  `the kernel's lines are those of the walk: %s${missing ? `: ${missing}` : ""}`,
  async (_, seed) => {
    const result = await runCases({ seed, cases: 300, until: Date.now() + MINUTES * 60_000 });
    console.log(`seed ${seed}: ${summary(result)}`);
    expect(result.failures.join("\n\n")).toBe("");
    expect(result.lines).toBeGreaterThan(0);
  },
  4 * 60_000,
);
