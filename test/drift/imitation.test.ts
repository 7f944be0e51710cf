/**
 * LOG rules whose prefixes imitate TRACE, as Linux 6.18 printed them (test/cases/log-prefix: two pings, iptables-legacy
 * 1.8.9), and logs that are none: every command ends by its contract and takes nothing for a packet.
 */
import { describe, expect, test } from "vitest";
import { chainwalk, chainwalkJson } from "../support/cli.ts";
import { FULL, read, SEED, temporary } from "../support/seed.ts";

const CASE = new URL("../cases/log-prefix/", import.meta.url).pathname;
const [DUMP, LOG] = [`${CASE}rules.v4`, `${CASE}kernel.log`];

describe("LOG prefixes that imitate TRACE", () => {
  test("drift: two packets, four lines of LOG rules", async () => {
    const { code, json } = await chainwalkJson(["drift", DUMP, "--log", LOG]);
    expect(json).toMatchObject({ lines: 8, unread: 0, foreign: 4, logged: 4, packets: 2, drifts: [] });
    expect(json.explained + json.assumed).toBe(2);
    expect(code).toBe(0);
    const { out } = await chainwalk(["drift", DUMP, "--log", LOG]);
    expect(out).toContain("4 of these look like trace lines, and were printed by a LOG rule");
  });

  test("explain: the way of each has the rules that log", async () => {
    const { json } = await chainwalkJson(["explain", DUMP, "--log", LOG]);
    expect(json.explanations).toHaveLength(2);
    for (const { paths } of json.explanations)
      expect(paths[0].steps.filter(({ printed }: { printed: boolean }) => printed).map(({ id }: never) => id)).toEqual([
        "raw:PREROUTING:rule:2",
        "raw:PREROUTING:policy:3",
        "filter:INPUT:rule:1",
        "filter:INPUT:rule:2",
      ]);
  });

  test("infer, which has no dump: a table that no kernel has is none", async () => {
    const { json } = await chainwalkJson(["infer", "--log", LOG]);
    expect(json.tables.map(({ name }: { name: string }) => name).sort()).toEqual(["filter", "raw"]);
  });
});

const LINES = read(`${SEED}container-to-external.log`);
const LOGS: readonly (readonly [string, string | Buffer])[] = [
  ["nothing", ""],
  ["NUL bytes", "\0".repeat(4096)],
  ["a line of 10 MB", `TRACE: ${"x".repeat(10 << 20)}\n`],
  ["binary", Buffer.from(Array.from({ length: 1 << 16 }, (_, at) => (at * 167 + (at >> 8)) & 0xff))],
  ["half a line", "TRACE: raw:PREROUTING:pol"],
  ["LOG lines", "TRACE: a:b:policy:1 IN=eth0 OUT= SRC=10.0.0.1 DST=10.0.0.2 LEN=28 TTL=64 ID=1 PROTO=2 \n"],
];
const COMMANDS: readonly [string, ...string[]][] = [["drift", FULL], ["explain", FULL], ["infer"]];

describe.each(COMMANDS)("%s", (name, ...more) => {
  test.each(LOGS)("a log of %s holds no packet: exit 3, and said", async (_, log) => {
    const { code, out, err } = await chainwalk([name, ...more, "--log", temporary(log)]);
    expect([code, out]).toEqual([3, ""]);
    expect(err).toMatch(/no (?:trace|TRACE) line/);
  });
});

test("hostile lines among good ones: the packets are those of the good ones", async () => {
  const hostile = LOGS.slice(1).map(([, log]) => (typeof log === "string" ? log : log.toString("latin1")));
  const argv = ["drift", FULL, `${SEED}ebtables-save.txt`, "--host", `${SEED}host.json`, "--log"];
  const log = temporary(`${hostile.join("\n")}\n${LINES}\n${hostile.join("\n")}`);
  const { json } = await chainwalkJson([...argv, log]);
  const { json: good } = await chainwalkJson([...argv, temporary(LINES)]);
  expect(json.packets).toBe(good.packets);
  expect(json).toMatchObject({ drifts: [], explained: good.explained, lines: good.lines });
  expect(json.unread).toBeGreaterThan(0);
});
