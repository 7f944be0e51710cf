/** query and diff as they are called: exit codes, wrong words, witnesses that replay. */
import { describe, expect, test } from "vitest";
import { chainwalk, chainwalkJson } from "../support/cli.ts";
import { temporary } from "../support/seed.ts";

const dump = (...rules: readonly string[]): string =>
  temporary(
    `*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n${rules.map((rule) => `${rule}\n`).join("")}COMMIT\n`,
  );
const WEB = "-A FORWARD -i eth0 -p tcp -m tcp --dport 80 -j ACCEPT";
const DEAD = "-A FORWARD -i eth0 -p tcp -m tcp --dport 80 -s 10.0.0.0/8 -j DROP";

describe("query", () => {
  test("which packets end in a verdict, and one that explain replays to it", async () => {
    const { code, json } = await chainwalkJson(["query", dump(WEB), "-i", "eth0", "-o", "eth1", "--verdict", "ACCEPT"]);
    expect(code).toBe(0);
    const [answer] = json.answers;
    expect(answer).toMatchObject({
      verdict: "ACCEPT",
      empty: false,
      packets: [{ protocol: "tcp", destinationPort: "80" }],
      carriedBy: [{ id: "filter:FORWARD:rule:1", rule: { line: 5, text: WEB } }],
    });
    const replayed = await chainwalkJson(answer.witness.argv);
    expect(replayed.json.explanations[0].paths.map((path: { verdict: string }) => path.verdict)).toEqual(["ACCEPT"]);
  });

  test("which packets match a rule: none, where others take them all", async () => {
    const file = dump(WEB, DEAD);
    const dead = await chainwalk(["query", file, "--rule", "filter:FORWARD:rule:2"]);
    expect(dead.out).toContain("filter:FORWARD:rule:2  no packet matches it");
    expect((await chainwalk(["query", file, "--rule", "filter:FORWARD:rule:2", "--fail-if-any"])).code).toBe(0);
    expect((await chainwalk(["query", file, "--rule", "filter:FORWARD:rule:1", "--fail-if-any"])).code).toBe(1);
    // the end of the chain is asked about like a rule
    expect((await chainwalk(["query", file, "--rule", "filter:FORWARD:policy:3"])).out).toContain("these packets");
  });

  test.each([
    [["--rule", "FORWARD"], "expected table:chain:rule:number"],
    [["--rule", "filter:FORWARD:rule:9"], "the chain has 1 rules"],
    [["--rule", "filter:NONE:rule:1"], "has such a chain"],
    [["--fail-if-any"], "--fail-if-any goes with --verdict or --rule"],
    [["--verdict", "accept"], "Allowed choices"],
    [["--verdict", "DROP", "--rule", "filter:FORWARD:rule:1"], "cannot be used with"],
  ])("wrong words: %j", async (words, says) => {
    const { code, err } = await chainwalk(["query", dump(WEB), ...words]);
    expect(code).toBe(2);
    expect(err).toContain(says);
  });
});

describe("diff", () => {
  test("of a dump and itself: none, and exit 0", async () => {
    const file = dump(WEB);
    expect(await chainwalk(["diff", file, file])).toMatchObject({
      code: 0,
      out: "no difference: every packet ends the same way\n",
    });
  });

  test("a change is previewed, and its witness replays on both sides", async () => {
    const change = temporary("iptables -I FORWARD 1 -s 192.0.2.0/24 -j DROP\n");
    const { code, json } = await chainwalkJson(["diff", dump(WEB), "--apply", change]);
    expect(code).toBe(1);
    const [difference] = json.differences;
    expect(difference).toMatchObject({
      connections: "opening",
      before: { verdict: "ACCEPT" },
      after: { verdict: "DROP" },
      packets: [{ inInterface: "eth0", source: "192.0.2.0/24", protocol: "tcp", destinationPort: "80" }],
      rules: { after: [{ id: "filter:FORWARD:rule:1" }] },
    });
    for (const [argv, verdict] of [
      [difference.witness.before, "ACCEPT"],
      [difference.witness.after, "DROP"],
    ]) {
      const { json: replayed } = await chainwalkJson(argv);
      expect(replayed.explanations[0].paths.map((path: { verdict: string }) => path.verdict)).toEqual([verdict]);
    }
  });

  test("a stock host and what is applied to it", async () => {
    const change = temporary("iptables -I DOCKER-USER -i eth0 -p tcp --dport 8080 -j DROP\n");
    const { code, out } = await chainwalk([
      ...["diff", "--base", "docker-28", "--publish", "8080:80/tcp", "--apply", change],
      ...["-i", "eth0", "-d", "203.0.113.9", "-p", "tcp", "--ctstate", "NEW"],
    ]);
    // the published port is another one in FORWARD: the rule does not do what its author meant
    expect({ code, out }).toEqual({ code: 0, out: "no difference: every packet ends the same way\n" });
  });

  test.each([
    [[], "nothing to compare with"],
    [["one"], "nothing to compare with"],
    [["one", "two", "--apply", "three"], "not both"],
    [["--base", "docker-28"], "nothing to compare with"],
  ])("wrong words: %j", async (words, says) => {
    const { code, err } = await chainwalk(["diff", ...words.map((word) => (word === "one" ? dump(WEB) : word))]);
    expect(code).toBe(2);
    expect(err).toContain(says);
  });
});
