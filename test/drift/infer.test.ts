/** The skeleton that a log implies prints that log. */
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { chainwalk, chainwalkJson } from "../support/cli.ts";
import { RECORDINGS } from "../support/recording.ts";
import { HOST, read, SEED, temporary } from "../support/seed.ts";

const DOCUMENT = new URL("../../../shared/seed/trace-document.txt", import.meta.url).pathname;
const skeleton = async (log: string) => (await chainwalk(["infer", "--log", log])).out;

describe("the seed", () => {
  test.each(["container-to-container", "local-process-to-container", "container-to-external"])(
    "%s: its own skeleton, whether or not the host is known",
    async (section) => {
      const log = `${SEED}${section}.log`;
      const dump = temporary(await skeleton(log));
      for (const host of [[], ["--host", HOST]]) {
        const { json } = await chainwalkJson(["drift", dump, ...host, "--log", log]);
        expect(json).toMatchObject({ drifts: [], unread: 0 });
        expect(json.explained + json.assumed).toBe(6);
      }
    },
  );

  test.skipIf(!existsSync(DOCUMENT))("the whole document, which never shows its rule-set", async () => {
    const { json } = await chainwalkJson(["infer", "--log", DOCUMENT]);
    const filter = json.tables.find(({ name }: { name: string }) => name === "filter");
    const forward = filter.chains.find(({ name }: { name: string }) => name === "FORWARD");
    // the seed's README: rules 1 and 2 are jumps, 3 is for later packets and replies, 5 and 6 for first ones
    expect(forward.rules.length).toBeGreaterThanOrEqual(6);
    expect(forward.rules[0]).toMatchObject({ text: "-A FORWARD -j DOCKER-USER", guess: null });
    expect(forward.rules[1]).toMatchObject({ text: "-A FORWARD -j DOCKER-ISOLATION", guess: null });
    expect(forward.rules[2].text).toMatch(/--ctstate RELATED,ESTABLISHED -j ACCEPT$/);
    expect(forward).toMatchObject({ whole: false, policySeen: false });
    // mangle has lines from the seventh packet on: no one dump prints both
    expect(json.tables.map(({ name, loadedLater }: never) => [name, loadedLater])).toContainEqual(["mangle", true]);
    const dump = temporary(await skeleton(DOCUMENT));
    const drift = (await chainwalkJson(["drift", dump, "--host", HOST, "--log", DOCUMENT])).json;
    expect(drift.drifts).toMatchObject([{ kind: "table", table: "mangle", count: 6 }]);
  });
});

/** Without the host's facts: br_netfilter is on and nothing is rerouted in these. */
const PLAIN = [
  "s01-c2c-same-bridge-brnf1",
  "s03-host-to-container",
  "s05-container-to-external-brnf1",
  "s06-external-to-published-brnf1",
  "s07-container-to-other-bridge-isolated",
  "s08b-neighbour-published-extaddr-brnf1",
  "s16a-interleaved",
  "s16f-cold-bridged-dnat",
];
test.skipIf(!existsSync(RECORDINGS)).each(PLAIN)("%s: its own skeleton", async (name) => {
  const log = `${RECORDINGS}${name}/dmesg.log`;
  const { json } = await chainwalkJson(["drift", temporary(await skeleton(log)), "--log", log]);
  expect(json).toMatchObject({ drifts: [] });
  expect(json.explained + json.assumed).toBe(json.packets);
});

describe("what it cannot do is said", () => {
  test("a log without a line", async () => {
    const run = await chainwalk(["infer", "--log", temporary("nothing\n")]);
    expect([run.code, run.err]).toEqual([3, expect.stringContaining("no TRACE line of iptables or ip6tables in it")]);
  });
});

