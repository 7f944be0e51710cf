/** The moment of change: one log over two rule-sets, held against the dump of the first and against that of the second. */
import { describe, expect, test } from "vitest";
import { Host } from "../../src/facts/index.ts";
import { type Datagram, encode, frame, UDP } from "../kernel/walk/datagram.ts";
import { withEveryLine } from "../kernel/walk/kernel-log.ts";
import { Lab, labLacks, TRACING } from "../kernel/walk/lab.ts";
import { blockOfRun, dockerLike } from "../kernel/walk/topology.ts";
import { chainwalk, chainwalkJson } from "../support/cli.ts";
import { driftOfLines, rulesetOf } from "../support/drifted.ts";
import { EB, FULL, HOST, NO_MANGLE, read, SEED, temporary } from "../support/seed.ts";

const [containers, local, external] = [
  "container-to-container",
  "local-process-to-container",
  "container-to-external",
].map((name) => read(`${SEED}${name}.log`));
const drift = (dump: string, log: string) => chainwalkJson(["drift", dump, EB, "--host", HOST, "--log", log]);

/** The seed says that the first section was recorded before the mangle table was loaded; each section is six packets. */
describe("the seed's sections in one log", () => {
  test("a dump that is newer than the first: until its last packet", async () => {
    const log = temporary(`${containers}${local}${external}`);
    const { json } = await drift(FULL, log);
    expect(json.drifts).toHaveLength(1);
    const line = String(containers).trimEnd().split("\n").length;
    expect(json.drifts[0]).toMatchObject({ count: 6, since: null, until: { packet: 6, line } });
    const { out } = await chainwalk(["drift", FULL, EB, "--host", HOST, "--log", log]);
    expect(json.drifts[0].until.time).toBeNull();
    expect(out).toContain(`until:   packet 6, line ${line}: those after it that would show it agree with the dump`);
  });

  test("a dump that is older than the last: since its first packet", async () => {
    const before = `${local}${external}`;
    const { json } = await drift(FULL, temporary(`${before}${containers}`));
    expect(json.drifts).toHaveLength(1);
    const { since, until, count } = json.drifts[0];
    expect({ count, until, packet: since.packet }).toEqual({ count: 6, until: null, packet: 13 });
    // the section begins with its first frame's first line
    expect(since.line).toBeGreaterThan(before.trimEnd().split("\n").length);
    expect(since.line).toBeLessThanOrEqual(before.split("\n").length + 3);
  });

  test("made and undone again: a window, from its first packet to its last", async () => {
    const log = temporary(`${local}${containers}${external}`);
    const { json } = await drift(FULL, log);
    expect(json.drifts).toHaveLength(1);
    expect(json.drifts[0]).toMatchObject({ count: 6, since: { packet: 7 }, until: { packet: 12 } });
    const { out } = await chainwalk(["drift", FULL, EB, "--host", HOST, "--log", log]);
    expect(out).toContain("since:   packet 7, ");
    expect(out).toContain("until:   packet 12, ");
    expect(out).toContain("suspect: for that while, table mangle is not loaded");
  });

  test("when that was, in the log's own words", async () => {
    const line = String(containers).trimEnd().split("\n").length;
    const text = `${containers}${local}${external}`.trimEnd().split("\n");
    const stamped = text.map((each, at) => `[ 3426.${String(at + 1).padStart(6, "0")}] ${each}\n`).join("");
    const log = temporary(stamped);
    const time = `3426.${String(line).padStart(6, "0")}`;
    const { json } = await drift(FULL, log);
    expect(json.drifts[0].until).toEqual({ packet: 6, line, time });
    const { out } = await chainwalk(["drift", FULL, EB, "--host", HOST, "--log", log]);
    expect(out).toContain(`until:   packet 6, line ${line} at ${time}: those`);
    const wrapped = text.map((each, at) => `${JSON.stringify({ log: `${each}\n`, time: `T${at + 1}` })}\n`).join("");
    const inJson = await drift(FULL, temporary(wrapped));
    expect(inJson.json.drifts[0].until).toEqual({ packet: 6, line, time: `T${line}` });
  });

  test("a log of one rule-set has no such moment", async () => {
    const { json } = await drift(FULL, `${SEED}container-to-container.log`);
    expect(json.drifts[0]).toMatchObject({ count: 6, since: null, until: null });
    const agreed = await drift(NO_MANGLE, `${SEED}container-to-container.log`);
    expect(agreed.json.drifts).toEqual([]);
  });
});

