/** Rules that are passed over unasked are those that say no: walks are the same as if every rule were asked. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  absent,
  allValues,
  always,
  evaluate,
  type Family,
  type Field,
  fieldNames,
  Host,
  meet,
  minus,
  only,
  type Packet,
  readPacket,
  type Value,
  type ValueSet,
} from "../../src/facts/index.ts";
import { bind, loadDump, meaningOf, ownCondition, type Rule, ruleOfText } from "../../src/model/index.ts";
import { type NextRule, nextRule } from "../../src/path/candidates.ts";
import { type Path, walk } from "../../src/path/index.ts";
import { encode, Source } from "../../src/source.ts";
import { parse } from "../../src/syntax/index.ts";
import { drawRule, oneOf, type Pick } from "../kernel/draw.ts";
import { ruleLine } from "../kernel/ours.ts";
import { sequence } from "../syntax/events.ts";

const HOST = new Host({
  addr: [{ ifname: "eth0", addr_info: [{ family: "inet", local: "10.0.0.1", prefixlen: 24 }] }],
  route: [{ dst: "10.0.0.0/24", dev: "eth0" }],
});
const everyRule: NextRule = (_, from) => from;
const drawn = (runs: number, property: (pick: Pick) => void) =>
  fc.assert(
    fc.property(fc.nat(), (seed) => property(sequence(seed))),
    { numRuns: runs },
  );

/** Rules with something to look up, and any others. */
const SIMPLE: readonly ((pick: Pick) => string)[] = [
  (pick) => `${not(pick)}-s 10.0.0.${pick(8)}/3${pick(3)}`,
  (pick) => `${not(pick)}-d 10.0.${pick(3)}.0/${8 * pick(4)}`,
  (pick) => `${not(pick)}-i ${oneOf(pick, ["eth0", "eth1", "eth+", "lo"])}`,
  (pick) => `${not(pick)}-o ${oneOf(pick, ["eth0", "e+", "docker0"])}`,
  (pick) => `-p ${oneOf(pick, ["tcp", "udp"])} --dport ${pick(6)}:${6 + pick(9)}`,
  (pick) => `-p tcp ${not(pick)}--dport ${pick(9)}`,
  (pick) => `-p udp -m multiport ${not(pick)}--${oneOf(pick, ["sports", "dports", "ports"])} ${pick(9)},${9 + pick(9)}`,
  (pick) => `-m conntrack --ctstate ${oneOf(pick, ["NEW", "RELATED,ESTABLISHED", "DNAT"])}`,
  (pick) => `-m iprange ${not(pick)}--src-range 10.0.0.${pick(5)}-10.0.0.${5 + pick(9)}`,
  (pick) => `-m set ${not(pick)}--match-set ${oneOf(pick, ["a", "b"])} src`,
  (pick) => `-m mark --mark 0x${pick(4)}/0x${pick(4)}`,
  (pick) => `-m addrtype ${not(pick)}--dst-type LOCAL`,
  (pick) => `-m physdev ${not(pick)}--physdev-in v${pick(3)}`,
  (pick) => `-m comment --comment "-s 10.0.0.${pick(8)}"`,
];
const not = (pick: Pick): string => oneOf(pick, ["", "", "! "]);
const TARGETS = ["-j ACCEPT", "-j DROP", "-j LOG", "-j MARK --set-mark 0x2", "-j A", "-g B", "-j RETURN", ""];
const matchesOf = (pick: Pick, most: number): string =>
  Array.from({ length: 1 + pick(most) }, () => oneOf(pick, SIMPLE)(pick)).join(" ");

/** Of each field: not stated, absent, one value, or several, at times with absence among them. */
function drawPacket(pick: Pick, family: Family): Packet {
  const fields: Partial<Record<Field, ValueSet>> = {};
  for (const field of fieldNames) if (pick(3) > 0) fields[field] = drawSet(pick, field, family);
  // whatever else it is, mostly a whole packet: of others every rule is asked
  const whole = pick(4) > 0 ? { incomplete: absent, fragmentOffset: only(0) } : {};
  return { family, fields: { ...fields, ...whole }, assumed: {} };
}
function drawSet(pick: Pick, field: Field, family: Family): ValueSet {
  const how = pick(8);
  if (how === 0) return absent;
  const every = allValues(field, family);
  const [low] = drawValue(pick, field, every[0]?.[0]);
  const [, high] = pick(2) ? drawValue(pick, field, low) : drawValue(pick, field, every[0]?.[0]);
  const ranges = meet(low < high ? [[low, high]] : [], every);
  if (how === 1) return { absent: true, ranges: minus(every, ranges) };
  return { absent: ranges.length === 0 || how === 2, ranges };
}
function drawValue(pick: Pick, field: Field, low: Value | undefined): readonly [Value, Value] {
  if (typeof low === "string") {
    const name = oneOf(pick, ["eth0", "eth1", "lo", "docker0", "v1", "e", "foo"]);
    return [name, `${name}\0`];
  }
  const base = field === "source" || field === "destination" ? 0x0a000000 : field === "protocol" ? 6 : 0;
  const number = base + pick(oneOf(pick, [2, 12, 300]));
  return typeof low === "bigint" ? [BigInt(number), BigInt(number + 1)] : [number, number + 1];
}

