/** The seed log held against its dump: agreement where they agree, and the right diagnosis where one was edited. */
import { describe, expect, test } from "vitest";
import { chainwalkJson } from "../support/cli.ts";
import { EB, FULL, HOST, NO_MANGLE, read, SECTIONS, SEED, temporary } from "../support/seed.ts";

const drift = (dumps: readonly string[], log: string) =>
  chainwalkJson(["drift", ...dumps, "--host", HOST, "--log", log]);
const logOf = (name: string) => `${SEED}${name}.log`;

describe("a log and the dump of its time", () => {
  test.each(SECTIONS)("$name: every packet explained, nothing assumed", async ({ log, dump }) => {
    const { code, json } = await drift([dump, EB], log);
    expect(code).toBe(0);
    expect(json).toMatchObject({
      packets: 6,
      explained: 6,
      assumed: 0,
      lost: 0,
      unread: 0,
      drifts: [],
      instrumentation: [],
    });
  });

  test("a table that was loaded only later is exactly one entry", async () => {
    const { code, json } = await drift([FULL, EB], logOf("container-to-container"));
    expect(code).toBe(1);
    expect(json.drifts).toHaveLength(1);
    expect(json.drifts[0]).toMatchObject({ kind: "table", table: "mangle", count: 6, line: 4 });
    expect(json.drifts[0].suspects[0]).toEqual({
      edit: "table-not-loaded",
      table: "mangle",
      chain: null,
      dumpNumber: null,
      liveNumber: null,
    });
  });

  test("all three sections in one log: the table was loaded after the sixth packet", async () => {
    const log = temporary(SECTIONS.map((section) => read(section.log)).join("\n"));
    const { json } = await drift([FULL, EB], log);
    expect(json).toMatchObject({ lines: 185, unread: 0, packets: 18, explained: 12, assumed: 0 });
    expect(json.drifts).toHaveLength(1);
    expect(json.drifts[0]).toMatchObject({ kind: "table", table: "mangle", count: 6 });
  });
});

describe("dumps taken before tracing was switched on", () => {
  const untraced = (dump: string) => temporary(read(dump).replace(/^-A .* -j TRACE\n/gm, ""));
  test.each(SECTIONS)("$name: the difference is instrumentation", async ({ name, log, dump }) => {
    const { code, json } = await drift([untraced(dump)], log);
    expect(code).toBe(0);
    expect(json).toMatchObject({ packets: 6, explained: 6, assumed: 0, drifts: [] });
    const what = json.instrumentation.map(
      (each: { what: string; table: string; chain: string }) => `${each.what} ${each.table} ${each.chain}`,
    );
    expect(what).toContain("trace-rule raw PREROUTING");
    expect(what).toContain("log-watcher eb:nat PREROUTING");
    // requests of this host alone enter by OUTPUT
    expect(what.includes("trace-rule raw OUTPUT")).toBe(name === "local-process-to-container");
  });

  test("the whole raw table may be missing", async () => {
    const dump = temporary(read(FULL).replace(/^\*raw\n[\s\S]*?COMMIT\n/m, ""));
    const { code, json } = await drift([dump], logOf("container-to-external"));
    expect(code).toBe(0);
    expect(json).toMatchObject({ explained: 6, assumed: 0, drifts: [] });
  });
});

/** `dumpNumber`/`liveNumber` follow from what the edit did to the dump: the live rule-set is the unedited one. */
const FORWARD_5 = "-A FORWARD -i docker0 ! -o docker0 -j ACCEPT\n";
const FORWARD_6 = "-A FORWARD -i docker0 -o docker0 -j ACCEPT\n";
const EDITS: readonly { name: string; edit: (dump: string) => string; of?: string; log?: string; best: object }[] = [
  {
    name: "FORWARD rules 5 and 6 swapped",
    edit: (dump) => dump.replace(FORWARD_5 + FORWARD_6, FORWARD_6 + FORWARD_5),
    best: { edit: "moved", table: "filter", chain: "FORWARD", dumpNumber: 5, liveNumber: 6 },
  },
  {
    name: "rule 3 deleted from the dump",
    edit: (dump) => dump.replace(/^-A FORWARD -o docker0 -m conntrack.*\n/m, ""),
    best: { edit: "inserted", table: "filter", chain: "FORWARD", dumpNumber: null, liveNumber: 3 },
  },
  {
    name: "the jump to DOCKER-USER deleted from the dump",
    edit: (dump) => dump.replace("-A FORWARD -j DOCKER-USER\n", ""),
    best: { edit: "inserted", table: "filter", chain: "FORWARD", dumpNumber: null, liveNumber: 1 },
  },
  {
    name: "an unconditional DROP as FORWARD rule 1",
    edit: (dump) => dump.replace("-A FORWARD -j DOCKER-USER\n", "-A FORWARD -j DROP\n-A FORWARD -j DOCKER-USER\n"),
    best: { edit: "deleted", table: "filter", chain: "FORWARD", dumpNumber: 1, liveNumber: null },
  },
  {
    name: "a DROP of the bridge's packets as FORWARD rule 1",
    edit: (dump) =>
      dump.replace("-A FORWARD -j DOCKER-USER\n", "-A FORWARD -i docker0 -j DROP\n-A FORWARD -j DOCKER-USER\n"),
    best: { edit: "deleted", table: "filter", chain: "FORWARD", dumpNumber: 1, liveNumber: null },
  },
  {
    name: "a second rule before DOCKER-USER's RETURN that matches nothing here",
    edit: (dump) =>
      dump.replace("-A DOCKER-USER -j RETURN\n", "-A DOCKER-USER -i eth0 -j DROP\n-A DOCKER-USER -j RETURN\n"),
    best: { edit: "deleted", table: "filter", chain: "DOCKER-USER", dumpNumber: 1, liveNumber: null },
  },
  {
    name: "a second rule before DOCKER-USER's RETURN that accepts",
    edit: (dump) =>
      dump.replace("-A DOCKER-USER -j RETURN\n", "-A DOCKER-USER -i docker0 -j ACCEPT\n-A DOCKER-USER -j RETURN\n"),
    best: { edit: "deleted", table: "filter", chain: "DOCKER-USER", dumpNumber: 1, liveNumber: null },
  },
  {
    name: "MASQUERADE removed from the dump",
    edit: (dump) => dump.replace(/^-A POSTROUTING .* -j MASQUERADE\n/m, ""),
    of: FULL,
    log: "container-to-external",
    best: { edit: "inserted", table: "nat", chain: "POSTROUTING", dumpNumber: null, liveNumber: 1 },
  },
];

