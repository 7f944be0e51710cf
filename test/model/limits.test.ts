/** What commands and scripts may cost, and what is said where a text asks for more. */
import { describe, expect, test } from "vitest";
import { Host } from "../../src/facts/index.ts";
import { bind, type LoadedDump, loadDump, printDump } from "../../src/model/index.ts";
import { Source } from "../../src/source.ts";
import { parse } from "../../src/syntax/index.ts";

const load = (text: string, on: LoadedDump | null = null): LoadedDump =>
  loadDump(parse(new Source("limits", text)), new Host(), on?.ruleset ?? null);
const table = (...lines: readonly string[]): string => ["*filter", ...lines, "COMMIT", ""].join("\n");
const script = (...lines: readonly string[]): string => ["#!/bin/sh", ...lines, ""].join("\n");
const reasons = ({ problems }: LoadedDump) => problems.map(({ data }) => data["reason"] ?? data["expected"]);
const rulesOf = (loaded: LoadedDump): string[] =>
  printDump(loaded)
    .split("\n")
    .filter((line) => line.startsWith("-A"));
const many = (count: number, make: (i: number) => string): string[] => Array.from({ length: count }, (_, i) => make(i));

describe("lists of addresses", () => {
  const list = many(3000, (i) => `10.0.${i >> 8}.${i & 255}`).join(",");
  test("whose pairs are more rules than there is room for are refused", () => {
    for (const text of [table(`-A INPUT -s ${list} -d ${list}`), script(`iptables -A INPUT -s ${list} -d ${list}`)]) {
      const loaded = load(text);
      expect(loaded.rules).toEqual([]);
      expect(reasons(loaded).join()).toContain("its lists of addresses make more rules than are read from one file");
    }
  });
  test("that make some thousands are read", () => {
    expect(load(table(`-A INPUT -s ${list} -j DROP`)).rules).toHaveLength(3000);
  });
});

describe("here-documents", () => {
  test("two of one line, and a command beside them", () => {
    const loaded = load(
      script(
        "iptables-restore -n <<A && ip6tables-restore -n <<B && iptables -A INPUT -j ACCEPT",
        ...["*filter", "-A INPUT -s 10.0.0.1 -j DROP", "COMMIT", "A"],
        ...["*filter", "-A INPUT -j DROP", "COMMIT", "B"],
        "iptables -A INPUT -j LOG",
      ),
    );
    expect(loaded.problems).toEqual([]);
    expect(rulesOf(loaded)).toEqual([
      "-A INPUT -s 10.0.0.1/32 -j DROP",
      "-A INPUT -j ACCEPT",
      "-A INPUT -j LOG",
      "-A INPUT -j DROP",
    ]);
    expect(loaded.rules.map(({ family }) => family)).toEqual(["ipv4", "ipv6", "ipv4", "ipv4"]);
  });
  test("a mistake in one is placed in the script", () => {
    const text = script("iptables-restore <<A", "*filter", "-A INPUT --nonsense", "COMMIT", "A");
    const { chains } = load(text).ruleset.tables[0] ?? {};
    const [rule] = chains?.get("INPUT")?.rules ?? [];
    expect(text.slice(rule?.place.start, rule?.place.end)).toBe("-A INPUT --nonsense");
  });
});

test.each(["A=$A$A", 'A="$A$A"', "A+=$A"])("values that hold each other do not grow beyond all measure: %s", (grow) => {
  const loaded = load(script("A=xxxxxxxx", ...many(60, () => grow), "iptables -A INPUT -j $A"));
  expect(reasons(loaded)).toEqual(["not applied: the value of $A is not known here"]);
});

test("a rule of many mistakes tells a hundred of them, and keeps all its words", () => {
  const line = `-A INPUT${" -d".repeat(10_000)}`;
  const loaded = load(table(":INPUT ACCEPT [0:0]", line));
  const [rule] = loaded.rules;
  expect(rule && bind(rule).problems).toHaveLength(100);
  expect(rulesOf(loaded)).toEqual([line]);
});

describe("chains that jump in a circle", () => {
  const dump = load(table(":INPUT ACCEPT [0:0]", ":A - [0:0]", ":B - [0:0]", ":C - [0:0]", "-A A -j B", "-A B -j C"));
  test("are refused once a built-in chain leads there, and only then", () => {
    const change = script(
      "iptables -A C -j A",
      "iptables -A INPUT -j B",
      "iptables -D C -j A",
      "iptables -A INPUT -j B",
    );
    const changed = load(change, dump);
    expect(reasons(changed)).toEqual([expect.stringMatching(/chain \w would lead to itself again/)]);
    expect(rulesOf(changed).filter((rule) => rule.startsWith("-A INPUT"))).toEqual(["-A INPUT -j B"]);
  });
  test("are found after chains were renamed, flushed and deleted", () => {
    const change = ["iptables -A INPUT -j A", "iptables -E C D", "iptables -F B", "iptables -A D -j A"];
    expect(reasons(load(script(...change), dump))).toEqual([]);
    expect(reasons(load(script(...change, "iptables -A B -j D"), dump))).toHaveLength(1);
  });
});

describe("rules in pieces", () => {
  const lines = many(5000, (i) => `-A INPUT -s 10.0.${i >> 8}.${i & 255}/32 -j ACCEPT`);
  const dump = load(table(":INPUT ACCEPT [0:0]", ...lines));
  test("are inserted, replaced and deleted where an array's would be", () => {
    const expected = [...lines];
    const commands: string[] = [];
    for (let i = 0; i < 4000; i++) {
      const at = (i * 7919) % expected.length;
      const rule = `INPUT -p tcp -m tcp --dport ${i + 1} -j DROP`;
      if (i % 3 === 0) {
        expected.splice(at, 0, `-A ${rule}`);
        commands.push(`iptables -I INPUT ${at + 1} ${rule.slice(6)}`);
      } else if (i % 3 === 1) {
        expected.splice(at, 1);
        commands.push(`iptables -D INPUT ${at + 1}`);
      } else {
        commands.push(`iptables -D ${expected.splice(at, 1)[0]?.slice(3)}`);
      }
    }
    const changed = load(script(...commands), dump);
    expect(changed.problems).toEqual([]);
    expect(rulesOf(changed)).toEqual(expected);
  });
  test("of several to be deleted, all are or none", () => {
    const changed = load(script("iptables -D INPUT -s 10.0.0.1,10.0.0.2,10.9.9.9 -j ACCEPT"), dump);
    expect(reasons(changed)).toEqual([expect.stringContaining("has no such rule")]);
    expect(changed.ruleset.tables[0]?.chains.get("INPUT")?.rules).toHaveLength(5000);
  });
});
