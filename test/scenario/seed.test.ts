import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readScenarios } from "../../src/scenario/index.ts";
import { Source } from "../../src/source.ts";
import { judgeOn } from "./support.ts";

/** The kernel's own TRACE lines of 18 packets: what the engine predicts is held against them, line by line. */
const load = (name: string) =>
  new Source(name, readFileSync(new URL(`../cases/seed/${name}`, import.meta.url), "latin1"));

const files = ["scenarios-no-mangle.yaml", "scenarios.yaml"].map((name) => readScenarios(load(name)));

describe.each(files)("$source.name", ({ dumps, host, scenarios }) => {
  it.each(scenarios)("$name", (scenario) => {
    const { outcome, failures, walk } = judgeOn(scenario, dumps.map(load), JSON.parse(load(host ?? "").bytes));
    expect(failures.map(({ expected, got, path }) => ({ expected, got, path }))).toEqual([]);
    expect(outcome).toBe("passed");
    expect(walk.paths).toHaveLength(1);
  });
});

it("every line of the logs is expected by one scenario, in order", () => {
  const logs = ["container-to-container.log", "local-process-to-container.log", "container-to-external.log"];
  const ids = logs.flatMap((name) => load(name).bytes.match(/^TRACE: \S+/gm) ?? []);
  const printed = ids.map((id) => id.slice("TRACE: ".length)).map((id) => (id.startsWith("eb:") ? `${id}:rule:1` : id));
  expect(files.flatMap(({ scenarios }) => scenarios.flatMap(({ expect: wanted }) => wanted?.steps ?? []))).toEqual(
    printed,
  );
  expect(files.flatMap(({ scenarios }) => scenarios)).toHaveLength(18);
});
