/**
 * Any text is read, loaded, bound, printed and linted without an exception, a hang, a lost line or a misplaced problem.
 * CHAINWALK_FUZZ: how many texts; CHAINWALK_FUZZ_SEED: the seed of the second half of them.
 */
import { env } from "node:process";
import { Script } from "node:vm";
import { expect, test } from "vitest";
import { Host } from "../../src/facts/index.ts";
import { loadDump, type Ruleset } from "../../src/model/index.ts";
import { stockHost, stockNames } from "../../src/owners/index.ts";
import { Source } from "../../src/source.ts";
import { parse } from "../../src/syntax/index.ts";
import { keepsItsPromises } from "../support/fuzz/keeps.ts";
import { drawInput } from "../support/fuzz/mutate.ts";
import { shrunk } from "../support/fuzz/shrink.ts";
import { sequence } from "./events.ts";

const COUNT = Number(env["CHAINWALK_FUZZ"] ?? 3000);
const FIXED = 20261122;
const FRESH = Number(env["CHAINWALK_FUZZ_SEED"] ?? Date.now() % 2 ** 31);
/** Many times what any text needs, 10^5 mistakes in one rule included, also on a busy machine: what takes longer hangs. */
const LONGEST_MS = 20_000;
/** Failures of different kinds that are told. */
const MOST_FAILURES = 8;

const bases: readonly Ruleset[] = stockNames().map((name) => {
  const stock = stockHost(name, []);
  if (!stock) throw new Error(`there is no stock host ${name}`);
  return loadDump(parse(new Source(name, stock.dump)), new Host(stock.host)).ruleset;
});

const watched = new Script("globalThis.tried()");
/** Why the text fails, or null. A run that hangs is ended from outside. */
function failure(bytes: string, base: Ruleset): string | null {
  Object.assign(globalThis, { tried: () => keepsItsPromises(bytes, base) });
  try {
    watched.runInThisContext({ timeout: LONGEST_MS });
    return null;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const frames = error.stack?.split("\n").filter((line) => /^ +at (?!hold )/.test(line)) ?? [];
    return `${error.message}\n${frames.slice(0, 3).join("\n")}`;
  }
}
/** The same for failures of one kind. */
const kindOf = (reason: string): string =>
  reason
    .replace(/"(?:[^"\\]|\\.)*"|\d+/g, "#")
    .split("\n")
    .slice(0, 2)
    .join();

function fuzz(seed: number, count: number): void {
  const failures = new Map<string, string>();
  for (let at = 0; at < count && failures.size < MOST_FAILURES; at++) {
    const bytes = drawInput(sequence(Math.imul(seed, 0x9e3779b1) + Math.imul(at, 0x85ebca6b)));
    const base = bases[at % bases.length] as Ruleset;
    const reason = failure(bytes, base);
    const kind = kindOf(reason ?? "");
    if (reason === null || failures.has(kind)) continue;
    const least = shrunk(bytes, (less) => kindOf(failure(less, base) ?? "") === kind);
    failures.set(kind, `seed ${seed}, text ${at}: ${reason}\n${JSON.stringify(least.slice(0, 2000))}`);
  }
  expect([...failures.values()].join("\n\n")).toBe("");
}

test(`${Math.ceil(COUNT / 2)} texts of the fixed seed`, () => fuzz(FIXED, Math.ceil(COUNT / 2)), 3_600_000);
test(`${Math.floor(COUNT / 2)} texts of seed ${FRESH}`, () => fuzz(FRESH, Math.floor(COUNT / 2)), 3_600_000);
