/** Logs that lack lines: a recording's conversations again and again, with some lines taken out by chance. */
import { readFileSync } from "node:fs";
import type { DriftSummary } from "../../../src/drift/index.ts";
import type { World } from "../../../src/path/index.ts";
import { driftOfLines, recordedWorld } from "../../support/drifted.ts";
import { RECORDINGS } from "../../support/recording.ts";
import { copier, numbers } from "../repeat.ts";

export interface Losses {
  readonly packets: number;
  readonly taken: number;
  /** Packets said to have gone another way, for sure. */
  readonly drifted: number;
  /** Said to lack lines that were lost, and to lack lines that were lost or never printed. */
  readonly lost: number;
  readonly doubtful: number;
  readonly summary: DriftSummary;
}

export const messagesOf = (name: string): string[] =>
  readFileSync(`${RECORDINGS}${name}/dmesg.log`, "latin1")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.replace(/^\[[^\]]*\] /, ""));

export class Lossy {
  readonly #world: World;
  readonly #messages: readonly string[];

  constructor(name: string) {
    this.#world = recordedWorld(name, (source) => !/ip6?tables-save\.nft/.test(source.name));
    this.#messages = messagesOf(name);
  }

  /** `numbered`: as /dev/kmsg has them, or as dmesg prints them; `share` of them is taken out. */
  run(copies: number, share: number, seed: number, numbered: boolean): Losses {
    const next = numbers(seed);
    const copy = copier();
    const lines: string[] = [];
    let [at, taken] = [0, 0];
    for (let each = 0; each < copies; each++) {
      for (const message of copy(this.#messages, each)) {
        at++;
        if (next() < share) taken++;
        else lines.push(numbered ? `4,${at},${at * 10},-;${message}` : `[${(at / 1e5).toFixed(6)}] ${message}`);
      }
    }
    const summary = driftOfLines(this.#world, lines);
    const count = (isMeant: (kind: string) => boolean) =>
      summary.drifts.filter(({ kind }) => isMeant(kind)).reduce((sum, each) => sum + each.count, 0);
    return {
      packets: summary.packets,
      taken,
      drifted: count((kind) => kind !== "lost-or-drift"),
      lost: summary.lost,
      doubtful: count((kind) => kind === "lost-or-drift"),
      summary,
    };
  }
}