describe("one edit between dump and log", () => {
  test.each(EDITS)("$name", async ({ edit, of = NO_MANGLE, log = "container-to-container", best }) => {
    const original = read(of);
    const edited = edit(original);
    expect(edited).not.toBe(original);
    const { code, json } = await drift([temporary(edited), EB], logOf(log));
    expect(code).toBe(1);
    expect(json.drifts).toHaveLength(1);
    expect(json.drifts[0].suspects[0]).toEqual(best);
  });

  test("the policy of a chain that packets reach the end of", async () => {
    const edited = read(FULL).replace(":INPUT ACCEPT [0:0]\n:FORWARD DROP", ":INPUT DROP [0:0]\n:FORWARD DROP");
    const { json } = await drift([temporary(edited), EB], logOf("local-process-to-container"));
    // INPUT's line is the last of a packet: the log cannot show what its policy did, and is explained either way
    expect(json.drifts).toEqual([]);
    const output = read(FULL).replace(":FORWARD DROP [0:0]\n:OUTPUT ACCEPT", ":FORWARD DROP [0:0]\n:OUTPUT DROP");
    const dropped = await drift([temporary(output), EB], logOf("local-process-to-container"));
    expect(dropped.json.drifts).toHaveLength(1);
    expect(dropped.json.drifts[0].kind).toBe("verdict");
    expect(dropped.json.drifts[0].suspects[0]).toMatchObject({ edit: "policy", chain: "OUTPUT" });
  });
});

describe("one line of the log altered", () => {
  const alterations = SECTIONS.flatMap(({ name, log, dump }) => {
    const lines = read(log).split("\n");
    return lines.flatMap((line, at) => {
      const parts = /^TRACE: ([a-z]+):(.+):(rule|return|policy):(\d+) IN=/.exec(line);
      if (!parts) return [];
      const [, table, chain = "", kind = "", number = ""] = parts;
      const other = [
        `${table}:${chain}:${kind}:${Number(number) + 1}`,
        `${table}:${chain}:${kind}:${Number(number) + 40}`,
        `${table}:${chain}:${kind === "rule" ? "policy" : "rule"}:${number}`,
        `${table}:${chain}:${kind === "return" ? "policy" : "return"}:${number}`,
        `${table}:${chain === "OUTPUT" ? "FORWARD" : "OUTPUT"}:${kind}:${number}`,
        `${table}:NO-SUCH-CHAIN:${kind}:${number}`,
        ...(Number(number) > 1 ? [`${table}:${chain}:${kind}:${Number(number) - 1}`] : []),
      ];
      return other.map((id) => ({
        name,
        dump,
        id,
        line: at + 1,
        text: lines.with(at, line.replace(/^TRACE: \S+/, `TRACE: ${id}`)).join("\n"),
      }));
    });
  });

  test.each(SECTIONS)("$name: every alteration of number, kind or chain is reported at its line", async ({ name }) => {
    const own = alterations.filter((each) => each.name === name);
    expect(own.length).toBeGreaterThan(100);
    const missed: string[] = [];
    for (const { dump, id, line, text } of own) {
      const { code, json } = await drift([dump, EB], temporary(text, "altered.log"));
      if (code !== 1 || !json.drifts.some((each: { line: number }) => each.line === line))
        missed.push(
          `line ${line} as ${id}: exit ${code}, ${JSON.stringify(json.drifts.map((each: { line: number }) => each.line))}`,
        );
    }
    expect(missed).toEqual([]);
  });
});
