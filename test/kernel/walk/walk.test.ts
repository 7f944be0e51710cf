/**
 * The engine against the running kernel: drawn rule-sets and conversations, every line compared. A fresh
 * seed, which `npm run test:kernel` takes by itself, is run here too where KERNEL_SEED names one.
 */
import { env } from "node:process";
import { expect, test } from "vitest";
import { freshSeed, SEED } from "../seeds.ts";
import { labLacks } from "./lab.ts";
import { runCases } from "./session.ts";
import { summary } from "./tell.ts";

const missing = labLacks();
const CASES = 90;
const SEEDS = [SEED, ...(env["KERNEL_SEED"] === undefined ? [] : [freshSeed()])];
/** All seeds together. */
const MINUTES = 4;

test.skipIf(missing).each(SEEDS)(
  `the kernel's lines are those of the walk, in ${CASES} cases from seed %d${missing ? `: ${missing}` : ""}`,
  async (seed) => {
    const until = Date.now() + ((MINUTES - 0.5) * 60_000) / SEEDS.length;
    const result = await runCases({ seed, cases: CASES, until });
    console.log(`seed ${seed}: ${summary(result)}`);
    expect(result.failures.join("\n\n")).toBe("");
    expect(result.lines).toBeGreaterThan(0);
  },
  MINUTES * 60_000,
);
