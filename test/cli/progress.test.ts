/** How far a long log is read, on a terminal. */
import { afterEach, expect, test, vi } from "vitest";
import { type Io, readChunks } from "../../src/cli/io.ts";
import { temporary } from "../support/seed.ts";

const MB = 2 ** 20;
const log = Buffer.alloc(4 * MB, "a line of a log\n");

/** What is shown where each chunk takes `seconds`. */
async function shown(name: string, seconds: number): Promise<string[]> {
  const texts: string[] = [];
  let now = 0;
  vi.spyOn(Date, "now").mockImplementation(() => (now += seconds * 1000));
  const io: Pick<Io, "progress" | "stdin"> = {
    progress: (text) => texts.push(text),
    stdin: async function* () {
      for (let at = 0; at < log.length; at += MB) yield log.subarray(at, at + MB);
    },
  };
  for await (const _ of readChunks(name, io as Io));
  return texts;
}
afterEach(() => void vi.restoreAllMocks());

test("of a file the share that is read, and nothing is left of it in the end", async () => {
  const texts = await shown(temporary(log, "long.log"), 2);
  expect(texts.some((text) => text.endsWith("long.log: [############............] 50 % of 4 MB"))).toBe(true);
  expect(texts.at(-2)).toMatch(/\[#{24}\] 100 % of 4 MB$/);
  expect(texts.at(-1)).toBe("\r\x1b[K");
});

test("of a pipe how much was read", async () => {
  expect(await shown("-", 2)).toEqual([1, 2, 3, 4].map((each) => `\r-: ${each} MB read`).concat("\r\x1b[K"));
});

test("nothing of what is read in less than a second", async () => {
  expect(await shown(temporary(log, "short.log"), 0.001)).toEqual([]);
});