describe("the next rule to ask", () => {
  const isSound = (rules: readonly Rule[], packet: Packet) => {
    for (let from = 0; from < rules.length; from++) {
      const next = nextRule(rules, from, packet, HOST);
      expect(next).toBeGreaterThanOrEqual(from);
      for (const rule of rules.slice(from, next)) {
        expect(evaluate(meaningOf(rule, HOST).condition, packet).is, rule.text).toBe("no");
      }
      from = next;
    }
  };
  test("is not behind one that may match or drop the packet", () =>
    drawn(20, (pick) => {
      const rules = Array.from({ length: 24 + pick(600) }, () => ruleOfText("ipv4", "A", matchesOf(pick, 3)));
      for (let packets = 0; packets < 20; packets++) isSound(rules, drawPacket(pick, "ipv4"));
    }));
  test.each(["ipv4", "ipv6", "bridge", "arp"] as const)("nor with any extension's rules: %s", (family) =>
    drawn(15, (pick) => {
      const rules = Array.from({ length: 24 + pick(60) }, () => drawnRule(pick, family));
      for (let packets = 0; packets < 10; packets++) isSound(rules, drawPacket(pick, family));
    }),
  );
  test("passes over what the packet's fields rule out, over blocks of rules", () => {
    const rules = Array.from({ length: 1000 }, (_, at) =>
      ruleOfText("ipv4", "A", at === 700 ? "-p udp --dport 53" : `-s 10.0.${at >> 8}.${at & 255} -p tcp --dport ${at}`),
    );
    const next = (packet: Parameters<typeof readPacket>[1], from = 0) =>
      nextRule(rules, from, readPacket("ipv4", packet), HOST);
    expect(next({ source: "10.0.2.1" })).toBe(513);
    expect(next({ source: "10.0.2.1" }, 514)).toBe(700);
    expect(next({ source: "10.0.2.1", protocol: "tcp" }, 514)).toBe(1000);
    expect(next({ source: "10.0.2.8/29", protocol: "tcp" }, 516)).toBe(520);
    expect(next({ source: "10.0.2.8/29", protocol: "tcp" }, 528)).toBe(1000);
    // nothing but the ports tells these apart: asked once each, they are bound
    for (let from = 512; from < 768; from++) next({}, from);
    expect(next({ protocol: "tcp", destinationPort: "650" }, 512)).toBe(650);
  });
});

function drawnRule(pick: Pick, family: Family): Rule {
  for (;;) {
    const rule = drawRule(pick, family);
    const dump = parse(new Source("drawn", encode(`*${rule.table}\n${ruleLine(rule)}\nCOMMIT\n`)));
    const tool = { family, saver: { backend: oneOf(pick, ["legacy", "nft"] as const), release: 10811 } };
    const [first] = loadDump(dump, HOST, null, tool).rules;
    if (first) return first;
  }
}

test.each(["ipv4", "ipv6"] as const)("a rule's own part is what binding the whole rule makes of it: %s", (family) => {
  let read = 0;
  drawn(2000, (pick) => {
    const rule = drawnRule(pick, family);
    const condition = ownCondition(rule, HOST);
    if (!condition) return;
    read++;
    const own = bind(rule).matches.find(({ extension }) => extension?.implicit === "own");
    const whole = own?.extension?.means(own.given as never, HOST, family, rule.saver.backend) ?? always;
    expect(condition, rule.text).toEqual(whole);
  });
  expect(read).toBeGreaterThan(1000);
});
test.each([
  "-s 10.0.0.1 -j ACCEPT -s 10.0.0.2",
  "-s 10.0.0.1 -m tcp --sou 10.0.0.2",
  "-s 10.0.0.1 -j ACCEPT --source=10.0.0.2",
  "-s 10.0.0.1 -j ACCEPT -s10.0.0.2",
  "-s 10.0.0.1 -s 10.0.0.2",
  "-i ! eth0",
])("is not told from the first words of %s", (body) => {
  expect(ownCondition(ruleOfText("ipv4", "A", body), HOST)).toBeNull();
});

test("walks are the same as if every rule were asked", () =>
  drawn(12, (pick) => {
    const lines = (chain: string, targets: readonly string[]) =>
      Array.from({ length: pick(150) }, () => `-A ${chain} ${matchesOf(pick, 4)} ${oneOf(pick, targets)}\n`).join("");
    const onward = TARGETS.filter((target) => !/[AB]$/.test(target));
    const rules = [lines("FORWARD", TARGETS), lines("A", onward), lines("B", [...onward, "-j A", "-g A"])];
    const ruleset = loadDump(
      parse(new Source("drawn", `*filter\n:FORWARD DROP [0:0]\n${rules.join("")}COMMIT\n`)),
      HOST,
    );
    for (let packets = 0; packets < 5; packets++) {
      const packet = drawPacket(pick, "ipv4");
      const [indexed, linear] = [nextRule, everyRule].map((next) =>
        walk({ ruleset: ruleset.ruleset, host: HOST }, packet, { hook: "FORWARD" }, next).paths.map(plain),
      );
      expect(JSON.stringify(indexed, text)).toBe(JSON.stringify(linear, text));
    }
  }));
const text = (_: string, value: unknown) => (typeof value === "bigint" ? String(value) : value);
/** A path without the rules themselves, which are the same objects. */
const plain = ({ steps, branches, ...path }: Path): object => ({
  ...path,
  branches: branches.map(plain),
  steps: steps.map(({ rule: _, rules, ...step }) => ({ ...step, rules: rules.length })),
});
