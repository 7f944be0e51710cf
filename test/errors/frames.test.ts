/** Mistakes that people make, and the frame that each gets: reviewed golden files beside the inputs. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { chainwalk } from "../support/cli.ts";
import { expectations } from "./expectations.ts";

const folder = "test/errors/cases";
/** `UPDATE=1` writes the golden files; the expectations are held against them all the same. */
const update = process.env["UPDATE"] === "1";

/** Dumps are linted; scripts and files for `iptables-restore --noflush` are applied to a Docker host. */
const argvOf = (file: string): string[] =>
  /\.(?:sh|restore)$/.test(file) ? ["lint", "--base", "docker-28", "--apply", file] : ["lint", file];

describe.each(expectations)("%s", (name, at, marked, expected, fix) => {
  const file = `${folder}/${name}`;
  const golden = `${folder}/${name.replace(/\..*/, "")}.txt`;

  it("is told as its golden file has it", async () => {
    const { out, err, code } = await chainwalk(argvOf(file));
    if (update) writeFileSync(golden, out);
    expect([code, err]).toEqual([1, ""]);
    expect(out).toBe(readFileSync(golden, "utf8"));
  });

  it("names the place, what was expected, and a fix; nothing else", () => {
    const lines = readFileSync(golden, "utf8").split("\n");
    const headline = lines[0] ?? "";
    expect(headline).toContain(` ${file}:${at} `);
    expect(headline).toContain(expected);
    const carets = lines[3] ?? "";
    expect((lines[2] ?? "").slice(carets.indexOf("^"), carets.length)).toBe(marked);
    expect(lines.filter((line) => /^ *= (?:help|try|fix): /.test(line)).join("\n")).toContain(fix);
    expect(lines.at(-2)).toMatch(/^1 (?:error|warning) in /);
  });

  it("offers a line, if any, that is right", async () => {
    const tried = /^ *= try: (.*)$/m.exec(readFileSync(golden, "utf8"))?.[1];
    if (tried === undefined) return;
    const lines = readFileSync(file, "latin1").split("\n");
    lines[Number(at.split(":")[0]) - 1] = Buffer.from(tried).toString("latin1");
    const argv = argvOf(file).map((word) => (word === file ? "-" : word));
    const { out } = await chainwalk(argv, lines.join("\n"));
    expect(out).not.toMatch(/\[(?:syntax-error|undefined-chain)\]/);
  });
});

it("every input has its expectation, and every golden file its input", () => {
  const files = readdirSync(folder).sort();
  const inputs = expectations.map(([name]) => name);
  expect(files).toEqual([...inputs, ...inputs.map((name) => `${name.replace(/\..*/, "")}.txt`)].sort());
});
