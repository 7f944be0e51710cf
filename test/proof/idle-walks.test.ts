/** No packet walks to a rule that is said to be dead, and what becomes of packets does not depend on idle rules. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Host, type Packet, packetJson, readPacket } from "../../src/facts/index.ts";
import { type Rule, type Ruleset, withRules } from "../../src/model/index.ts";
import { walk } from "../../src/path/index.ts";
import { TableProof } from "../../src/proof/index.ts";
import { oneOf, type Pick } from "../kernel/draw.ts";
import { rulesetOf } from "../support/drifted.ts";
import { sequence } from "../syntax/events.ts";

const host = new Host();
const not = (pick: Pick): string => oneOf(pick, ["", "", "! "]);
/** Few values, so that rules cover each other. */
const MATCHES: readonly ((pick: Pick) => string)[] = [
  (pick) => `${not(pick)}-s 10.0.0.${pick(2) * 2}/3${1 + pick(2)}`,
  (pick) => `${not(pick)}-p ${oneOf(pick, ["tcp", "udp"])}`,
  (pick) => `-p tcp -m tcp ${not(pick)}--dport ${pick(2)}:${2 + pick(2)}`,
  (pick) => `-m mark ${not(pick)}--mark 0x${pick(2)}/0x1`,
  (pick) => `-m mark ${not(pick)}--mark ${pick(3)}`,
  (pick) => `-m ttl --ttl-${oneOf(pick, ["eq", "lt", "gt"])} ${63 + pick(2)}`,
  () => "-m limit --limit 1/s",
  (pick) => `-m u32 ${not(pick)}--u32 0x0&0x1=0x${pick(2)}`,
];
const ENDS = ["-j ACCEPT", "-j DROP", "-j RETURN"];
const CHANGES = ["-j MARK --set-xmark 0x1/0x1", "-j MARK --set-xmark 0x0/0xffffffff", "-j TTL --ttl-set 64"];
const CHAINS = ["FORWARD", "A", "B", "C"];

function drawDump(pick: Pick): string {
  const lines = CHAINS.flatMap((chain, at) =>
    Array.from({ length: 2 + pick(chain === "FORWARD" ? 8 : 3) }, () => {
      const next = CHAINS.slice(at + 1).flatMap((name) => [`-j ${name}`, `-g ${name}`]);
      const target = oneOf(pick, [...ENDS, ...ENDS, ...next, ...(pick(3) === 0 ? CHANGES : [])]);
      return `-A ${chain} ${pick(6) === 0 ? "" : oneOf(pick, MATCHES)(pick)} ${target}`;
    }),
  );
  return `*mangle\n:FORWARD ACCEPT [0:0]\n${CHAINS.slice(1)
    .map((name) => `:${name} - [0:0]\n`)
    .join("")}${lines.join("\n")}\nCOMMIT\n`;
}
const drawPacket = (pick: Pick): Packet =>
  readPacket("ipv4", {
    inInterface: "eth0",
    outInterface: "eth1",
    source: `10.0.0.${pick(4)}`,
    destination: "10.0.1.1",
    protocol: oneOf(pick, ["tcp", "tcp", "udp"]),
    sourcePort: 9,
    destinationPort: pick(5),
    mark: pick(4),
    ttl: 62 + pick(4),
    ctstate: "NEW",
  });

const fatesOf = (ruleset: Ruleset, packet: Packet): Set<string> =>
  new Set(walk({ ruleset, host }, packet).paths.map(({ verdict }) => verdict));
function without(ruleset: Ruleset, gone: Rule): Ruleset {
  const [table] = ruleset.tables;
  const chain = [...(table?.chains.values() ?? [])].find(({ rules }) => rules.includes(gone));
  if (!table || !chain) throw new Error("no such rule");
  return withRules(
    ruleset,
    table,
    chain,
    chain.rules.filter((rule) => rule !== gone),
  );
}

const seen = { dead: 0, repeated: 0 };
test("idle rules are idle on every walk", () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const pick = sequence(seed);
      const dump = drawDump(pick);
      const ruleset = rulesetOf(dump, host);
      const [table] = ruleset.tables;
      if (!table) throw new Error("no table");
      const proof = new TableProof(table, host);
      const dead = new Set(proof.dead().map(({ rule }) => rule));
      const repeated = proof.repeated().map(({ rule }) => rule);
      seen.dead += dead.size;
      seen.repeated += repeated.length;
      for (let left = 12; left > 0; left--) {
        const packet = drawPacket(pick);
        const told = `${dump}${JSON.stringify(packetJson(packet))}`;
        const { paths } = walk({ ruleset, host }, packet);
        for (const { rule } of paths.flatMap(({ steps }) => steps)) expect(rule && dead.has(rule), told).not.toBe(true);
        const fates = new Set(paths.map(({ verdict }) => verdict));
        for (const rule of repeated) expect(fatesOf(without(ruleset, rule), packet), told).toEqual(fates);
      }
    }),
    { numRuns: Number(process.env["RUNS"] ?? 300) },
  );
  expect(seen.dead).toBeGreaterThan(100);
  expect(seen.repeated).toBeGreaterThan(20);
});
