/** A log that lacks a line: proven by the kernel's own numbers it is a loss, and never called drift for sure. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { driftOfLines, recordedWorld } from "../support/drifted.ts";
import { RECORDINGS } from "../support/recording.ts";

function drift(name: string) {
  const world = recordedWorld(name);
  return (lines: readonly string[]) => driftOfLines(world, lines);
}
const messagesOf = (name: string): string[] =>
  readFileSync(`${RECORDINGS}${name}/dmesg.log`, "latin1")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.replace(/^\[[^\]]*\] /, ""));
const without = <T>(list: readonly T[], at: number): T[] => list.filter((_, each) => each !== at);

const NAMES = [
  "s01-c2c-same-bridge-brnf1",
  "s03-host-to-container",
  "s05-container-to-external-brnf1",
  "s06-external-to-published-brnf0",
];
/** Every line would do; one in five takes a fifth of the time. */
const EVERY = 5;

describe.skipIf(!existsSync(RECORDINGS))("one line less (../shared/recordings)", () => {
  test.each(NAMES)("%s", (name) => {
    const run = drift(name);
    const lines = messagesOf(name);
    const whole = run(lines);
    expect(whole.drifts).toEqual([]);
    const numbered = lines.map((line, at) => `4,${100 + at},${at},-;${line}`);
    for (let at = 1; at < lines.length - 1; at += EVERY) {
      const proven = run(without(numbered, at));
      expect(proven.drifts, lines[at]).toEqual([]);
      const plain = run(without(lines, at));
      expect(
        plain.drifts.filter(({ kind }) => kind !== "lost-or-drift"),
        lines[at],
      ).toEqual([]);
      // a line that is no trace line, or that no rule-set predicts, may be missing unseen
      expect(plain.drifts.length, lines[at]).toBe(proven.lost);
    }
  });
});

describe.skipIf(!existsSync(RECORDINGS))("what many packets lack is no loss", () => {
  test("a table that they do not pass any more", () => {
    const name = "s05-container-to-external-brnf1";
    const lines = messagesOf(name).filter((line) => !line.includes("security:"));
    const { drifts } = drift(name)(lines);
    expect(drifts).toMatchObject([{ kind: "table", table: "security" }]);
    expect(drifts[0]?.suspects[0]).toMatchObject({ edit: "table-not-loaded", table: "security" });
  });
});
