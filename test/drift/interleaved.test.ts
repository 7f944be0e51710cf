/** 50 conversations at once print the same as one after the other. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { driftOfLines, recordedWorld } from "../support/drifted.ts";
import { RECORDINGS } from "../support/recording.ts";
import { copier, numbers } from "./repeat.ts";

const COPIES = 50;
/** Lines of one conversation that come without another's between them, at most. */
const BURST = 4;

/** The TCP and UDP lines of a recording: bridge lines of ICMP have no id, and those of IGMP are all alike. */
const linesOf = (name: string): string[] =>
  readFileSync(`${RECORDINGS}${name}/dmesg.log`, "latin1")
    .split("\n")
    .filter((line) => line.includes("TRACE") && /PROTO=(TCP|UDP)|proto=(6|17)\b/.test(line));

function interleaved(copies: readonly (readonly string[])[]): string[] {
  const next = numbers(7);
  const left = copies.map((lines) => [...lines]);
  const out: string[] = [];
  for (let open = left; open.length > 0; open = open.filter((lines) => lines.length > 0))
    out.push(...(open[Math.floor(next() * open.length)]?.splice(0, 1 + Math.floor(next() * BURST)) ?? []));
  return out;
}

describe.skipIf(!existsSync(RECORDINGS))("recordings of a real kernel (../shared/recordings)", () => {
  test.each([
    "s01-c2c-same-bridge-brnf1",
    "s05-container-to-external-brnf1",
    "s06-external-to-published-brnf0",
    "s10-host-to-own-published",
  ])("%s, 50 times at once", (name) => {
    const world = recordedWorld(name);
    const run = (lines: readonly string[]) => {
      const { packets, explained, assumed, drifts, coverage } = driftOfLines(world, lines);
      return { packets, explained, assumed, drifts, confirmed: coverage.confirmed };
    };
    const one = run(linesOf(name));
    expect(one.packets).toBeGreaterThan(0);
    const copy = copier();
    const all = run(interleaved(Array.from({ length: COPIES }, (_, each) => copy(linesOf(name), each))));
    expect(all).toEqual({
      packets: one.packets * COPIES,
      explained: one.explained * COPIES,
      assumed: one.assumed * COPIES,
      drifts: [],
      confirmed: one.confirmed,
    });
  });
});
