/**
 * Every extension of the catalogue has a test of what it means or does: the rules that the tests of this folder and their
 * recordings name are read and bound, and what they are bound to is struck off the list.
 */
import { readdirSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
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
  expect(([...open] as Parameters<typeof idOf>[0][]).map(idOf)).toEqual([]);
});

/** Matches that are not asked to say both yes and no, and why. */
const ONE_WAY: Readonly<Record<string, string>> = {
  "comment (ipv4, ipv6)": "always holds",
  "nfacct (ipv4, ipv6)": "counts, and always holds",
  "log (bridge)": "a watcher: always holds",
  "nflog (bridge)": "a watcher: always holds",
  "ulog (bridge)": "a watcher: always holds",
  "limit (ipv4, ipv6)": "chance",
  "limit (bridge)": "chance",
  "hashlimit (ipv4, ipv6)": "chance",
  "rateest (ipv4, ipv6)": "chance",
  "cpu (ipv4, ipv6)": "chance",
  "ipvs (ipv4, ipv6)": "asks for what no field and no fact holds",
  "bpf (ipv4, ipv6)": "asks for bytes that no field holds",
  "string (ipv4, ipv6)": "asks for bytes that no field holds",
  "u32 (ipv4, ipv6)": "asks for bytes that no field holds",
  "srh (ipv6)": "no without the header; what it holds is in no field",
  "string (bridge)": "asks for bytes that no field holds",
  "osf (ipv4)": "no where there is no SYN, else a fingerprint that no field holds",
  "socket (ipv4, ipv6)": "no where no socket can be, else sockets that no fact holds",
  "802_3 (bridge)": "no of frames with IP, the others' headers are in no field",
  "arp (bridge)": "no of frames with IP, the others' headers are in no field",
  "stp (bridge)": "no of frames with IP, the others' headers are in no field",
};
const idOf = ({ name, families }: { name: string; families: readonly string[] }) => `${name} (${families.join(", ")})`;

describe("both answers", () => {
  const answers = new Map<unknown, Set<string>>();
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), "latin1");
  function note(family: Family, body: string, answer: string): void {
    try {
      const { matches: bound, problems } = bind(ruleOfText(family, family === "arp" ? "INPUT" : "FORWARD", body));
      if (problems.length > 0) return;
      for (const { extension } of bound) answers.set(extension, (answers.get(extension) ?? new Set()).add(answer));
    } catch {
      // no rule of this family
    }
  }
  /** Rows that end in the answer, as the tests' tables have them. */
  function noteTables(): void {
    for (const name of ["headers", "questions", "meaning"])
      for (const [, double, single, answer = ""] of read(`${name}.test.ts`).matchAll(
        /\[\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'),[^\]]*?"(yes|no)",?\s*\]/g,
      ))
        for (const family of FAMILIES) note(family, (double ?? single ?? "").replaceAll('\\"', '"'), answer);
  }
  /** What kernel-probes excuses: the answer is not held against the kernel's. */
  const EXCUSED = /-m (?:u32|string|ipv6header|hbh|dst|rt|srh)\b|--arp|--stp|--mh-type/;
  function noteKernel(): void {
    for (const [family, facts] of [
      ["ipv4", "facts"],
      ["ipv6", "facts6"],
    ] as const) {
      const [probes = "", packets = ""] = read(`kernel-probes/${family}.txt`).split("\n\n", 2);
      const matched = packets.split("\n").filter((_, at) => at % 2 === 1);
      for (const [at, body] of probes.split("\n").entries())
        for (const line of EXCUSED.test(body) ? [] : matched)
          note(family, body, line.split(" ").includes(String(at + 1)) ? "yes" : "no");
      const { rules, rows } = JSON.parse(read(`../recordings/${facts}.json`));
      for (const row of rows as { answers: string }[])
        for (const [at, body] of (rules as string[]).entries())
          if (row.answers[at] !== ".") note(family, body, row.answers[at] === "1" ? "yes" : "no");
    }
    const { probes, frames } = JSON.parse(read("kernel-probes/bridge.json"));
    for (const [at, body] of (probes as string[]).entries())
      for (const { matched } of EXCUSED.test(body) ? [] : (frames as { matched: number[] }[]))
        note("bridge", `${body} -j CONTINUE`, matched.includes(at + 1) ? "yes" : "no");
  }
  beforeAll(() => {
    noteTables();
    noteKernel();
  });

  test.each(matches.map((match) => [idOf(match), match] as const))("%s", (id, match) => {
    const both = ["no", "yes"].every((answer) => answers.get(match)?.has(answer));
    expect(both, ONE_WAY[id]).toBe(ONE_WAY[id] === undefined);
  });
});
