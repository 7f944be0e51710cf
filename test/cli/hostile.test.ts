/** What people get wrong, and what hostile input tries: a clear message, the right exit code, nothing raw to the terminal. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { chainwalk, chainwalkJson } from "../support/cli.ts";
import { EB, FULL, HOST, NO_MANGLE, read, SEED, temporary } from "../support/seed.ts";

const BIN = new URL("../../dist/cli/main.js", import.meta.url).pathname;
const binary = (argv: readonly string[]) =>
  spawnSync(process.execPath, [BIN, ...argv], { encoding: "latin1", timeout: 60_000, maxBuffer: 1 << 28 });
const packet = ["-i", "docker0", "-s", "192.168.0.2", "-d", "192.168.0.3", "-p", "icmp"];
const JPEG = Buffer.from([
  0xff, 0xd8, 0xff, 0xe0, 0, 0x10, 0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 0xff, 0xdb,
]);
const COMMANDS = ["lint", "explain", "print", "drift"] as const;
const argvFor = (command: (typeof COMMANDS)[number], dump: string) => [
  command,
  dump,
  ...(command === "explain" ? packet : command === "drift" ? ["--log", `${SEED}container-to-container.log`] : []),
];

describe.each(COMMANDS)("%s", (command) => {
  test("a missing file", async () => {
    const { code, out, err } = await chainwalk(argvFor(command, "no/such.save"));
    expect([code, out, err]).toEqual([3, "", "chainwalk: no/such.save: no such file\n"]);
  });
  test("an empty file", async () => {
    const { code, err } = await chainwalk(argvFor(command, temporary("", "empty.save")));
    expect(code).toBe(3);
    expect(err).toContain("empty.save: the file is empty: expected a dump with at least one table");
  });
  test("a picture", async () => {
    const { code, err } = await chainwalk(argvFor(command, temporary(JPEG, "picture.jpg")));
    expect(code).toBe(3);
    expect(err).toContain("picture.jpg: not a firewall dump: it holds binary data");
  });
  test("words that are no dump", async () => {
    const { code, err } = await chainwalk(argvFor(command, temporary("hello world\n", "words.txt")));
    expect(code).toBe(3);
    expect(err).toMatch(/words\.txt:1:1: expected .*found "hello".*a dump has at least one table/);
  });
  test("a folder without a dump", async () => {
    const { code, err } = await chainwalk(argvFor(command, new URL(".", import.meta.url).pathname));
    expect(code).toBe(3);
    expect(err).toContain("no dump in this folder");
  });
  test("an unknown flag", async () => {
    const { code, err } = await chainwalk([...argvFor(command, FULL), "--formt", "json"]);
    expect(code).toBe(2);
    expect(err).toContain("unknown option '--formt'");
    expect(err).toContain("Did you mean --format?");
  });
});

describe("wrong usage", () => {
  test.each([
    ["-o given twice", ["explain", FULL, ...packet, "-o", "eth0", "-o", "eth1"], /-o.*twice/],
    ["no packet", ["explain", FULL], /no packet: describe it/],
    ["an unknown command", ["lnt", FULL], /unknown command 'lnt'/],
    ["a bad address", ["explain", FULL, "-s", "192.168.0.300"], /-s 192\.168\.0\.300: expected an address or prefix/],
    ["a bad port", ["explain", FULL, "-p", "tcp", "--dport", "http"], /--dport http: expected a number 0-65535/],
    ["an address of the other family", ["explain", FULL, "-6", "-s", "10.0.0.1"], /expected an IPv6 address/],
    ["words and a trace line", ["explain", FULL, ...packet, "--trace-line", "x"], /not both/],
    ["no trace line after all", ["explain", FULL, "--trace-line", "hello"], /not a TRACE line/],
    ["--packet without a log", ["explain", FULL, ...packet, "--packet", "3"], /--packet goes with --log/],
    ["drift without a log", ["drift", FULL], /required option '--log <file>'/],
    [
      "an unknown lint rule",
      ["rules", "duplicate-rul"],
      /there is no lint rule duplicate-rul \(did you mean duplicate-rule\?\)/,
    ],
  ])("%s", async (_, argv, message) => {
    const { code, err } = await chainwalk(argv);
    expect(err).toMatch(message);
    expect(err).not.toMatch(/\n {4}at /);
    expect(code).toBe(2);
  });

  test("the same table in two dumps: explain refuses and names both, lint takes two hosts", async () => {
    const { code, err } = await chainwalk(["explain", FULL, NO_MANGLE, ...packet]);
    expect(code).toBe(2);
    expect(err).toContain("iptables-save.txt");
    expect(err).toContain("iptables-save-no-mangle.txt");
    const lint = await chainwalkJson(["lint", FULL, NO_MANGLE]);
    expect(lint.code).toBe(0);
    expect(lint.json.summary.files).toBe(2);
  });
});

describe("bad input", () => {
  const lines = read(FULL).split("\n");
  const at = lines.indexOf("-A FORWARD -o docker0 -j DOCKER");
  const broken = temporary(
    lines.toSpliced(at, 0, "-A FORWARD -i docker0 --dprot 80 -j DROP", "garbage \x1b[31m here").join("\n"),
    "broken.save",
  );

  test("one bad line in the middle: the rest is still analysed, the line is reported with its place", async () => {
    const { code, json } = await chainwalkJson(["lint", broken]);
    expect(code).toBe(1);
    const places = json.findings.map(({ rule, line, column }: { rule: string; line: number; column: number }) => [
      rule,
      line,
      column,
    ]);
    expect(places).toContainEqual(["syntax-error", at + 1, 23]);
    expect(places).toContainEqual(["syntax-error", at + 2, 1]);
    const explained = await chainwalkJson([
      "explain",
      broken,
      EB,
      "--host",
      HOST,
      ...packet,
      "--ctstate",
      "ESTABLISHED",
    ]);
    expect(explained.code).toBe(0);
    expect(explained.json.explanations[0].paths[0].decidedBy).toBe("filter:FORWARD:rule:3");
  });

  test("a rule that cannot be read in full is never taken for a match or none", async () => {
    const { json } = await chainwalkJson([
      "explain",
      broken,
      EB,
      "--host",
      HOST,
      ...packet,
      "--physdev-in",
      "veth0594f4b",
      "--ctstate",
      "NEW",
    ]);
    const facts = json.explanations[0].paths.flatMap(
      (path: { assumptions: { rule: string; taken: string }[] }) => path.assumptions,
    );
    expect(facts).toContainEqual(expect.objectContaining({ rule: "filter:FORWARD:rule:4", taken: "yes" }));
    expect(facts).toContainEqual(expect.objectContaining({ rule: "filter:FORWARD:rule:4", taken: "no" }));
  });

  test("a log without one trace line is no all-clear", async () => {
    const { code, err } = await chainwalk(["drift", FULL, "--log", temporary("kernel: all is well\n", "kern.log")]);
    expect(code).toBe(3);
    expect(err).toContain("kern.log: no trace line in it");
  });

  test("host facts that are no JSON", async () => {
    const { code, err } = await chainwalk(["explain", FULL, ...packet, "--host", temporary("{ addr: [", "host.json")]);
    expect(code).toBe(3);
    expect(err).toContain("host.json: host facts cannot be read");
  });

  test.each([
    ['{"addr":"x"}', "addr: expected a list"],
    ['{"route":[null]}', "route[0]: expected an object"],
    ['{"link":{"a":1}}', "link: expected a list"],
    ['{"kernel":6.1}', "kernel: expected a string"],
    ['{"addr":[{"addr_info":[{"local":5}]}]}', "addr[0].addr_info[0].local: expected a string"],
    ["[]", "expected an object with addr, route"],
  ])("host facts of the wrong shape: %s", async (json, mistake) => {
    const { code, err } = await chainwalk(["explain", FULL, ...packet, "--host", temporary(json)]);
    expect(code).toBe(3);
    expect(err).toContain(mistake);
  });

  test("words that contradict the packet's protocol", async () => {
    const { code, err } = await chainwalk(["explain", FULL, "-i", "eth0", "-p", "icmp", "--dport", "80"]);
    expect(code).toBe(2);
    expect(err).toContain("a packet of protocol icmp has no destination port");
  });

  test("many undecided matches: cut off and said, no hang", async () => {
    const rules = Array.from({ length: 40 }, (_, i) => `-A INPUT -m set --match-set S${i} src -j LOG\n`).join("");
    const dump = temporary(`*filter\n:INPUT ACCEPT [0:0]\n${rules}COMMIT\n`);
    const { code, json } = await chainwalkJson(["explain", dump, "-i", "eth0", "-o", "none", "--passed-over", "0"]);
    expect(code).toBe(0);
    expect(json.explanations[0].paths.every(({ truncated }: { truncated: boolean }) => truncated)).toBe(true);
  });

  test("terminal escapes in comments, names and logs come out escaped, in every format", async () => {
    const evil = temporary(
      read(NO_MANGLE)
        .replace(
          "-A DOCKER-USER -j RETURN",
          '-A DOCKER-USER -m comment --comment "\x1b]0;owned\x07\x9b31m\xe2\x80\xae" -j RETURN',
        )
        .replace("-A FORWARD -j DOCKER-ISOLATION", "-A FORWARD -j \x1b[2JNOWHERE"),
      "evil.save",
    );
    const log = temporary(
      "TRACE: filter:\x1b[2J:rule:1 IN=docker0 OUT= SRC=192.168.0.2 DST=192.168.0.3 LEN=84 TOS=0x00 PREC=0x00 TTL=64 ID=1 PROTO=ICMP TYPE=8 CODE=0 ID=1 SEQ=1 \n",
      "evil.log",
    );
    for (const argv of [
      ["lint", evil],
      ["explain", evil, ...packet],
      ["drift", evil, "--log", log],
      ["lint", `${evil}\x1b[2J`],
      ["explain", evil, "-i", "\x1b[2J"],
    ]) {
      for (const format of ["pretty", "json"]) {
        const { out, err } = await chainwalk([...argv, "--format", format]);
        expect(`${out}${err}`, argv.join(" ")).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
      }
    }
  });
});

describe("the installed command", () => {
  test("a 100 MB file of one line: a message at once, no hang", () => {
    const big = temporary(Buffer.alloc(100 << 20, "a"), "big.save");
    const { status, stderr } = binary(["lint", big]);
    expect(status).toBe(3);
    expect(stderr.length).toBeLessThan(2000);
    expect(stderr).toContain("big.save");
    const asLog = binary(["drift", FULL, "--log", big]);
    expect(asLog.status).toBe(3);
    expect(asLog.stderr).toContain("no trace line in it");
    rmSync(big);
    const rule = temporary(
      Buffer.concat([Buffer.from("*filter\n-A INPUT "), Buffer.alloc(100 << 20, "a"), Buffer.from("\nCOMMIT\n")]),
      "rule.save",
    );
    const asRule = binary(["lint", rule]);
    expect(asRule.status).toBe(1);
    expect(asRule.stdout.length).toBeLessThan(20_000);
    rmSync(rule);
  });

  test("a rule line of 20 MB is read, and its finding is short", () => {
    const big = temporary(
      `*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m comment --comment "${"x".repeat(20 << 20)}" --nonsense\nCOMMIT\n`,
      "long.save",
    );
    const { status, stdout } = binary(["lint", big]);
    expect(status).toBe(1);
    expect(stdout.length).toBeLessThan(20_000);
    expect(stdout).toContain("--nonsense");
    rmSync(big);
  });

  test("a pipe that closes early is no error", async () => {
    const child = spawn(process.execPath, [
      BIN,
      "explain",
      FULL,
      EB,
      "--host",
      HOST,
      "--log",
      `${SEED}container-to-external.log`,
      "--format",
      "json",
    ]);
    let errors = "";
    child.stderr.on("data", (chunk) => {
      errors += chunk;
    });
    child.stdout.once("data", () => child.stdout.destroy());
    const status = await new Promise((resolve) => child.on("close", resolve));
    expect([status, errors]).toEqual([0, ""]);
  });

  test("standard input, --version and --help", () => {
    const version = JSON.parse(read(new URL("../../package.json", import.meta.url).pathname)).version;
    expect(binary(["--version"]).stdout).toBe(`${version}\n`);
    for (const command of ["lint", "explain", "drift", "test", "print", "rules"]) {
      expect(binary(["--help"]).stdout).toContain(command);
      expect(binary([command, "--help"]).status).toBe(0);
    }
    expect(execFileSync(process.execPath, [BIN, "print", "-"], { input: read(FULL), encoding: "latin1" })).toBe(
      read(FULL),
    );
  });
});

test("a policy that is none does not reach the terminal as it stands", async () => {
  const dump = temporary("# Generated by ebtables-nft-save v1.8.9\n*filter\n:INPUT \x1b[2J\n");
  const { out } = await chainwalk(["explain", dump, "--hook", "INPUT", "-i", "eth0"]);
  expect(out).not.toContain("\x1b");
});

test("any interface is no name to show", async () => {
  const dump = temporary("*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\nCOMMIT\n");
  expect((await chainwalk(["explain", dump, "-p", "tcp"])).out).not.toMatch(/\uffff|out \.\./);
  const { json } = await chainwalkJson(["explain", dump, "-p", "tcp"]);
  expect(JSON.stringify(json)).not.toContain("\uffff");
});
