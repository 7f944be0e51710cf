import { describe, expect, it } from "vitest";
import { found, linted } from "./linted.ts";

const filter = (...lines: string[]) =>
  `*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n${lines.join("\n")}\nCOMMIT\n`;

describe("duplicate-rule", () => {
  const about = (...rules: string[]) =>
    found("duplicate-rule", filter(":c - [0:0]", ...rules.map((rule) => `-A INPUT ${rule}`))).map((each) =>
      each.replace(/^\d+/, (line) => String(Number(line) - 4)),
    );
  it("sees through spelling: order, masks, counters, comments, implicit matches", () => {
    expect(
      about(
        "-s 192.0.2.0/24 -p tcp -m tcp --dport 22 -j DROP",
        "-p tcp --dport ssh -s 192.0.2.7/255.255.255.0 -j DROP",
      ),
    ).toEqual(["2 duplicate"]);
    expect(about("-m comment --comment a -i eth0 -j DROP", "-i eth0 -m comment --comment b -j DROP")).toEqual([
      "2 duplicate",
    ]);
    expect(
      about(
        "-p tcp -m tcp --dport 22 -m conntrack --ctstate NEW -j DROP",
        "-p tcp -m conntrack --ctstate NEW -m tcp --dport 22 -j DROP",
      ),
    ).toEqual(["2 duplicate"]);
  });
  it("tells every later copy from the first", () => {
    expect(about("-i eth0 -j DROP", "-i eth1 -j DROP", "-i eth0 -j DROP", "-i eth0 -j DROP")).toEqual([
      "3 duplicate",
      "4 duplicate",
    ]);
  });
  it("accepts rules of two chains, and rules that differ in what they do", () => {
    expect(found("duplicate-rule", filter("-A INPUT -i eth0 -j DROP", "-A FORWARD -i eth0 -j DROP"))).toEqual([]);
    expect(about("-i eth0 -j DROP", "-i eth0 -j ACCEPT", "-i eth0 -g c", "-i eth0 -j c")).toEqual([]);
    expect(about("-i eth0 -j DROP", "! -i eth0 -j DROP", "-i eth0+ -j DROP")).toEqual([]);
  });
  it("only tells of copies that count or act again", () => {
    expect(about("-m limit --limit 3/sec -j ACCEPT", "-m limit --limit 3/sec -j ACCEPT")).toEqual(["2 stateful"]);
    expect(about("-m recent --set --name x", "-m recent --set --name x")).toEqual(["2 stateful"]);
    expect(about("-i eth0 -j LOG", "-i eth0 -j LOG")).toEqual(["2 repeated"]);
  });
  it("accepts a mark asked again after a chain that may have set it", () => {
    expect(about("-m mark --mark 0x1 -j RETURN", "-j c", "-m mark --mark 0x1 -j RETURN")).toEqual([]);
    expect(about("-m mark --mark 0x1 -j RETURN", "-i eth0 -j DROP", "-m mark --mark 0x1 -j RETURN")).toEqual([
      "3 duplicate",
    ]);
    // what a packet comes in by stays as it is
    expect(about("-i eth0 -j RETURN", "-j c", "-i eth0 -j RETURN")).toEqual(["3 duplicate"]);
  });
  it("offers to delete the later one", () => {
    const [finding] = linted(filter("-A INPUT -i eth0 -j DROP", "-A INPUT -i eth0 -j DROP")).findings;
    expect(finding?.fix).toEqual({ safe: true, commands: ["iptables -t filter -D INPUT 2"] });
    expect(finding?.related?.[0]?.message).toBe("rule 1, the first of the two");
  });
});