/** Rules in the monitor's own words, numbered by what packets show of their order and else by their handles. */
describe("monitors of iptables-nft", () => {
  const inferred = (log: string) => chainwalkJson(["infer", "--log", log]);

  test.skipIf(!existsSync(RECORDINGS)).each([
    ["t05a-nft-kinds", "xtables-monitor"],
    ["t05b-nft-docker", "xtables-monitor"],
    ["t05e-nft-zoo", "xtables-monitor"],
  ])("%s, %s: its own skeleton", async (name, monitor) => {
    const log = `${RECORDINGS}${name}/${monitor}.trace`;
    const { json } = await chainwalkJson(["drift", temporary(await skeleton(log)), "--log", log]);
    expect(json).toMatchObject({ drifts: [] });
    expect(json.explained + json.assumed).toBe(json.packets);
  });

  test.skipIf(!existsSync(RECORDINGS))("the rules of the recorded dump, as far as packets matched them", async () => {
    const folder = `${RECORDINGS}t05b-nft-docker/`;
    const { json } = await inferred(`${folder}xtables-monitor.trace`);
    const saved = String(read(`${folder}pre/iptables-save.nft`)).split("\n");
    const dump = saved.map((line) => line.replace(/^\[\d+:\d+\] /, ""));
    expect(json.byHandles).toBe(true);
    for (const { family, chains } of json.tables) {
      for (const { name, whole, rules } of chains) {
        expect(whole).toBe(false);
        // as iptables-nft-save has them, in the same order: what no packet matched is left out
        const texts = rules.map(({ text }: { text: string }) => text);
        const own = dump.filter((line) => line.startsWith(`-A ${name} `) && texts.includes(line));
        if (family === "ipv4") expect(new Set(texts)).toEqual(new Set(own));
        for (const { guess } of rules) expect(guess).toBeNull();
      }
    }
  });

  // nft's own words are not iptables': what a rule asks for is a guess, where it leads is not
  test.skipIf(!existsSync(RECORDINGS)).each(["nft-monitor", "nft-nn-monitor"])(
    "t05b, %s: Docker's jumps",
    async (monitor) => {
      const { json } = await inferred(`${RECORDINGS}t05b-nft-docker/${monitor}.trace`);
      const named = (list: { name: string }[], name: string) => list.find((each) => each.name === name) as never;
      const { chains } = named(json.tables, "filter") as { chains: { name: string }[] };
      const { rules } = named(chains, "FORWARD") as { rules: { text: string; certain: string }[] };
      expect(rules.slice(0, 2).map(({ text }) => text)).toEqual([
        "-A FORWARD -j DOCKER-USER",
        "-A FORWARD -j DOCKER-ISOLATION-STAGE-1",
      ]);
      const raw = named((named(json.tables, "raw") as { chains: { name: string }[] }).chains, "PREROUTING");
      expect(raw).toMatchObject({ rules: [{ text: "-A PREROUTING -j TRACE", guess: null }] });
    },
  );

  const PACKET = "PACKET: 2 1c870bb9 IN=lo LOOPBACK SRC=10.0.0.1 DST=10.0.0.2 LEN=28 TOS=0x0 TTL=64 ID=1 ";
  const line = (text: string) => ` TRACE: 2 1c870bb9 filter:INPUT:${text} \n`;
  test("a packet shows that the rule of the greater handle comes first", async () => {
    const rule = (handle: number, words: string) => line(`rule:0x${handle}:CONTINUE  -4 -t filter -A INPUT ${words}`);
    const log = temporary(`${PACKET}\n${rule(9, "-p udp")}${rule(5, "-s 10.0.0.1/32")}${line("policy:DROP")}`);
    const [filter] = (await inferred(log)).json.tables;
    const [input] = filter.chains;
    expect(input).toMatchObject({ name: "INPUT", policy: "DROP", policySeen: true, whole: false });
    expect(input.rules.map(({ text }: { text: string }) => text)).toEqual([
      "-A INPUT -p udp",
      "-A INPUT -s 10.0.0.1/32",
    ]);
  });
});
