/** Lists of commands leave the same tables behind, and fail at the same commands, as with the real tools. */
import { expect, test } from "vitest";
import { lacking, type Tool } from "../support/real-tools.ts";
import { sequence } from "../syntax/events.ts";
import { drawSession, type Session } from "./draw-commands.ts";
import { cases, freshSeed, SEED } from "./seeds.ts";
import { type Outcome, runOurs, runReal } from "./session.ts";

/** One list in so many is for each of these. */
const TOOLS: readonly Tool[] = [
  "iptables-legacy",
  "iptables-nft",
  "iptables-legacy",
  "iptables-nft",
  "ip6tables-legacy",
  "ip6tables-nft",
  "ebtables-nft",
];
const LISTS = cases(500);
const missing = lacking([...new Set(TOOLS)]);

test.skipIf(missing)(`${LISTS} lists of commands${missing ? `: ${missing}` : ""}`, () => compare(SEED, LISTS));
test.skipIf(missing)(`the same from a fresh seed${missing ? `: ${missing}` : ""}`, () =>
  compare(freshSeed(), LISTS / 5),
);

function compare(seed: number, count: number): void {
  const pick = sequence(seed);
  const sessions = Array.from({ length: count }, (_, at) => drawSession(pick, TOOLS[at % TOOLS.length] as Tool));
  const real = runReal(sessions);
  const failed = real.reduce((sum, outcome) => sum + outcome.failed.length, 0);
  const all = sessions.reduce((sum, { commands }) => sum + commands.length, 0);
  console.log(`seed ${seed}: ${count} lists compared, ${all} commands, of which ${failed} fail`);
  sessions.forEach((session, at) => {
    const told = `seed ${seed}, list ${at}\n${script(session)}`;
    expect(shown(session, runOurs(session)), told).toEqual(shown(session, real[at] as Outcome));
  });
}

const script = ({ tool, dump, commands }: Session): string =>
  `${tool}-restore <<EOF\n${dump}EOF\n${commands.map((words) => `${tool} ${words.join(" ")}\n`).join("")}`;
const shown = ({ commands }: Session, { failed, state }: Outcome) => ({
  failed: failed.map((at) => `${at + 1}: ${commands[at]?.join(" ")}`),
  state,
});