const dumpWith = (rules: readonly string[]) => `${TRACING}*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
${rules.map((rule) => `-A FORWARD ${rule}\n`).join("")}COMMIT
`;

/** Packets go to the ports 53, 80 and 99 in turn: the last of them pass every rule by. */
const RULES = ["-p udp -m udp --dport 53 -j ACCEPT", "-p udp -m udp --dport 80 -j ACCEPT"];
const EDITS: readonly { name: string; live: string; edit: string; shows: readonly number[] }[] = [
  { name: "inserted", live: dumpWith(["-s 192.0.2.1 -j DROP", ...RULES]), edit: "inserted", shows: [0, 1, 2] },
  { name: "deleted", live: dumpWith(RULES.slice(1)), edit: "deleted", shows: [0, 1, 2] },
  { name: "the last one deleted", live: dumpWith(RULES.slice(0, 1)), edit: "deleted", shows: [1, 2] },
  { name: "swapped", live: dumpWith(RULES.toReversed()), edit: "moved", shows: [0, 1] },
];

const missing = labLacks();
describe.skipIf(missing)(`a rule-set that changes in the kernel${missing ? `: ${missing}` : ""}`, () => {
  test.each(EDITS)("$name", ({ live, edit, shows }) => withEveryLine(() => changed(live, edit, shows)));

  async function changed(live: string, edit: string, shows: readonly number[]) {
    const old = dumpWith(RULES);
    const lab = await Lab.build(dockerLike(blockOfRun()));
    try {
      await lab.begin();
      const host = new Host(lab.facts());
      const packets: (readonly string[])[] = [];
      for (const dump of [old, live]) {
        expect(lab.load({ ipv4: dump })).toBeNull();
        for (const port of [53, 80, 99, 53, 80, 99])
          packets.push((await lab.send(udp(lab, packets.length, port))).lines);
      }
      const seen = packets.slice(6).map((lines, at) => ({ lines, at: at + 6 }));
      const lineOf = (at: number) => packets.slice(0, at).flat().length + 1;
      const first = seen.find(({ at }) => shows.includes(at % 3))?.at ?? 0;
      const [before, after] = [old, live].map((dump) =>
        driftOfLines({ ruleset: rulesetOf(dump, host), host }, packets.flat()),
      );
      const expected = { count: 2 * shows.length };
      expect(before?.drifts).toMatchObject([
        { ...expected, since: { packet: first + 1, line: lineOf(first) }, until: null },
      ]);
      expect(before?.drifts[0]?.suspects.map((suspect) => suspect.edit)).toContain(edit);
      const last = [5, 4, 3].find((at) => shows.includes(at % 3)) ?? 0;
      expect(after?.drifts).toMatchObject([
        { ...expected, since: null, until: { packet: last + 1, line: lineOf(last + 1) - 1 } },
      ]);
    } finally {
      lab.close();
    }
  }
});

/** Each is the first packet of a connection of its own. */
function udp({ topology }: Lab, count: number, destinationPort: number) {
  const [c1, ext0] = ["c1", "ext0"].map((name) => topology.wires.find((wire) => wire.name === name)?.peers[0]);
  const datagram: Datagram = {
    family: "ipv4",
    source: String(c1?.addresses[0]),
    destination: String(ext0?.addresses[0]),
    ttl: 64,
    tos: 0,
    id: 100 + count,
    protocol: UDP,
    sourcePort: 4000 + count,
    destinationPort,
    body: "616263",
  };
  const hex = frame(String(c1?.mac), String(topology.bridges[0]?.mac), encode(datagram));
  return { by: "wire", wire: "c1", hex } as const;
}
