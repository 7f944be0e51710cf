/** What two rule-sets do differently: expected from reading the rules. */
import { describe, expect, test } from "vitest";
import { anyPacket, Host, packetJson } from "../../src/facts/index.ts";
import { type World, walk } from "../../src/path/index.ts";
import { type Difference, diff } from "../../src/proof/index.ts";
import { cubeJson } from "../../src/report/sets.ts";
import { rulesetOf } from "../support/drifted.ts";

const host = new Host({});
const filter = (...rules: readonly string[]): World => ({
  host,
  ruleset: rulesetOf(
    `*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n:USER - [0:0]\n${rules.map((rule) => `${rule}\n`).join("")}COMMIT\n`,
    host,
  ),
});
const differences = (before: World, after: World) => diff(before, after, anyPacket("ipv4")).differences;
const brief = ({ before, after, cubes, isExisting }: Difference) => ({
  ...(isExisting ? { isExisting } : {}),
  before: before?.verdict,
  after: after?.verdict,
  packets: cubes.map((cube) => cubeJson(cube, "ipv4")),
});

describe("no difference", () => {
  test.each([
    ["itself", ["-A FORWARD -i eth0 -j ACCEPT"], ["-A FORWARD -i eth0 -j ACCEPT"]],
    [
      "rules that no packet meets both of, in another order",
      ["-A FORWARD -s 10.0.0.0/8 -j ACCEPT", "-A FORWARD -p udp -s 192.168.0.0/16 -j REJECT"],
      ["-A FORWARD -p udp -s 192.168.0.0/16 -j REJECT", "-A FORWARD -s 10.0.0.0/8 -j ACCEPT"],
    ],
    [
      "one network, or its two halves",
      ["-A FORWARD -s 10.0.0.0/8 -j ACCEPT"],
      ["-A FORWARD -s 10.0.0.0/9 -j ACCEPT", "-A FORWARD -s 10.128.0.0/9 -j ACCEPT"],
    ],
    [
      "rules by themselves, or in a chain",
      ["-A FORWARD -i eth0 -p tcp -m tcp --dport 22 -j ACCEPT"],
      ["-A FORWARD -i eth0 -j USER", "-A USER ! -p tcp -j RETURN", "-A USER -p tcp -m tcp --dport 22 -j ACCEPT"],
    ],
    [
      "a rule that can match nothing",
      ["-A FORWARD -i eth0 -j ACCEPT"],
      ["-A FORWARD -s 10.0.0.1 -m iprange --src-range 10.0.0.2-10.0.0.9 -j REJECT", "-A FORWARD -i eth0 -j ACCEPT"],
    ],
    [
      "a limit that is there on both sides",
      ["-A FORWARD -m limit --limit 1/s -j ACCEPT"],
      ["-A FORWARD -m limit --limit 1/s -j ACCEPT", "-A FORWARD -p tcp -j DROP"],
    ],
    ["logging", ["-A FORWARD -i eth0 -j ACCEPT"], ["-A FORWARD -j LOG", "-A FORWARD -i eth0 -j ACCEPT"]],
  ])("%s", (_, before, after) => {
    expect(differences(filter(...before), filter(...after)).map(brief)).toEqual([]);
  });
});

describe("a difference", () => {
  test("is in packets, with the rules of both sides and one packet of which both walks say so", () => {
    const before = filter("-A FORWARD -i eth0 -p tcp -m tcp --dport 80 -j ACCEPT");
    const after = filter("-A FORWARD -i eth0 -p tcp -m tcp --dport 80 -s 10.0.0.0/8 -j ACCEPT");
    const [opening, existing, ...more] = differences(before, after);
    expect(more).toEqual([]);
    expect(opening && brief(opening)).toEqual({
      before: "ACCEPT",
      after: "DROP",
      packets: [
        { inInterface: "eth0", outInterface: "any", source: "!10.0.0.0/8", protocol: "tcp", destinationPort: "80" },
      ],
    });
    expect(existing).toMatchObject({ isExisting: true });
    expect(opening?.oldRules.map(({ id }) => id)).toEqual(["filter:FORWARD:rule:1"]);
    expect(opening?.newRules.map(({ id }) => id)).toEqual(["filter:FORWARD:policy:2"]);
    const witness = opening?.witness;
    if (!witness) throw new Error("there is no witness");
    expect(packetJson(witness)).toMatchObject({ inInterface: "eth0", protocol: "tcp", destinationPort: "80" });
    expect(walk(before, witness).paths.map(({ verdict }) => verdict)).toEqual(["ACCEPT"]);
    expect(walk(after, witness).paths.map(({ verdict }) => verdict)).toEqual(["DROP"]);
  });

  test("of connections that exist stands by itself", () => {
    const before = filter("-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT");
    expect(differences(before, filter()).map(brief)).toEqual([
      { isExisting: true, before: "ACCEPT", after: "DROP", packets: [{ inInterface: "any", outInterface: "any" }] },
    ]);
  });

  test("is another rejection, too", () => {
    const before = filter("-A FORWARD -p udp -j REJECT --reject-with icmp-port-unreachable");
    const after = filter("-A FORWARD -p udp -j REJECT --reject-with icmp-host-prohibited");
    expect(differences(before, after).map((each) => [each.before, each.after])).toContainEqual([
      { verdict: "REJECT", how: "icmp-port-unreachable" },
      { verdict: "REJECT", how: "icmp-host-prohibited" },
    ]);
  });

  test("of what may go either way is that it may go one way less", () => {
    const before = filter("-A FORWARD -p icmp -m limit --limit 1/s -j ACCEPT");
    const [first] = differences(before, filter());
    expect(first && brief(first)).toMatchObject({
      before: "ACCEPT",
      after: undefined,
      packets: [{ inInterface: "any", outInterface: "any", protocol: "icmp" }],
    });
  });

  test("is in what NAT makes of a packet, told of packets as they come", () => {
    const nat = (port: number): World => ({
      host,
      ruleset: rulesetOf(
        `*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.0.1:${port}\nCOMMIT\n*filter\n:FORWARD DROP [0:0]\n-A FORWARD -p tcp -m tcp --dport 8080 -j ACCEPT\nCOMMIT\n`,
        host,
      ),
    });
    const found = differences(nat(8080), nat(8081)).filter(({ isExisting }) => !isExisting);
    expect(found.map((each) => [each.before, each.after])).toEqual([
      // to this host: nothing there stops it
      [
        { verdict: "ACCEPT", how: "destination 10.0.0.1, destinationPort 8080" },
        { verdict: "ACCEPT", how: "destination 10.0.0.1, destinationPort 8081" },
      ],
      [
        { verdict: "ACCEPT", how: "destination 10.0.0.1, destinationPort 8080" },
        { verdict: "DROP", how: "" },
      ],
    ]);
    expect(found[1]?.cubes.map((cube) => cubeJson(cube, "ipv4"))).toEqual([
      { inInterface: "any", outInterface: "any", protocol: "tcp", destinationPort: "80" },
    ]);
  });
});
