import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checkOf, presetNames, ruleNamed, rules, rulesOf } from "../src/lint/index.ts";
import { lineOf, linted } from "./lint/linted.ts";

const root = new URL("../", import.meta.url);
const files = (folder: string, end: string): string[] =>
  readdirSync(new URL(folder, root))
    .filter((file) => file.endsWith(end))
    .map((file) => file.slice(0, -end.length))
    .sort();
const names = rules().map(({ name }) => name);

describe.each(rules())("$name", (rule) => {
  it.each(rule.examples)("finds what its example says: $title", ({ dump, expect: expected }) => {
    const { findings } = linted(dump);
    const wanted = expected.map(({ line, message }) => ({
      line,
      rule: rule.name,
      message,
      severity: rule.messages[message]?.severity,
    }));
    // an example shows this one mistake and no other
    expect(
      findings.map((each) => ({ line: lineOf(each), rule: each.rule, message: each.message, severity: each.severity })),
    ).toEqual(wanted);
    for (const { text } of findings) expect(text).not.toMatch(/\{\w+\}|undefined/);
  });

  it("says in its example what severity its messages have", () => {
    for (const { expect: expected } of rule.examples) {
      for (const each of expected) if (each.severity) expect(each.severity).toBe(rule.messages[each.message]?.severity);
    }
  });

  it("shows each of its messages in an example", () => {
    const shown = new Set(rule.examples.flatMap((each) => each.expect.map(({ message }) => message)));
    expect([...shown].sort()).toEqual(Object.keys(rule.messages).sort());
  });
});

describe("the catalogue", () => {
  it("is what the manifests are, in their order", () => {
    expect(names).toEqual(files("rules", ".yaml"));
  });
  it("has a check for each rule, and no check is idle", () => {
    for (const rule of rules()) expect(checkOf(rule)).toBeTypeOf("function");
    expect([...new Set(rules().map(({ check }) => check))].sort()).toEqual(files("src/lint/checks", ".ts"));
  });
  it("has a page and a line in the index for each rule", () => {
    expect(files("rules/docs", ".md")).toEqual(names);
    const index = readFileSync(new URL("rules/README.md", root), "utf8");
    expect([...index.matchAll(/^\| \[([a-z-]+)\]/gm)].map(([, name]) => name)).toEqual(names);
  });
  it("has presets that say the same as the manifests", () => {
    expect(presetNames()).toEqual(files("rules/presets", ".yaml"));
    for (const preset of presetNames()) {
      expect(rulesOf(preset)).toEqual(rules().filter(({ presets }) => presets.includes(preset)));
    }
  });
  it("has generated files that are up to date", () => {
    expect(() =>
      execFileSync(process.execPath, ["rules/build.mjs", "--check"], { cwd: root, stdio: "pipe" }),
    ).not.toThrow();
  });
  it("has no two rules with the same examples", () => {
    const dumps = rules().flatMap(({ examples }) => examples.map(({ dump }) => dump));
    expect(new Set(dumps).size).toBe(dumps.length);
  });
  it("knows a rule by its name, or the name that was meant", () => {
    expect(ruleNamed("duplicate-rule").rule?.name).toBe("duplicate-rule");
    expect(ruleNamed("duplicate-rules")).toEqual({ rule: null, nearest: "duplicate-rule" });
    expect(ruleNamed("undefinedchain")).toEqual({ rule: null, nearest: "undefined-chain" });
    expect(ruleNamed("weather")).toEqual({ rule: null, nearest: null });
  });
});
