/** Two engines on random chains that call each other: the box cover and decision diagrams find the same dead rules. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Condition, Host, leavesOf } from "../../src/facts/index.ts";
import { type Chain, meaningOf, type Rule, type Table } from "../../src/model/index.ts";
import { TableProof } from "../../src/proof/index.ts";
import { Atoms, NONE, type Node, possible, Sets, type View } from "../../src/space/index.ts";
import { oneOf, type Pick } from "../kernel/draw.ts";
import { rulesetOf } from "../support/drifted.ts";
import { sequence } from "../syntax/events.ts";

const host = new Host();
const not = (pick: Pick): string => oneOf(pick, ["", "", "! "]);
/** Of few values, so that rules cover each other; in the large universe of many. */
const matchesIn = (size: number): readonly ((pick: Pick) => string)[] => [
  (pick) => `${not(pick)}-s 10.0.${pick(size)}.0/${oneOf(pick, [22, 23, 24])}`,
  (pick) => `${not(pick)}-d 10.0.0.${pick(size)}/${oneOf(pick, [30, 31, 32])}`,
  (pick) => `${not(pick)}-i ${oneOf(pick, ["eth0", "eth1", "eth+"])}`,
  (pick) => `${not(pick)}-p ${oneOf(pick, ["tcp", "udp", "icmp"])}`,
  (pick) => `-p tcp ${not(pick)}--dport ${pick(size)}:${size + pick(size)}`,
  (pick) =>
    `-p udp -m multiport ${not(pick)}--${oneOf(pick, ["sports", "dports", "ports"])} ${pick(size)},${size + pick(size)}`,
  (pick) => `-m conntrack ${not(pick)}--ctstate ${oneOf(pick, ["NEW", "RELATED,ESTABLISHED", "INVALID"])}`,
  (pick) => `-m mark ${not(pick)}--mark 0x${pick(4)}/0x${1 + pick(3)}`,
  (pick) => `-p tcp -m tcp --tcp-flags SYN,ACK ${oneOf(pick, ["SYN", "ACK", "NONE"])}`,
  (pick) => `-m set ${not(pick)}--match-set ${oneOf(pick, ["a", "b"])} src`,
  () => "-m limit --limit 1/s",
];
function drawRule(pick: Pick, size: number, targets: readonly string[]): string {
  const drawn = Array.from({ length: pick(3) }, () => oneOf(pick, matchesIn(size))(pick));
  const asked = drawn.filter(
    (each, at) => at === drawn.findIndex((other) => other.includes("-p ") === each.includes("-p ")),
  );
  return `${asked.join(" ")} ${oneOf(pick, targets)}`;
}
/** A calls B and C, B calls C: no loops. */
const TARGETS: Readonly<Record<string, readonly string[]>> = {
  FORWARD: ["-j ACCEPT", "-j DROP", "-j A", "-j B", "-g A", "-j RETURN", "-j LOG"],
  A: ["-j ACCEPT", "-j DROP", "-j B", "-g C", "-j RETURN", ""],
  B: ["-j DROP", "-j C", "-g C", "-j RETURN"],
  C: ["-j ACCEPT", "-j RETURN"],
};
function drawTable(pick: Pick, size: number): string {
  const rules = Object.entries(TARGETS).flatMap(([chain, targets]) =>
    Array.from({ length: pick(6) }, () => `-A ${chain} ${drawRule(pick, size, targets)}`),
  );
  return `*filter\n:FORWARD ACCEPT [0:0]\n:A - [0:0]\n:B - [0:0]\n:C - [0:0]\n${rules.join("\n")}\nCOMMIT\n`;
}

const asItIs: View = {
  seen: { family: "ipv4", fields: {}, assumed: {} },
  origin: (field) => ({ field, version: "" }),
  kept: () => 0xffffffff,
  key: (key) => key,
};
/** Of each chain, whatever comes into it: which of its rules nothing can match. */
function deadByDiagrams(table: Table): Set<Rule> {
  const rules = [...table.chains.values()].flatMap((chain) => chain.rules);
  const conditions = rules.map((rule) => meaningOf(rule, host).condition);
  const asked = new Set(
    conditions.flatMap((each) => [...leavesOf(each)].map((leaf) => ("field" in leaf ? leaf.field : null))),
  );
  const always: readonly Condition[] = possible("ipv4", (field) => asked.has(field));
  const sets = new Sets(new Atoms("ipv4", [...conditions, ...always]));
  const { bdd } = sets;
  const read = (chain: Chain, comes: Node, meets: (rule: Rule, set: Node) => void): Node => {
    let [left, back]: [Node, Node] = [comes, NONE];
    for (const rule of chain.rules) {
      const { condition, action } = meaningOf(rule, host);
      const { may, must } = sets.holds(condition, asItIs);
      const set = bdd.and(left, may);
      meets(rule, set);
      let stays = bdd.minus(left, must);
      if (action.kind === "none") stays = bdd.or(stays, set);
      else if (action.kind !== "effects") {
        const called = table.chains.get(action.chain);
        const returned = called ? read(called, set, () => {}) : set;
        if (action.kind === "goto") back = bdd.or(back, returned);
        else stays = bdd.or(stays, returned);
      } else if (action.name === "RETURN") back = bdd.or(back, set);
      else if (action.name === "LOG") stays = bdd.or(stays, set);
      left = stays;
    }
    return bdd.or(left, back);
  };
  const dead = new Set<Rule>();
  const every = sets.valid(always, asItIs);
  for (const chain of table.chains.values())
    read(chain, every, (rule, set) => {
      if (set === NONE) dead.add(rule);
    });
  return dead;
}

const RUNS = Number(process.env["RUNS"] ?? 150);
test.each([4, 200])("dead rules are the same, with values below %i", (size) => {
  let found = 0;
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const dump = drawTable(sequence(seed), size);
      const [table] = rulesetOf(dump, host).tables;
      if (!table) throw new Error("no table");
      const proof = new TableProof(table, host);
      const byCover = proof.dead().map(({ rule }) => rule.text);
      const byDiagrams = [...deadByDiagrams(table)].map(({ text }) => text);
      expect(proof.notDecided).toEqual([]);
      expect([...byCover].sort(), dump).toEqual([...byDiagrams].sort());
      found += byCover.length;
    }),
    { numRuns: RUNS },
  );
  expect(found).toBeGreaterThan(0);
});
