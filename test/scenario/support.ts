import { Host, type HostJson } from "../../src/facts/index.ts";
import { loadDump, toRuleset } from "../../src/model/index.ts";
import { walk } from "../../src/path/index.ts";
import { hostFor, type Judgement, judge, readScenarios, type Scenario } from "../../src/scenario/index.ts";
import { Source } from "../../src/source.ts";
import { parse } from "../../src/syntax/index.ts";

export const bytesOf = (text: string): string => Buffer.from(text, "utf8").toString("latin1");
export const yaml = (text: string): Source => new Source("s.yaml", bytesOf(text));

/** What reading throws, in words; fails if it reads. */
export function problemsOf(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    return (error as Error).message.split("\n");
  }
  throw new Error("nothing is thrown");
}

export function judgeOn(scenario: Scenario, dumps: readonly Source[], facts: HostJson = {}): Judgement {
  const host = new Host(hostFor(scenario, facts));
  const ruleset = toRuleset(dumps.map((dump) => loadDump(parse(dump), host)));
  return judge(scenario, walk({ ruleset, host }, scenario.packet, scenario.hook ? { hook: scenario.hook } : {}));
}

/** The judgement of one scenario, given as `packet` and `expect` in YAML, on one small dump. */
export function judged(dump: string, packet: string, expect: string | null): Judgement {
  const text = `version: 1\nscenarios:\n- name: one\n  packet: ${packet}\n${expect === null ? "" : `  expect: ${expect}\n`}`;
  const [scenario] = readScenarios(yaml(text)).scenarios;
  return judgeOn(scenario as Scenario, [new Source("a.save", dump)]);
}
