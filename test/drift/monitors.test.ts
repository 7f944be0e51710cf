/** Logs of both monitors of iptables-nft, held against the dumps that were taken beside them (recordings t05a to t05e). */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Connections } from "../../src/drift/connections.ts";
import { best } from "../../src/drift/fit.ts";
import { withoutForeignWatchers } from "../../src/drift/instrumentation.ts";
import type { World } from "../../src/path/index.ts";
import type { TracedPacket } from "../../src/trace/index.ts";
import { driftOf, recordedWorld } from "../support/drifted.ts";
import { RECORDINGS } from "../support/recording.ts";
import { packetsOf } from "../trace/recordings.ts";

interface Recorded extends World {
  readonly packets: readonly TracedPacket[];
}
const recorded = (name: string, log: string, backend: "legacy" | "nft"): Recorded => ({
  ...recordedWorld(
    name,
    ({ name: file }) => file === "ebtables-save.nft" || new RegExp(`^ip6?tables-save\\.${backend}$`).test(file),
    { backend: { iptables: backend, ebtables: "nft" } },
  ),
  packets: packetsOf(readFileSync(`${RECORDINGS}${name}/${log}`, "latin1")),
});
const summary = (of: Recorded) => driftOf(of, of.packets);
const verdicts = ({ host, ruleset, packets }: Recorded) => {
  const connections = new Connections({ ruleset, host });
  return packets.map((packet) => {
    const entered = connections.enter(packet);
    const events = withoutForeignWatchers(ruleset, packet.events, new Map());
    const { path, divergence } = best(ruleset, host, { entered, events });
    return divergence ? "diverged" : path?.verdict;
  });
};

const FILES = ["xtables-monitor", "xtables-monitor4", "nft-monitor", "nft-nn-monitor"];
const NAMES = ["t05a-nft-kinds", "t05b-nft-docker", "t05c-nft-bridge-trace", "t05d-nft-ipv6", "t05e-nft-zoo"];
const LOGS = NAMES.flatMap((name) => FILES.map((file) => [name, `${file}.trace`] as const)).filter(
  // nothing was printed: -4, and IPv6 traffic
  ([name, file]) => `${name}/${file}` !== "t05d-nft-ipv6/xtables-monitor4.trace",
);
/** nft 1.0.6 says nothing of fragments, and takes payload for ports: the second piece of one packet. */
const UNTOLD: Readonly<Record<string, number>> = {
  "t05e-nft-zoo/nft-monitor.trace": 1,
  "t05e-nft-zoo/nft-nn-monitor.trace": 1,
};
/** xtables-monitor 1.8.9 died over a rule. */
const BROKEN_OFF: Readonly<Record<string, number>> = { "t05d-nft-ipv6/xtables-monitor.trace": 1 };

describe.skipIf(!existsSync(RECORDINGS))("monitors of iptables-nft (../shared/recordings)", () => {
  test.each(LOGS)("%s %s: every packet goes as the dump says", (name, file) => {
    const { packets, explained, assumed, lost, drifts } = summary(recorded(name, file, "nft"));
    const [untold, broken] = [UNTOLD[`${name}/${file}`] ?? 0, BROKEN_OFF[`${name}/${file}`] ?? 0];
    expect(packets).toBeGreaterThan(0);
    expect(drifts.reduce((sum, { count }) => sum + count, 0)).toBe(untold);
    expect(lost).toBe(broken);
    expect(explained + assumed).toBe(packets - untold - broken);
  });

  test("the same traffic and rules print the same packets, with the same verdicts, in the legacy log", () => {
    const [legacy, ...monitors] = [
      recorded("t01a-kinds", "dmesg.log", "legacy"),
      ...FILES.map((file) => recorded("t05a-nft-kinds", `${file}.trace`, "nft")),
    ];
    const expected = verdicts(legacy as Recorded);
    expect(expected).toEqual(["DROP"]);
    for (const monitor of monitors) expect(verdicts(monitor)).toEqual(expected);
  });

  test("what a monitor shows of other tables of nftables is said to be none of the dump's", () => {
    expect(summary(recorded("t05c-nft-bridge-trace", "xtables-monitor.trace", "nft")).instrumentation).toEqual([
      expect.objectContaining({ what: "foreign-table", table: "eb:semtrace", chain: "pre" }),
    ]);
  });

  // iptables-nft-save prints every built-in chain of a table, made or not; the lines of one are taken out of the log here
  test("a chain that the dump shows and nothing hooks is said to be so, and no drift", () => {
    const of = recorded("t05b-nft-docker", "xtables-monitor.trace", "nft");
    const log = readFileSync(`${RECORDINGS}t05b-nft-docker/xtables-monitor.trace`, "latin1").split("\n");
    const packets = packetsOf(log.filter((line) => !line.includes(" mangle:FORWARD:")).join("\n"));
    const unhooked = ({ instrumentation }: ReturnType<typeof summary>) =>
      instrumentation.filter(({ what }) => what === "unhooked-chain");
    expect(unhooked(summary(of))).toEqual([]);
    const without = summary({ ...of, packets });
    expect(without.drifts).toEqual([]);
    expect(unhooked(without)).toMatchObject([{ table: "mangle", chain: "FORWARD" }]);
  });

  test("a rule that the dump lacks is drift", () => {
    const of = recorded("t05b-nft-docker", "xtables-monitor.trace", "nft");
    const { tables } = of.ruleset;
    const filter = tables.find(({ name, family }) => name === "filter" && family === "ipv4");
    const user = filter?.chains.get("DOCKER-USER");
    if (!filter || !user) throw new Error("no DOCKER-USER");
    const chains = new Map(filter.chains).set("DOCKER-USER", { ...user, rules: [] });
    const ruleset = { tables: tables.map((table) => (table === filter ? { ...filter, chains } : table)) };
    const { drifts } = summary({ ...of, ruleset });
    expect(drifts).toHaveLength(1);
    expect(drifts[0]).toMatchObject({ table: "filter", chain: "DOCKER-USER" });
    expect(drifts[0]?.suspects[0]).toMatchObject({ edit: "inserted", chain: "DOCKER-USER", liveNumber: 1 });
  });
});
