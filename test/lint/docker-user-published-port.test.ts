import { describe, expect, it } from "vitest";
import { docker, inUser, linted } from "./linted.ts";

const publish = ["8080:172.17.0.2:80"];
const about = (rule: string, given: Partial<Parameters<typeof docker>[0]> = {}) =>
  inUser("docker-user-published-port", { publish, user: [`-A DOCKER-USER ${rule}`], ...given });

describe("docker-user-published-port", () => {
  it("finds the published port, which DNAT has replaced", () => {
    expect(about("-i eth0 -p tcp -m tcp --dport 8080 -j DROP")).toEqual(["1 never"]);
    expect(about("-p tcp -m tcp --dport 8080 -j DROP")).toEqual(["1 never"]);
    expect(about("-i eth0 -p tcp -m tcp --dport 8080 -j ACCEPT")).toEqual(["1 never"]);
  });
  it("finds it in a list, the ports that do match aside", () => {
    expect(about("-i eth0 -p tcp -m multiport --dports 80,443,8080 -j DROP")).toEqual(["1 never"]);
    expect(about("-i eth0 -p tcp -m multiport --ports 8080 -j DROP")).toEqual(["1 never"]);
  });
  it("finds it behind a jump, and in FORWARD where the rule is about Docker's bridge", () => {
    const chains = ["site"];
    const user = ["-A DOCKER-USER -i eth0 -j site", "-A site -p tcp -m tcp --dport 8080 -j DROP"];
    expect(about("", { chains, user })).toEqual(["2 never"]);
    expect(about("", { user: ["-A FORWARD -o docker0 -p tcp -m tcp --dport 8080 -j DROP"] })).toEqual(["1 never"]);
    expect(about("", { user: ["-A FORWARD -p tcp -m tcp --dport 8080 -j DROP"] })).toEqual([]);
  });
  it("accepts the port that the connection was opened to", () => {
    expect(about("-i eth0 -p tcp -m conntrack --ctorigdstport 8080 --ctdir ORIGINAL -j DROP")).toEqual([]);
  });
  it("accepts the container's port, and ports that nobody publishes", () => {
    expect(about("-i eth0 -p tcp -m tcp --dport 80 -j DROP")).toEqual([]);
    expect(about("-i eth0 -p tcp -m tcp --dport 25 -j DROP")).toEqual([]);
  });
  it("accepts host port = container port", () => {
    expect(about("-i eth0 -p tcp -m tcp --dport 5432 -j DROP", { publish: ["5432:172.17.0.3:5432"] })).toEqual([]);
    // one of two publications keeps the port: the rule does match
    const both = ["8080:172.17.0.2:80", "8080:172.17.0.2:8080"];
    expect(about("-i eth0 -p tcp -m tcp --dport 8080 -j DROP", { publish: both })).toEqual([]);
  });
  it("accepts what containers send to a remote port", () => {
    expect(about("-i docker0 -p tcp -m tcp --dport 8080 -j DROP")).toEqual([]);
    expect(about("-i br-+ -p tcp -m tcp --dport 8080 -j DROP")).toEqual([]);
    expect(about("-o eth0 -p tcp -m tcp --dport 8080 -j DROP")).toEqual([]);
    expect(about("-i br-0123456789ab -p tcp -m tcp --dport 8080 -j DROP")).toEqual([]);
  });
  it("does not take the user's own bridge for Docker's", () => {
    expect(about("-i br-lan -p tcp -m tcp --dport 8080 -j DROP")).toEqual(["1 never"]);
  });
  it("accepts another protocol, a range and a negated port", () => {
    expect(about("-i eth0 -p udp -m udp --dport 8080 -j DROP")).toEqual([]);
    expect(about("-i eth0 -p tcp -m tcp --dport 1024:65535 -j DROP")).toEqual([]);
    expect(about("-i eth0 -p tcp -m tcp ! --dport 8080 -j DROP")).toEqual([]);
  });
  it("tells which container it hits instead, unless -d shows that it is meant", () => {
    const both = { publish: ["8080:172.17.0.2:80", "8443:172.17.0.3:8080"] };
    expect(about("-i eth0 -p tcp -m tcp --dport 8080 -j DROP", both)).toEqual(["1 other-container"]);
    expect(about("-d 172.17.0.3/32 -i eth0 -p tcp -m tcp --dport 8080 -j DROP", both)).toEqual([]);
    expect(about("-d 172.17.0.2/32 -i eth0 -p tcp -m tcp --dport 8080 -j DROP", both)).toEqual(["1 never"]);
  });
  it("knows swarm's ingress to keep the port", () => {
    const swarm = docker({
      user: ["-A DOCKER-USER -i eth0 -p tcp -m tcp --dport 8000 -j DROP", "-A DOCKER-USER -j RETURN"],
    }).replace(
      ":POSTROUTING ACCEPT [0:0]",
      ":POSTROUTING ACCEPT [0:0]\n:DOCKER-INGRESS - [0:0]\n-A PREROUTING -j DOCKER-INGRESS\n-A DOCKER-INGRESS -p tcp -m tcp --dport 8000 -j DNAT --to-destination 172.18.0.2:8000",
    );
    expect(linted(swarm).findings.filter(({ rule }) => rule === "docker-user-published-port")).toEqual([]);
  });
  it("gives the rule to write instead", () => {
    const { findings } = linted(
      docker({ publish, user: ["-A DOCKER-USER -i eth0 -p tcp -m tcp --dport 8080 -j DROP"] }),
    );
    const finding = findings.find(({ rule }) => rule === "docker-user-published-port");
    expect(finding?.fix?.replacement).toBe(
      "-A DOCKER-USER -i eth0 -p tcp -m conntrack --ctorigdstport 8080 --ctdir ORIGINAL -j DROP",
    );
    expect(finding?.related?.map(({ place }) => place.source.line(place.source.lineAt(place.start)))).toEqual([
      "-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80",
    ]);
  });
});
