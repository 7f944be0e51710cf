/**
 * Idle rules, one trap a test: what shadows, and what only seems to. `net/ipv4/netfilter/ip_tables.c` ipt_do_table: the first
 * rule that matches and ends ends it; RETURN and the end of a chain go on behind the jump, behind a goto one further up.
 */
import { describe, expect, it, test } from "vitest";
import { Host, type HostJson } from "../../src/facts/index.ts";
import { loadDump, type Table } from "../../src/model/index.ts";
import { TableProof } from "../../src/proof/index.ts";
import { Source } from "../../src/source.ts";
import { parse } from "../../src/syntax/index.ts";
import { microSuite } from "../syntax/shared.ts";

function tableOf(text: string, host: Host): Table {
  const [table] = loadDump(parse(new Source("a.save", text)), host).ruleset.tables;
  if (!table) throw new Error("no table");
  return table;
}
/** A filter table (or another), its chains declared: those that only rules name are user chains. */
function dump(rules: readonly string[], table = "filter", policy = "ACCEPT"): string {
  const builtin =
    { filter: ["INPUT", "FORWARD", "OUTPUT"], mangle: ["PREROUTING", "FORWARD"], raw: ["PREROUTING"] }[table] ?? [];
  const named = rules.map((rule) => /^-A (\S+)/.exec(rule)?.[1] ?? "");
  const user = [...new Set(named)].filter((name) => !builtin.includes(name));
  const chains = [...builtin.map((name) => `:${name} ${policy} [0:0]`), ...user.map((name) => `:${name} - [0:0]`)];
  return `${[`*${table}`, ...chains, ...rules, "COMMIT"].join("\n")}\n`;
}
/** `FORWARD 3 <- 1 2`, `FORWARD 2 <- 1>no-ssh 1`: dead rules and what takes their packets. */
function dead(rules: readonly string[], table = "filter", host: HostJson = {}): string[] {
  const world = new Host(host);
  const proof = new TableProof(tableOf(dump(rules, table), world), world);
  const found = proof.dead().map(({ chain, number, by }) => {
    const paths = by.map((path) =>
      path.map((each, at) => (at === 0 ? `${each.number}` : `${each.chain.name} ${each.number}`)).join(">"),
    );
    return `${chain.name} ${number} <- ${paths.sort().join(" ")}`.trim();
  });
  expect(proof.notDecided).toEqual([]);
  return found;
}

