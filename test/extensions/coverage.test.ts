/**
 * Every extension of the catalogue has a test of what it means or does: the rules that the tests of this folder and their
 * recordings name are read and bound, and what they are bound to is struck off the list.
 */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { matches, targets } from "../../src/extensions/index.ts";
import type { Family } from "../../src/facts/index.ts";
import { bind, ruleOfText } from "../../src/model/index.ts";

const FAMILIES: readonly Family[] = ["ipv4", "ipv6", "bridge", "arp"];
/** Tests of notation say nothing of meaning. */
const NOTATION = new Set(["coverage.test.ts", "inherited-names.test.ts", "recorded.test.ts"]);

function texts(): string[] {
  const folder = new URL("./", import.meta.url);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !NOTATION.has(entry.name))
    .map((entry) => readFileSync(`${entry.parentPath}/${entry.name}`, "latin1"));
  const recordings = ["facts", "facts6", "targets", "targets6"].map((name) =>
    readFileSync(new URL(`../recordings/${name}.json`, import.meta.url), "latin1"),
  );
  return [...files, ...recordings];
}

test("every match, target and watcher has one", () => {
  const open = new Set<unknown>([...matches, ...targets]);
  const bodies = texts()
    .flatMap((text) => [...text.split("\n"), ...text.matchAll(/"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'|`([^`]*)`/g)])
    .flatMap((found) => (typeof found === "string" ? found : (found[1] ?? found[2] ?? found[3] ?? "")).split("\\n"))
    .map((line) => /(?:^|\s)((?:! )?--?[a-z].*)$/i.exec(line.replaceAll('\\"', '"').replace(/-A \S+ /, ""))?.[1] ?? "");
  for (const body of new Set(bodies)) {
    for (const family of FAMILIES) {
      try {
        const { matches: bound, target, problems } = bind(ruleOfText(family, "FORWARD", body));
        if (problems.length > 0) continue;
        for (const { extension } of bound) open.delete(extension);
        open.delete(target?.extension);
      } catch {
        // no rule
      }
    }
  }
  const left = [...open] as { name: string; families: readonly string[] }[];
  expect(left.map(({ name, families }) => `${name} (${families.join(", ")})`)).toEqual([]);
});
