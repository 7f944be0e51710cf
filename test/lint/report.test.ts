import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { ruleNamed, rules } from "../../src/lint/index.ts";
import { frameOf } from "../../src/report/frame.ts";
import { lintJson, lintPretty } from "../../src/report/lint.ts";
import { rulesJson, rulesPretty } from "../../src/report/rules.ts";
import { Source } from "../../src/source.ts";
import { docker, linted } from "./linted.ts";

const plain = (text: string) => text;
const style = { bold: plain, red: plain, green: plain, yellow: plain, cyan: plain, dim: plain };
const schemaOf = (name: string) =>
  new Ajv2020().compile(
    JSON.parse(readFileSync(new URL(`../../src/report/${name}.schema.json`, import.meta.url), "utf8")),
  );
const twice = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -i eth0 -j DROP\n-A INPUT -i eth0 -j DROP\nCOMMIT\n";

describe("lint as JSON", () => {
  it("is what its schema says, for every example of every rule", () => {
    const isLint = schemaOf("lint");
    for (const { dump } of rules().flatMap(({ examples }) => examples)) {
      expect(isLint(lintJson(linted(dump))), JSON.stringify(isLint.errors)).toBe(true);
    }
    const isRules = schemaOf("rules");
    expect(isRules(rulesJson()), JSON.stringify(isRules.errors)).toBe(true);
  });
  it("counts lines and columns from 1, ends exclusive", () => {
    expect(lintJson(linted(twice))).toMatchObject({
      version: 1,
      findings: [
        {
          rule: "duplicate-rule",
          file: "a.save",
          line: 4,
          column: 1,
          endLine: 4,
          endColumn: 25,
          ruleNumber: 2,
          witness: null,
        },
      ],
      notDecided: [],
      summary: { files: 1, rules: 2 },
    });
  });
  it("says which rules it could not decide about, and why", () => {
    const list = Array.from({ length: 15 }, (_, at) => at * 2 + 1).join(",");
    const result = linted(
      `*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp -m multiport --sports ${list} -m multiport --dports ${list} -m tcp --tcp-flags SYN,ACK SYN -j DROP\nCOMMIT\n`,
    );
    const why = "whether it can match: it asks for too many things at once";
    expect(lintJson(result)).toMatchObject({
      findings: [],
      notDecided: [{ file: "a.save", line: 3, family: "ipv4", table: "filter", chain: "INPUT", ruleNumber: 1, why }],
    });
    const isLint = schemaOf("lint");
    expect(isLint(lintJson(result)), JSON.stringify(isLint.errors)).toBe(true);
    expect([...lintPretty(result, style)][0]).toBe(`not decided a.save:3 filter INPUT rule 1: ${why}`);
  });
  it("keeps a fingerprint when the rule moves, and tells copies apart", () => {
    const prints = (text: string) => linted(text).findings.map(({ fingerprint }) => fingerprint);
    const thrice = twice.replace("COMMIT", "-A INPUT -i eth0 -j DROP\nCOMMIT");
    expect(new Set(prints(thrice)).size).toBe(2);
    expect(prints(`# moved\n${twice}`)).toEqual(prints(twice));
    expect(prints(twice.replaceAll("-A INPUT", "[7:9] -A INPUT"))).toEqual(prints(twice));
    expect(prints(twice.replaceAll("eth0", "eth1"))).not.toEqual(prints(twice));
  });
  it("is the same however often it is asked", () => {
    const text = docker({
      user: ["-A DOCKER-USER -j RETURN", "-A DOCKER-USER -i eth0 -j DROP"],
      publish: ["80:172.17.0.2:8080"],
    });
    expect(JSON.stringify(lintJson(linted(text)))).toBe(JSON.stringify(lintJson(linted(text))));
  });
});

describe("lint for people", () => {
  it("shows the line, the other party, why and what to do", () => {
    expect([...lintPretty(linted(twice), style)]).toEqual([
      "warning[duplicate-rule] a.save:4:1 filter INPUT rule 2: rule 2 is rule 1 again: -i eth0 -j DROP",
      "  |",
      "4 | -A INPUT -i eth0 -j DROP",
      "  | ^^^^^^^^^^^^^^^^^^^^^^^^",
      "  : a.save:3 rule 1, the first of the two: -A INPUT -i eth0 -j DROP",
      expect.stringMatching(/^ {2}= why: /),
      expect.stringMatching(/^ {2}= help: .*chainwalk rules duplicate-rule/),
      "  = fix: iptables -t filter -D INPUT 2",
      "",
      "1 warning in 1 dump (2 rules, 16 lint rules)",
    ]);
  });
  it("says what was looked at when nothing was found", () => {
    expect([...lintPretty(linted("*filter\n:INPUT DROP [0:0]\nCOMMIT\n"), style)]).toEqual([
      "no findings in 1 dump (0 rules, 16 lint rules)",
    ]);
  });
  it("lets nothing in a dump steer the terminal", () => {
    const evil = '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m comment --comment "\x1b[2J\u202e" -j NOPE\u009b\nCOMMIT\n';
    const lines = [...lintPretty(linted(evil), style)].join("\n");
    expect(lines).toContain("\\x1b[2J");
    expect(lines).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
  });
  it("explains a rule with its examples", () => {
    const { rule } = ruleNamed("nat-policy-drop");
    const text = [...rulesPretty(style, rule)].join("\n");
    expect(text).toContain("  :PREROUTING DROP [0:0]    <- drop");
    expect([...rulesPretty(style)]).toHaveLength(rules().length + 2);
  });
});

describe("a frame", () => {
  const frame = (text: string, word: string) => {
    const start = Buffer.from(text).indexOf(word);
    const bytes = Buffer.from(text).toString("latin1");
    return frameOf({ source: new Source("a", bytes), start, end: start + Buffer.byteLength(word) });
  };
  const under = ({ text, carets }: { text: string; carets: string }) => {
    const chars = [...text];
    return chars.slice(carets.indexOf("^"), carets.length).join("");
  };
  it("underlines the span, whatever stands before it", () => {
    expect(under(frame("-A INPUT -j NOPE", "NOPE"))).toBe("NOPE");
    expect(under(frame('-A INPUT --comment "Zürich \u{1f600}\tü\x07" -j NOPE', "NOPE"))).toBe("NOPE");
  });
  it("cuts a long line around the span", () => {
    for (const [before, after] of [
      [300, 300],
      [0, 300],
      [300, 0],
      [60, 60],
    ] as const) {
      const { text, carets } = frame(`${"a".repeat(before)}NOPE${"b".repeat(after)}`, "NOPE");
      expect(under({ text, carets })).toBe("NOPE");
      expect(text.length).toBeLessThanOrEqual(112);
    }
    expect(frame("x".repeat(500), "x".repeat(500)).text.length).toBeLessThanOrEqual(112);
  });
});