describe("unreferenced-chain", () => {
  it("finds a chain in a file without a built-in one", () => {
    expect(found("unreferenced-chain", "*filter\n:MINE - [0:0]\n-A MINE -j DROP\nCOMMIT\n")).toEqual([
      "2 unreferenced",
    ]);
  });
  it("does not let a chain refer to itself, or two to each other", () => {
    expect(found("unreferenced-chain", filter(":a - [0:0]", "-A a -i eth0 -j a"))).toEqual(["4 unreferenced"]);
    expect(found("unreferenced-chain", filter(":a - [0:0]", ":b - [0:0]", "-A a -j b", "-A b -j a"))).toEqual([
      "4 unreachable",
      "5 unreachable",
    ]);
  });
  it("accepts empty chains, Docker's, and those that their owners call on demand", () => {
    for (const name of ["DOCKER", "DOCKER-USER", "KUBE-KUBELET-CANARY", "ufw-user-limit", "ufw6-logging-deny"]) {
      expect(found("unreferenced-chain", filter(`:${name} - [0:0]`, `-A ${name} -s 192.0.2.1/32 -j DROP`))).toEqual([]);
    }
    expect(found("unreferenced-chain", filter(":a - [0:0]"))).toEqual([]);
  });
  it("asks each table by itself", () => {
    const nat = "*nat\n:OUTPUT ACCEPT [0:0]\n:a - [0:0]\n-A OUTPUT -j a\nCOMMIT\n";
    expect(found("unreferenced-chain", `${nat}${filter(":a - [0:0]", "-A a -j DROP")}`)).toEqual(["9 unreferenced"]);
  });
});

describe("undefined-chain", () => {
  it("finds a name that is nothing, and a chain of another table", () => {
    expect(found("undefined-chain", filter("-A INPUT -j NOPE_CHAIN", "-A INPUT -j drop"))).toEqual([
      "4 jump",
      "5 jump",
    ]);
  });
  it("accepts every target of netfilter's, known here or not", () => {
    const rules = [
      "CT --notrack",
      "TPROXY --on-port 1",
      "SET --add-set a src",
      "NFLOG",
      "TCPMSS --clamp-mss-to-pmtu",
      "REDIRECT",
    ];
    expect(found("undefined-chain", filter(...rules.map((rule) => `-A INPUT -p tcp -j ${rule}`)))).toEqual([]);
    const bridge =
      "*nat\n:PREROUTING ACCEPT\n-A PREROUTING -j redirect\n-A PREROUTING -j mark --mark-set 1\n-A PREROUTING -j REDIRECT\n";
    expect(found("undefined-chain", bridge)).toEqual(["5 jump"]);
  });
  it("accepts chains that others make, and chains declared later", () => {
    expect(found("undefined-chain", filter("-A FORWARD -j DOCKER-USER", "-A FORWARD -j ufw-user-forward"))).toEqual([]);
    expect(found("undefined-chain", filter("-A FORWARD -j late", ":late - [0:0]", "-A late -j ACCEPT"))).toEqual([]);
  });
});

describe("nat-policy-drop", () => {
  it("accepts policies of other tables, of user chains and of ebtables' nat", () => {
    expect(
      found("nat-policy-drop", "*filter\n:INPUT DROP [0:0]\nCOMMIT\n*nat\n:OUTPUT ACCEPT [0:0]\n:a - [0:0]\nCOMMIT\n"),
    ).toEqual([]);
    expect(found("nat-policy-drop", "*nat\n:PREROUTING DROP\n:OUTPUT ACCEPT\n")).toEqual([]);
  });
});

describe("syntax-error", () => {
  it("shows the word, in the rule that it is in", () => {
    const [finding] = linted(filter("-A INPUT -p tcp -m tcp --dport 99999 -j DROP")).findings;
    expect(finding).toMatchObject({ rule: "syntax-error", table: "filter", chain: "INPUT", ruleNumber: 1 });
    expect(finding?.place.source.text(finding.place.start, finding.place.end)).toBe("99999");
  });
  it("accepts extensions that nobody here knows", () => {
    expect(found("syntax-error", filter("-A INPUT -m weird --odd 1 -j ODD --with 2"))).toEqual([]);
  });
});