describe("a rule is shadowed", () => {
  test("by a union of others, none of which does it alone", () => {
    expect(
      dead([
        "-A FORWARD -s 10.0.0.0/9 -p tcp -m tcp --dport 80 -j ACCEPT",
        "-A FORWARD -s 10.128.0.0/9 -p tcp -m tcp --dport 80 -j ACCEPT",
        "-A FORWARD -s 10.0.0.0/8 -p tcp -m tcp --dport 80 -j DROP",
      ]),
    ).toEqual(["FORWARD 3 <- 1 2"]);
  });
  test("by two complements: a match and the same match negated", () => {
    expect(
      dead([
        "-A FORWARD -p tcp -m string --algo bm --string evil -j DROP",
        "-A FORWARD -p tcp -m string ! --string evil --algo bm -j ACCEPT",
        "-A FORWARD -p tcp -m tcp --dport 22 -j ACCEPT",
      ]),
    ).toEqual(["FORWARD 3 <- 1 2"]);
    expect(
      dead(["-A FORWARD -i eth+ -j DROP", "-A FORWARD ! -i eth+ -j ACCEPT", "-A FORWARD -p udp -j ACCEPT"]),
    ).toEqual(["FORWARD 3 <- 1 2"]);
  });
  test("by all states there are", () => {
    expect(
      dead([
        "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
        "-A FORWARD -m conntrack --ctstate NEW,INVALID,UNTRACKED -j DROP",
        "-A FORWARD -p tcp -m tcp --dport 22 -j ACCEPT",
      ]),
    ).toEqual(["FORWARD 3 <- 1 2"]);
  });
  test("through a chain that is called", () => {
    expect(
      dead([
        "-A FORWARD -i eth0 -j no-ssh",
        "-A FORWARD -i eth0 -p tcp -m tcp --dport 22 -j ACCEPT",
        "-A no-ssh -p udp -j RETURN",
        "-A no-ssh -p tcp -m tcp --dport 20:23 -j DROP",
      ]),
    ).toEqual(["FORWARD 2 <- 1>no-ssh 2"]);
  });
  test("through two chains and a union over them", () => {
    expect(
      dead([
        "-A FORWARD -j outer",
        "-A FORWARD -p udp -j DROP",
        "-A FORWARD -p udp -m udp --dport 53 -j ACCEPT",
        "-A FORWARD -j ACCEPT",
        "-A outer -j inner",
        "-A outer -p tcp -m tcp --sport 1024:65535 -j ACCEPT",
        "-A inner -p tcp -m tcp --sport 0:1023 -j DROP",
      ]).filter((each) => each.startsWith("FORWARD")),
    ).toEqual(["FORWARD 3 <- 2"]);
  });
  test("by a goto: nothing comes back from it to the chain that it stands in", () => {
    expect(
      dead(["-A FORWARD -p tcp -g other", "-A FORWARD -p tcp -m tcp --dport 22 -j ACCEPT", "-A other -p udp -j DROP"]),
    ).toEqual(["FORWARD 2 <- 1"]);
  });
  test("by an unconditional RETURN", () => {
    expect(dead(["-A FORWARD -j own", "-A own -j RETURN", "-A own -p tcp -j ACCEPT"])).toEqual(["own 2 <- 1"]);
  });
  test("by a wider interface name, and not by a narrower one", () => {
    expect(dead(["-A FORWARD -i eth+ -j DROP", "-A FORWARD -i eth0 -j ACCEPT"])).toEqual(["FORWARD 2 <- 1"]);
    expect(dead(["-A FORWARD -i eth0+ -j DROP", "-A FORWARD -i eth+ -j ACCEPT"])).toEqual([]);
  });
  test("by a bit of a mark, and not by another", () => {
    expect(
      dead(["-A FORWARD -m mark --mark 0x1/0x1 -j DROP", "-A FORWARD -m mark --mark 0x3/0x3 -j ACCEPT"], "mangle"),
    ).toEqual(["FORWARD 2 <- 1"]);
    expect(
      dead(["-A FORWARD -m mark --mark 0x1/0x1 -j DROP", "-A FORWARD -m mark --mark 0x2/0x2 -j ACCEPT"], "mangle"),
    ).toEqual([]);
  });
  test("by what the host says of an address", () => {
    const host: HostJson = {
      addr: [{ ifname: "eth0", addr_info: [{ family: "inet", local: "192.0.2.1", prefixlen: 24 }] }],
    };
    const rules = [
      "-A FORWARD -d 192.0.2.1/32 -j DROP",
      "-A FORWARD -d 192.0.2.1/32 -m addrtype --dst-type LOCAL -j ACCEPT",
    ];
    expect(dead(rules, "filter", host)).toEqual(["FORWARD 2 <- 1"]);
  });
});

describe("a rule contradicts itself", () => {
  test.each([
    "-s 10.0.0.0/8 -m iprange --src-range 192.168.0.1-192.168.0.9",
    "-m conntrack --ctstate NEW -m conntrack --ctstate ESTABLISHED",
    "-p tcp -m tcp --tcp-flags SYN SYN,ACK",
    "-p udp -m udp --dport 53 -m multiport --dports 80,443",
    "-p tcp -m tcp --dport 22 -f",
    "-p icmp -m icmp --icmp-type 8 -m length --length 0:100 -m length --length 200:300",
  ])("%s", (matches) => {
    expect(dead([`-A FORWARD ${matches} -j DROP`])).toEqual(["FORWARD 1 <-"]);
  });
});

