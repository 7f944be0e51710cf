/** A log that is still written, and what a program reads line by line. */
import { appendFileSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import type { Io } from "../../src/cli/io.ts";
import { run } from "../../src/cli/program.ts";
import { chainwalk } from "../support/cli.ts";
import { EB, FULL, HOST, SEED, temporary } from "../support/seed.ts";

const log = (section: string) => readFileSync(`${SEED}${section}.log`, "latin1");
const DRIFT = ["drift", FULL, EB, "--host", HOST];

/** Runs until it is interrupted; `seen` waits until this was printed. */
function following(name: string, stdin: () => AsyncIterable<Buffer> = async function* () {}) {
  const controller = new AbortController();
  let out = "";
  const io: Io = {
    out: (text) => {
      out += text;
    },
    err: () => {},
    outBytes: () => {},
    stdin,
    colour: false,
    terminal: false,
    interrupted: () => controller.signal,
    progress: null,
  };
  const done = run([...DRIFT, "--log", name, "--follow", "--format", "ndjson"], io, "0.0.0");
  const packets = () => out.split("\n").filter((line) => line.includes('"type":"packet"')).length;
  const seen = async (count: number) => {
    for (let tries = 0; packets() < count && tries < 200; tries++) await new Promise((go) => setTimeout(go, 50));
    expect(packets()).toBe(count);
  };
  return { done, seen, stop: () => controller.abort(), summary: () => JSON.parse(out.trim().split("\n").at(-1) ?? "") };
}

describe("--follow", () => {
  test("a file that grows, in the middle of a line too, and is replaced by another", async () => {
    const file = temporary(log("container-to-external").slice(0, 5000));
    const run = following(file);
    appendFileSync(file, log("container-to-external").slice(5000), "latin1");
    await run.seen(6);
    renameSync(file, `${file}.1`);
    writeFileSync(file, log("local-process-to-container"), "latin1");
    await run.seen(12);
    run.stop();
    expect(await run.done).toBe(0);
    expect(run.summary()).toMatchObject({ type: "summary", packets: 12, explained: 12, drifts: [] });
  });

  test("a pipe that pauses, and ends", async () => {
    const run = following("-", async function* () {
      yield Buffer.from(log("container-to-external"), "latin1");
      await new Promise((go) => setTimeout(go, 500));
      yield Buffer.from(log("container-to-container"), "latin1");
    });
    expect(await run.done).toBe(1);
    expect(run.summary()).toMatchObject({ packets: 12, explained: 6, drifts: [{ kind: "table", count: 6 }] });
  });

  test("no such file", async () => {
    const { code, err } = await chainwalk([...DRIFT, "--log", "/nowhere/x.log", "--follow"]);
    expect([code, err]).toEqual([3, "chainwalk: /nowhere/x.log: no such file\n"]);
  });
});

test("--format ndjson: an object a packet, as its schema says, and the summary", async () => {
  const { out } = await chainwalk([...DRIFT, "--log", `${SEED}container-to-container.log`, "--format", "ndjson"]);
  const lines = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const validate = new Ajv2020().compile(
    JSON.parse(readFileSync(new URL("../../src/report/drift-line.schema.json", import.meta.url), "utf8")),
  );
  for (const line of lines.slice(0, -1)) expect(validate(line), JSON.stringify(validate.errors)).toBe(true);
  expect(lines.map(({ type }) => type)).toEqual([...Array(6).fill("packet"), "summary"]);
  expect(lines[0]).toMatchObject({ says: "not explained", at: 4, expected: "mangle:PREROUTING:policy:1" });
});
