/** Which states packets are taken to be in, and what that makes of rules. Expected by reasoning; sources beside each. */
import { describe, expect, it } from "vitest";
import { anyPacket, Host } from "../../src/facts/index.ts";
import { type Proof, prove, reachIn } from "../../src/proof/index.ts";
import { beforeSteps } from "../../src/space/index.ts";
import { rulesetOf } from "../support/drifted.ts";

const host = new Host({});
const filter = (...rules: readonly string[]): string =>
  `*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n${rules.join("\n")}\nCOMMIT\n`;
/** The numbers of INPUT's rules that some packet matches. */
function matched(dump: string, states: "opening" | "any"): number[] {
  const ruleset = rulesetOf(dump, host);
  const [proof] = prove([{ ruleset, host }], { packet: anyPacket("ipv4"), states }) as [Proof];
  const rules = ruleset.tables.find(({ name }) => name === "filter")?.chains.get("INPUT")?.rules ?? [];
  return rules.flatMap((rule, at) => (proof.matched.has(rule) ? [at + 1] : []));
}
const unreached = (dump: string): string[] =>
  reachIn({ ruleset: rulesetOf(dump, host), host }, "ipv4").unreached.map(
    ({ table, chain, number }) => `${table.name}:${chain.name}:${number}`,
  );

describe("states", () => {
  const dump = filter(
    "-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT",
    "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT",
  );
  it("takes packets to open a connection where nothing is said", () => {
    expect(matched(dump, "opening")).toEqual([2]);
  });
  it("takes any state where that is asked", () => {
    expect(matched(dump, "any")).toEqual([1, 2]);
  });
});

describe("what gets to a rule", () => {
  it("counts packets of every state", () => {
    expect(unreached(filter("-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"))).toEqual([]);
  });
  it("knows that raw comes before conntrack (semantics 6.2)", () => {
    const raw = "*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -m conntrack --ctstate ESTABLISHED -j DROP\nCOMMIT\n";
    expect(unreached(raw)).toEqual(["raw:PREROUTING:1"]);
  });
  it("knows that errors of the host's own have their connection in raw already (nf_ct_attach)", () => {
    const raw = "*raw\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -p icmp -m conntrack --ctstate RELATED -j ACCEPT\nCOMMIT\n";
    expect(unreached(raw)).toEqual([]);
  });
  it("knows that conntrack puts fragments together before (semantics 4.1)", () => {
    const tracked = filter("-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT", "-A FORWARD -f -j DROP");
    expect(unreached(tracked)).toEqual(["filter:FORWARD:2"]);
    expect(unreached(filter("-A FORWARD -f -j DROP"))).toEqual([]);
  });
  it("follows a mark from mangle into filter", () => {
    const mangle = (mark: number) =>
      `*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j MARK --set-xmark ${mark}/0xffffffff\nCOMMIT\n`;
    const asks = filter("-A FORWARD -m mark --mark 0x1 -j ACCEPT");
    expect(unreached(mangle(2) + asks)).toEqual(["filter:FORWARD:1"]);
    expect(unreached(mangle(1) + asks)).toEqual([]);
  });
  it("follows DNAT: what it readdresses is not for the old address any more", () => {
    const nat =
      "*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -d 192.0.2.1/32 -j DNAT --to-destination 10.0.0.5\nCOMMIT\n";
    const asks = (state: string) =>
      filter(`-A FORWARD -m conntrack --ctstate ${state} -d 192.0.2.1/32 -i eth0 -j ACCEPT`);
    expect(unreached(nat + asks("NEW"))).toEqual(["filter:FORWARD:1"]);
  });
  it("does not judge bridge ports where no facts tell them", () => {
    const { unreached: found, notDecided } = reachIn(
      { ruleset: rulesetOf(filter("-A FORWARD -m physdev --physdev-in veth0 -j ACCEPT"), host), host },
      "ipv4",
    );
    expect(found).toEqual([]);
    expect(notDecided.map(({ number, why }) => [number, why])).toEqual([
      [1, "which devices are ports of a bridge is not known"],
    ]);
  });
});

describe("steps undone", () => {
  it("moves ranges back, one step after the other", () => {
    expect(beforeSteps("ttl", "ipv4", [[10, 20]], [-1])).toEqual([[11, 21]]);
    expect(beforeSteps("ttl", "ipv4", [[10, 20]], [-1, 5])).toEqual([[6, 16]]);
  });
  it("takes what would be over an end to be at it (xt_HL.c)", () => {
    expect(beforeSteps("ttl", "ipv4", [[0, 1]], [-5])).toEqual([[0, 6]]);
    expect(beforeSteps("ttl", "ipv4", [[250, 256]], [10])).toEqual([[240, 256]]);
    expect(beforeSteps("ttl", "ipv4", [[0, 3]], [5])).toEqual([]);
  });
});
