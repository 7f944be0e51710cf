import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, it } from "vitest";
import { testJson, testPretty } from "../../src/report/test.ts";
import { safe } from "../../src/report/text.ts";
import { readScenarios } from "../../src/scenario/index.ts";
import { Source } from "../../src/source.ts";
import { judgeOn, yaml } from "./support.ts";

const plain = (text: string) => text;
const style = { bold: plain, red: plain, yellow: plain, green: plain, dim: plain, cyan: plain };
const dump = new Source(
  "a.save",
  "*filter\n:INPUT DROP [0:0]\n-A INPUT -m conntrack --ctstate NEW -j ACCEPT\nCOMMIT\n",
);
const results = readScenarios(
  yaml(`version: 1
scenarios:
  - name: new
    packet: { inInterface: eth0, outInterface: null, ctstate: NEW }
    expect: { verdict: ACCEPT }
  - name: "old \\e[31m"
    packet: { inInterface: eth0, outInterface: null, ctstate: ESTABLISHED }
    expect: { verdict: ACCEPT }
  - name: any
    packet: { inInterface: eth0, outInterface: null }
    expect: { verdict: ACCEPT }
`),
).scenarios.map((scenario) => judgeOn(scenario, [dump]));

it("pretty: a line each, and what was not met; control characters are shown", () => {
  expect([...testPretty(results, style)]).toEqual([
    "s.yaml",
    "  ✓ new",
    "  ✗ old \\x1b[31m failed",
    "      s.yaml:8:24 expected verdict ACCEPT, got verdict DROP",
    "  ? any undecided",
    "      s.yaml:11:24 expected verdict ACCEPT, got verdict DROP on 1 of 2 paths",
    "      state, to settle it: ctstate",
    "3 scenarios: 1 passed, 1 failed, 1 undecided",
  ]);
});

it("JSON keeps to its schema", () => {
  const schema = JSON.parse(readFileSync(new URL("../../src/report/test.schema.json", import.meta.url), "utf8"));
  const json = testJson(results);
  const isValid = new Ajv2020().compile(schema);
  expect(isValid(json), JSON.stringify(isValid.errors)).toBe(true);
  expect(json).toMatchObject({
    version: 1,
    scenarios: [
      { file: "s.yaml", name: "new", line: 3, outcome: "passed", failures: [], paths: 1 },
      { outcome: "failed", failures: [{ expected: "verdict ACCEPT", got: "verdict DROP" }] },
      { outcome: "undecided", settledBy: ["ctstate"], paths: 2 },
    ],
    summary: { passed: 1, failed: 1, undecided: 1 },
  });
});

it.each([
  ["a\tb é 😀", "a\tb é 😀"],
  ["\x1b[0m\r\n\x7f\x9b", "\\x1b[0m\\x0d\\x0a\\x7f\\x9b"],
  ["\u202e\u2066\u2028", "\\u{202e}\\u{2066}\\u{2028}"],
  ["\udcff \ud800", "\\xff \\u{d800}"],
])("%j is shown as %s", (text, shown) => {
  expect(safe(text)).toBe(shown);
});
