/** The gallery of DOCKER-USER: each script does what its scenarios say, each twin fails where it is said to. */
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { chainwalkJson } from "../support/cli.ts";
import { GALLERY, gallery } from "./gallery/gallery.ts";

interface Scenario {
  readonly name: string;
  readonly outcome: string;
  readonly failures: readonly { readonly expected: string; readonly got: string }[];
}

describe.each(gallery)("$name", ({ name, bases, broken }) => {
  const run = async (
    script: string,
    base: readonly string[] = bases[0] ?? [],
  ): Promise<{ code: number; scenarios: Scenario[] }> => {
    const folder = `${GALLERY}${name}/`;
    const argv = ["test", `${folder}scenarios.yaml`, ...base, "--apply", `${folder}${script}`];
    const { code, json, err } = await chainwalkJson(argv);
    expect(err).toBe("");
    return { code, scenarios: json.scenarios };
  };

  it.each(bases.map((base) => [base]))("does what its scenarios say %j", async (base) => {
    const { code, scenarios } = await run("rules.sh", base);
    expect(scenarios.filter(({ outcome }) => outcome !== "passed")).toEqual([]);
    expect(code).toBe(0);
  });

  it.each(broken)("%s does not", async (script, fails) => {
    const { code, scenarios } = await run(script);
    const failed = scenarios.filter(({ outcome }) => outcome !== "passed");
    const verdicts = failed.map((scenario) => {
      const verdict = scenario.failures.find(({ expected }) => expected.startsWith("verdict "));
      return [scenario.name, verdict?.got.replace("verdict ", "")];
    });
    expect(Object.fromEntries(verdicts)).toEqual(fails);
    expect(failed.map(({ outcome }) => outcome)).toEqual(Object.keys(fails).map(() => "failed"));
    expect(code).toBe(1);
  });

  it("has no other script", () => {
    const scripts = readdirSync(`${GALLERY}${name}`).filter((file) => file.endsWith(".sh"));
    expect(scripts.sort()).toEqual(["rules.sh", ...broken.map(([script]) => script)].sort());
  });
});