describe("a rule is not shadowed", () => {
  test.each([
    ["limit", "-p icmp -m limit --limit 1/sec -j ACCEPT"],
    ["hashlimit", "-p icmp -m hashlimit --hashlimit-upto 1/sec --hashlimit-name a -j ACCEPT"],
    ["statistic", "-m statistic --mode random --probability 0.50000000000 -j ACCEPT"],
    ["recent", "-p icmp -m recent --update --seconds 60 --name a -j ACCEPT"],
    ["connlimit", "-p icmp -m connlimit --connlimit-above 3 -j ACCEPT"],
    ["quota", "-m quota --quota 1000 -j ACCEPT"],
    ["NEW alone", "-p icmp -m conntrack --ctstate NEW -j ACCEPT"],
    ["a match that nobody knows", "-m strange --odd -j ACCEPT"],
    ["a target that may do anything", "-j STRANGE"],
    ["what is logged", "-j LOG"],
    ["a rule without a target", "-p icmp"],
  ])("by %s", (_, rule) => {
    expect(dead([`-A FORWARD ${rule}`, "-A FORWARD -p icmp -m icmp --icmp-type 8 -j DROP"])).toEqual([]);
  });
  test("by a chain that lets it go with RETURN", () => {
    const rules = (first: string) => [
      "-A FORWARD -j own",
      "-A FORWARD -s 10.0.0.1/32 -j DROP",
      `-A own ${first} -j RETURN`,
      "-A own -j ACCEPT",
    ];
    expect(dead(rules("-s 10.0.0.0/8"))).toEqual([]);
    expect(dead(rules("-s 10.0.0.1/32 -p tcp"))).toEqual([]);
    // it may let it go
    expect(dead(rules("-m limit --limit 1/sec"))).toEqual([]);
    // it lets others go
    expect(dead(rules("-s 10.0.0.2/32"))).toEqual(["FORWARD 2 <- 1>own 2"]);
  });
  test("by a chain that lets it go with a goto to one that ends", () => {
    const rules = [
      "-A FORWARD -j own",
      "-A FORWARD -p tcp -j DROP",
      "-A own -p tcp -g empty",
      "-A own -j ACCEPT",
      "-A empty -p udp -j DROP",
    ];
    expect(dead(rules)).toEqual([]);
  });
  test("where the mark that it asks for is set in between", () => {
    const rules = [
      "-A PREROUTING -m mark --mark 0x1 -j ACCEPT",
      "-A PREROUTING -s 10.0.0.0/8 -j MARK --set-xmark 0x1/0xffffffff",
      "-A PREROUTING -m mark --mark 0x1 -j DROP",
    ];
    expect(dead(rules, "mangle")).toEqual([]);
    expect(dead([rules[0] ?? "", rules[2] ?? ""], "mangle")).toEqual(["PREROUTING 2 <- 1"]);
  });
  test("where a chain that was called sets it", () => {
    const rules = [
      "-A PREROUTING -m mark --mark 0x1 -j ACCEPT",
      "-A PREROUTING -j classify",
      "-A PREROUTING -m mark --mark 0x1 -j DROP",
      "-A classify -s 10.0.0.0/8 -j MARK --set-xmark 0x1/0xffffffff",
    ];
    expect(dead(rules, "mangle")).toEqual([]);
  });
  test("in a chain that is called behind the change, where what was asked before is another packet's", () => {
    const rules = [
      "-A PREROUTING -p tcp -m mark --mark 0x1 -j ACCEPT",
      "-A PREROUTING -j MARK --set-xmark 0x1/0xffffffff",
      "-A PREROUTING -j own",
      "-A PREROUTING -p tcp -j DROP",
      "-A own -p tcp -m mark ! --mark 0x1 -j ACCEPT",
    ];
    expect(dead(rules, "mangle")).toEqual([]);
  });
  test("where the TTL is changed, for what is not modelled may depend on it", () => {
    const rules = (change: string) => [
      "-A PREROUTING -m u32 --u32 0x5&0xff=0x40 -j ACCEPT",
      `-A PREROUTING -p udp ${change}`,
      "-A PREROUTING -m u32 --u32 0x5&0xff=0x40 -j DROP",
    ];
    expect(dead(rules("-j LOG"), "mangle")).toEqual(["PREROUTING 3 <- 1"]);
    expect(dead(rules("-j TTL --ttl-set 64"), "mangle")).toEqual([]);
  });
  test("behind a target that nobody knows, which may have changed anything", () => {
    const rules = (target: string) => [
      "-A PREROUTING -s 10.0.0.0/8 -j ACCEPT",
      `-A PREROUTING -p udp -j ${target}`,
      "-A PREROUTING -s 10.1.0.0/16 -j DROP",
    ];
    expect(dead(rules("LOG"), "mangle")).toEqual(["PREROUTING 3 <- 1"]);
    expect(dead(rules("IPMARK"), "mangle")).toEqual([]);
  });
  test("by a set that a rule before it fills", () => {
    const rules = (between: string) => [
      "-A FORWARD -m set --match-set hosts src -j ACCEPT",
      `-A FORWARD ${between}`,
      "-A FORWARD -m set --match-set hosts src -j DROP",
    ];
    expect(dead(rules("-p tcp -j LOG"))).toEqual(["FORWARD 3 <- 1"]);
    expect(dead(rules("-p tcp -j SET --add-set hosts src"))).toEqual([]);
  });
  test("by all ports there are: a piece of a packet has none", () => {
    // both halves of the ports leave later fragments
    const rules = [
      "-A FORWARD -p tcp -m tcp --dport 0:1023 -j ACCEPT",
      "-A FORWARD -p tcp -m tcp --dport 1024:65535 -j ACCEPT",
    ];
    expect(dead([...rules, "-A FORWARD -p tcp -j DROP"])).toEqual([]);
    expect(dead([...rules, "-A FORWARD -p tcp -m tcp --sport 53 -j DROP"])).toEqual(["FORWARD 3 <- 1 2"]);
  });
  test("in a chain that calls itself, which no kernel loads", () => {
    expect(dead(["-A FORWARD -j a", "-A FORWARD -p tcp -j DROP", "-A a -j b", "-A b -j a"])).toEqual([]);
  });
});

