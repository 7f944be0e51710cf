/** --apply, --base and --publish: one way for every command that takes them. */
import { describe, expect, test } from "vitest";
import { chainwalk, chainwalkJson } from "../support/cli.ts";
import { FULL, temporary } from "../support/seed.ts";

const CHANGE = temporary("iptables -I DOCKER-USER -i eth0 -j DROP\n");
const PACKET = [
  "-i",
  "eth0",
  "-s",
  "198.51.100.7",
  "-d",
  "203.0.113.9",
  "-p",
  "tcp",
  "--dport",
  "8080",
  "--ctstate",
  "NEW",
];
const STAND = ["--base", "docker-28", "--publish", "8080:80/tcp"];

describe("a change is part of the answer", () => {
  test("explain: without it the stranger comes in, with it not", async () => {
    const bare = await chainwalkJson(["explain", ...STAND, ...PACKET]);
    expect(bare.json.explanations[0].paths.map(({ verdict }: { verdict: string }) => verdict)).toEqual(["ACCEPT"]);
    const { json, err } = await chainwalkJson(["explain", ...STAND, "--apply", CHANGE, ...PACKET]);
    expect(json.explanations[0].paths).toHaveLength(1);
    expect(json.explanations[0].paths[0]).toMatchObject({ verdict: "DROP", decidedBy: "filter:DOCKER-USER:rule:1" });
    // the deciding rule is the script's own line
    const last = json.explanations[0].paths[0].steps.at(-1).rule;
    expect(last).toMatchObject({ file: CHANGE, line: 1, number: 1, text: "iptables -I DOCKER-USER -i eth0 -j DROP" });
    expect(err).toBe("");
  });
  test("lint: findings point into the change", async () => {
    const { code, json } = await chainwalkJson(["lint", ...STAND, "--apply", CHANGE]);
    expect(code).toBe(1);
    expect(json.findings.map(({ rule, file, line }: Record<string, unknown>) => [rule, file, line])).toEqual([
      ["docker-user-drop-without-established", CHANGE, 1],
    ]);
  });
  test("test: a scenario file on a stock host", async () => {
    const scenarios = temporary(
      `version: 1
scenarios:
  - name: no stranger comes in
    packet: { inInterface: eth0, source: 198.51.100.7, destination: 203.0.113.9, protocol: tcp, destinationPort: 8080, ctstate: NEW }
    expect: { verdict: DROP }
`,
    );
    expect((await chainwalk(["test", ...STAND, "--apply", CHANGE, scenarios])).code).toBe(0);
    expect((await chainwalk(["test", ...STAND, scenarios])).code).toBe(1);
  });
  test("print: what is loaded afterwards, in the order of the changes", async () => {
    const second = temporary("*filter\n:DOCKER-USER - [0:0]\n-A DOCKER-USER -s 192.0.2.0/24 -j RETURN\nCOMMIT\n");
    const { out } = await chainwalk(["print", "--base", "docker-29", "--apply", CHANGE, "--apply", second]);
    expect(out.split("\n").filter((line) => line.startsWith("-A DOCKER-USER"))).toEqual([
      "-A DOCKER-USER -s 192.0.2.0/24 -j RETURN",
    ]);
    const { json } = await chainwalkJson(["print", "--base", "docker-29", "--apply", CHANGE]);
    const filter = json.tables.find(({ name }: { name: string }) => name === "filter");
    expect(filter.chains.find(({ name }: { name: string }) => name === "DOCKER-USER").rules).toHaveLength(1);
  });
  test("on dumps of one's own as on a stock host", async () => {
    const { out } = await chainwalk(["print", FULL, "--apply", CHANGE]);
    expect(out).toContain("-A DOCKER-USER -i eth0 -j DROP\n-A DOCKER-USER -j RETURN\n");
  });
});

test("what could not be applied is said by commands that do not lint", async () => {
  const bad = temporary("iptables -A DOCKER-USR -j DROP\n");
  const { code, err } = await chainwalk(["explain", ...STAND, "--apply", bad, ...PACKET]);
  expect(code).toBe(0);
  expect(err).toBe(`chainwalk: ${bad}:1:13: table filter has no chain DOCKER-USR; did you mean DOCKER-USER?\n`);
});

describe("wrong words", () => {
  test.each([
    [["lint"], 2, "no dump"],
    [["lint", FULL, "--base", "docker-28"], 2, "not both"],
    [["lint", FULL, "--publish", "8080:80"], 2, "--publish goes with --base"],
    [["lint", "--base", "docker-27"], 2, "no such stock host (docker-17.06, docker-20.10, docker-28, docker-29)"],
    [["lint", "--base", "docker-28", "--publish", "80"], 2, "expected [address:]port:port[/protocol]"],
    [["lint", FULL, FULL, "--apply", CHANGE], 2, "the dumps of one host"],
    [["explain", FULL, "--apply", "/nosuch/file", ...PACKET], 3, "/nosuch/file"],
    [["explain", FULL, "--apply", temporary("echo hello\n"), ...PACKET], 3, "nothing of it could be applied"],
    [["explain", FULL, "--apply", temporary(""), ...PACKET], 3, "nothing to apply"],
  ] as const)("%s", async (argv, code, message) => {
    const ran = await chainwalk([...argv]);
    expect(ran.code).toBe(code);
    expect(ran.err).toContain(message);
    expect(ran.out).toBe("");
  });
});
