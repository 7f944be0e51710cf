import { describe, expect, it } from "vitest";
import { Host } from "../../src/facts/index.ts";
import { docker, inUser, linted } from "./linted.ts";

const about = (...rules: string[]) =>
  inUser("docker-user-drop-without-established", {
    chains: rules.some((rule) => rule.startsWith("site ")) ? ["site"] : [],
    user: rules.map((rule) => (rule.startsWith("site ") ? `-A ${rule}` : `-A DOCKER-USER ${rule}`)),
  });
const established = "-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN";

describe("docker-user-drop-without-established", () => {
  it("finds DROP and REJECT of what may be a reply", () => {
    expect(about("-i eth0 ! -s 192.0.2.0/24 -j DROP")).toEqual(["1 replies"]);
    expect(about("-i eth0 -j REJECT --reject-with icmp-port-unreachable")).toEqual(["1 replies"]);
    expect(about("-m set ! --match-set office src -j DROP")).toEqual(["1 replies"]);
    expect(about("-i br-lan -j DROP")).toEqual(["1 replies"]);
  });
  it("accepts it behind a rule that lets all replies go", () => {
    expect(about(established, "-i eth0 -j DROP")).toEqual([]);
    expect(about("-m state --state RELATED,ESTABLISHED -j ACCEPT", "-i eth0 -j DROP")).toEqual([]);
    expect(about("-i eth0 -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN", "-i eth0 -j DROP")).toEqual([]);
    expect(
      about(
        "-m conntrack --ctstate ESTABLISHED -j RETURN",
        "-m conntrack --ctstate RELATED -j RETURN",
        "-i eth0 -j DROP",
      ),
    ).toEqual([]);
  });
  it("is not deceived by a rule that lets only some of them go, or comes too late", () => {
    expect(about("-m conntrack --ctstate ESTABLISHED -j RETURN", "-i eth0 -j DROP")).toEqual(["2 replies"]);
    expect(about("-i eth1 -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN", "-i eth0 -j DROP")).toEqual([
      "2 replies",
    ]);
    expect(about("-i eth0 -j DROP", established)).toEqual(["1 replies"]);
  });
  it("follows jumps, and knows whose RETURN leaves DOCKER-USER", () => {
    expect(about("-i eth0 -j site", "site -j DROP")).toEqual(["2 replies"]);
    expect(about(`${established}`, "-i eth0 -j site", "site -j DROP")).toEqual([]);
    expect(about("-i eth0 -j site", `site ${established}`, "site -j DROP")).toEqual([]);
    // the RETURN leads back to DOCKER-USER, where the DROP waits
    expect(about("-j site", "-i eth0 -j DROP", `site ${established}`)).toEqual(["2 replies"]);
    expect(about("-j site", "-i eth0 -j DROP", "site -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT")).toEqual(
      [],
    );
  });
  it("accepts rules that no reply can match", () => {
    expect(about("-i eth0 -m conntrack --ctstate NEW -j DROP")).toEqual([]);
    expect(about("-i eth0 -m conntrack --ctstate INVALID -j DROP")).toEqual([]);
    expect(about("-i eth0 -m conntrack --ctdir ORIGINAL -j DROP")).toEqual([]);
    expect(about("-i eth0 -p tcp -m tcp --syn -j DROP")).toEqual([]);
    expect(about("-i docker0 -j DROP")).toEqual([]);
    expect(about("-i eth0 -o eth1 -j DROP")).toEqual([]);
    expect(about("-i eth0 -m conntrack ! --ctstate RELATED,ESTABLISHED -j DROP")).toEqual([]);
  });
  it("knows where a reply goes: in FORWARD its destination is the container's again, never the host's", () => {
    expect(about("! -s 192.0.2.0/24 -d 203.0.113.9/32 -j DROP")).toEqual([]);
    expect(about("! -s 192.0.2.0/24 -d 172.17.0.0/24 -j DROP")).toEqual(["1 replies"]);
    expect(about("! -s 192.0.2.0/24 ! -d 203.0.113.9/32 -j DROP")).toEqual(["1 replies"]);
  });
  it("leaves out the host's own addresses alone where no rule tells the network of a bridge", () => {
    const dump = docker({ user: ["-A DOCKER-USER ! -s 192.0.2.0/24 -d 203.0.113.9/32 -j DROP"] }).replace(
      /-A POSTROUTING.*\n/,
      "",
    );
    const addr = [{ ifname: "eth0", addr_info: [{ family: "inet", local: "203.0.113.9", prefixlen: 24 }] }];
    const rules = (host: Host) => linted(dump, "strict", host).findings.map(({ rule }) => rule);
    expect(rules(new Host())).toEqual(["docker-user-drop-without-established"]);
    expect(rules(new Host({ addr }))).toEqual([]);
  });
  it("accepts ports that clients do not use", () => {
    expect(about("-i eth0 -p tcp -m tcp --dport 5432 -j DROP")).toEqual([]);
    expect(about("-i eth0 -p udp -m multiport --dports 53,5353 -j DROP")).toEqual([]);
    expect(about("-i eth0 -p tcp -m tcp ! --dport 443 -j DROP")).toEqual(["1 replies"]);
  });
  it("leaves --ctorigdstport to others", () => {
    expect(about("-i eth0 -p tcp -m conntrack --ctorigdstport 443 -j DROP")).toEqual([]);
  });
  it("does not judge rate limits and matches that nobody here knows", () => {
    expect(about("-i eth0 -m hashlimit --hashlimit-above 100/sec --hashlimit-name x -j DROP")).toEqual([]);
    expect(about("-i eth0 -m string --algo bm --string evil -j DROP")).toEqual([]);
  });
  it("takes bans for what they are", () => {
    expect(about("-s 203.0.113.5/32 -j DROP", "-s 203.0.113.6/32 -j DROP")).toEqual(["1 source"]);
    expect(about("-m set --match-set banned src -j DROP")).toEqual(["1 source"]);
  });
  it("accepts hosts that are to have no egress", () => {
    expect(about("-j DROP")).toEqual(["1 no-egress"]);
    expect(about("-i docker0 ! -o docker0 -j DROP", "-i eth0 -j DROP")).toEqual(["2 no-egress"]);
    // somebody is let in, and the answers to that one are dropped: no air gap
    expect(about("-s 192.0.2.0/24 -j RETURN", "-j DROP")).toEqual(["2 replies"]);
  });
  it("is one finding, which the first rule stands for", () => {
    const { findings } = linted(docker({ user: ["-A DOCKER-USER -i eth0 -j DROP", "-A DOCKER-USER -i eth1 -j DROP"] }));
    expect(findings.map(({ rule, related }) => [rule, related?.length])).toEqual([
      ["docker-user-drop-without-established", 1],
    ]);
    expect(findings[0]?.fix?.commands).toEqual([
      "iptables -I DOCKER-USER 1 -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN",
    ]);
  });
});