describe("a rule decides nothing", () => {
  const repeated = (rules: readonly string[]): string[] => {
    const world = new Host();
    const proof = new TableProof(tableOf(dump(rules), world), world);
    return proof
      .repeated()
      .map(({ chain, number, by }) => `${chain.name} ${number} = ${by.map(([at]) => at?.number).join(" ")}`);
  };
  test("where a later one does the same", () => {
    expect(
      repeated([
        "-A FORWARD -s 10.0.0.1/32 -j ACCEPT",
        "-A FORWARD -p udp -j ACCEPT",
        "-A FORWARD -s 10.0.0.0/8 -j ACCEPT",
      ]),
    ).toEqual(["FORWARD 1 = 3"]);
  });
  test("but does where one between does something else, or may, or is not the same", () => {
    const rules = (between: string) => [
      "-A FORWARD -s 10.0.0.1/32 -j ACCEPT",
      `-A FORWARD ${between}`,
      "-A FORWARD -s 10.0.0.0/8 -j ACCEPT",
    ];
    for (const between of [
      "-p tcp -j DROP",
      "-m limit --limit 1/sec -j DROP",
      "-j LOG",
      "-p tcp -j other",
      "-j RETURN",
    ])
      expect(repeated([...rules(between), "-A other -j DROP"])).toEqual([]);
    expect(repeated(rules("-s 10.0.0.2/32 -j DROP"))).toEqual(["FORWARD 1 = 3"]);
    expect(
      repeated(["-A FORWARD -s 10.0.0.1/32 -j REJECT --reject-with icmp-port-unreachable", "-A FORWARD -j DROP"]),
    ).toEqual([]);
  });
});

it("finds which matches are idle, and which exclude each other", () => {
  const world = new Host();
  const proof = (rule: string) => {
    const table = tableOf(dump([`-A FORWARD ${rule} -j DROP`]), world);
    const [own] = table.chains.get("FORWARD")?.rules ?? [];
    if (!own) throw new Error("no rule");
    return {
      idle: new TableProof(table, world).idleMatches(own),
      never: new TableProof(table, world).contradiction(own),
    };
  };
  expect(proof("-s 10.1.0.0/16 -m iprange --src-range 10.0.0.0-10.255.255.255").idle).toEqual([1]);
  expect(proof("-p tcp -m multiport --dports 0:65535 -m conntrack --ctstate NEW").idle).toEqual([]);
  expect(proof("-p tcp -m conntrack --ctstate INVALID,NEW,RELATED,ESTABLISHED,UNTRACKED").idle).toEqual([1]);
  expect(proof("-m limit --limit 1/sec").idle).toEqual([]);
  expect(proof("-i eth0 -m mark --mark 1 -m conntrack --ctstate NEW -m conntrack --ctstate INVALID").never).toEqual([
    2, 3,
  ]);
});

/** README of the micro-suite: which of them are true defects, and which are traps. */
const MICRO: Readonly<Record<string, number>> = {
  t1_union: 3,
  t2_neg: 2,
  t4_crosschain: 2,
  t5_iface: 2,
  t6_return: 2,
  t7_simple: 2,
  t10_ctstate_union: 3,
};
describe.skipIf(microSuite.length === 0)("the micro-suite (../shared/micro-suite)", () => {
  it.each(microSuite)("$name", ({ name, bytes }) => {
    const world = new Host();
    const wanted = MICRO[name.replace(/\.save$/, "")];
    const proof = new TableProof(tableOf(bytes, world), world);
    expect(proof.dead().map(({ number }) => number)).toEqual(wanted === undefined ? [] : [wanted]);
  });
});
