/** `--ipset FILE`, and the sets in a captured folder. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chainwalk, chainwalkJson } from "../support/cli.ts";

const DUMP = `*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -m set --match-set banned src -j DROP
COMMIT
`;
const SETS = "create banned hash:net family inet hashsize 1024 maxelem 65536\nadd banned 203.0.113.0/24\n";
const PACKET = ["-i", "eth0", "-s", "203.0.113.9", "-d", "192.0.2.1", "-p", "tcp", "--dport", "22"];
let folder = "";
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "ipset-"));
});
afterAll(() => rmSync(folder, { recursive: true }));
// biome-ignore lint/suspicious/noExplicitAny: JSON as its users read it
const verdicts = (json: any): string[] => json.explanations[0].paths.map(({ verdict }: { verdict: string }) => verdict);

describe("explain", () => {
  test("without the sets both ways are told", async () => {
    const { json } = await chainwalkJson(["explain", file("rules", DUMP), ...PACKET]);
    expect(verdicts(json).sort()).toEqual(["ACCEPT", "DROP"]);
  });
  test("with them one", async () => {
    const argv = ["explain", file("rules", DUMP), "--ipset", file("sets", SETS), ...PACKET];
    expect(verdicts((await chainwalkJson(argv)).json)).toEqual(["DROP"]);
  });
  test("sets in the folder of a host are found by what they hold", async () => {
    const host = mkdtempSync(join(folder, "host-"));
    writeFileSync(join(host, "iptables-legacy.save"), DUMP);
    writeFileSync(join(host, "ipset.save"), SETS);
    expect(verdicts((await chainwalkJson(["explain", host, ...PACKET])).json)).toEqual(["DROP"]);
  });
  test.each([
    [
      "create banned hash:net\nadd banned 203.0.113.0/33\n",
      ':2:12: expected an entry of hash:net (ipv4), found "203.0.113.0/33"',
    ],
    ["*filter\n", ':1:1: expected create or add, as ipset save prints them, found "*filter"'],
    ["", ": no set in it (ipset save begins with create)"],
  ])("a file that cannot be read: %j", async (text, said) => {
    const sets = file("bad", text);
    const { code, err } = await chainwalk(["explain", file("rules", DUMP), "--ipset", sets, ...PACKET]);
    expect(code).toBe(3);
    expect(err).toContain(`${sets}${said}`);
  });
});

test("test takes it too, and scenarios may have sets of their own", async () => {
  const scenarios = file(
    "scenarios.yaml",
    `version: 1
dumps: [rules]
scenarios:
  - name: banned
    packet: { inInterface: eth0, source: 203.0.113.9, protocol: tcp, destinationPort: 22 }
    expect: { verdict: DROP }
  - name: not any more
    packet: { inInterface: eth0, source: 203.0.113.9, protocol: tcp, destinationPort: 22 }
    host: { ipset: "create banned hash:net\\n" }
    expect: { verdict: ACCEPT }
`,
  );
  file("rules", DUMP);
  const { code } = await chainwalk(["test", scenarios, "--ipset", file("sets", SETS)]);
  expect(code).toBe(0);
});

test("drift takes it too", async () => {
  const line =
    "[ 1.0] TRACE: filter:INPUT:rule:1 IN=eth0 OUT= MAC= SRC=203.0.113.9 DST=192.0.2.1 LEN=60 TOS=0x00 PREC=0x00 TTL=64 ID=1 DF PROTO=TCP SPT=1 DPT=22 SEQ=1 ACK=0 WINDOW=1 RES=0x00 SYN URGP=0 \n";
  const argv = ["drift", file("rules", DUMP), "--log", file("log", line)];
  const assumed = (await chainwalkJson(argv)).json.assumed;
  const settled = (await chainwalkJson([...argv, "--ipset", file("sets", SETS)])).json;
  expect([assumed, settled.explained, settled.assumed]).toEqual([1, 1, 0]);
});
