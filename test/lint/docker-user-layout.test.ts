import { describe, expect, it } from "vitest";
import { docker, found, inUser, linted } from "./linted.ts";

describe("docker-user-rule-after-return", () => {
  const about = (...rules: string[]) =>
    inUser("docker-user-rule-after-return", { user: rules.map((rule) => `-A DOCKER-USER ${rule}`) });
  it("finds any end that every packet comes to", () => {
    expect(about("-j RETURN", "-i eth0 -s 192.0.2.1/32 -j DROP")).toEqual(["1 return"]);
    expect(about("-s 0.0.0.0/0 -j DROP", "-i eth0 -j ACCEPT")).toEqual(["1 end"]);
    expect(about("-g DOCKER", "-i eth0 -j ACCEPT")).toEqual(["1 end"]);
  });
  it("is one finding that names all dead rules", () => {
    const user = [
      "-A DOCKER-USER -j RETURN",
      "-A DOCKER-USER -s 192.0.2.1/32 -j DROP",
      "-A DOCKER-USER -s 192.0.2.2/32 -j DROP",
    ];
    const [finding, ...more] = linted(docker({ user })).findings;
    expect(more).toEqual([]);
    expect(finding?.related?.map(({ message }) => message)).toEqual([
      "rule 2 is never evaluated",
      "rule 3 is never evaluated",
    ]);
    expect(finding?.text).toContain("the 2 rules after it are never evaluated");
  });
  it("accepts an end that not every packet comes to, and an end that is the last rule", () => {
    expect(about("-i eth0 -j RETURN", "-i eth1 -j DROP")).toEqual([]);
    expect(about("-j LOG", "-i eth1 -s 192.0.2.1/32 -j DROP", "-j RETURN")).toEqual([]);
    expect(about("-j DOCKER", "-i eth1 -s 192.0.2.1/32 -j DROP")).toEqual([]);
  });
  it("leaves a second RETURN to duplicate-rule", () => {
    expect(about("-j RETURN", "-j RETURN")).toEqual([]);
  });
});

describe("docker-user-not-jumped", () => {
  const withoutJump = (...rules: string[]) =>
    found(
      "docker-user-not-jumped",
      docker({ user: rules.map((rule) => `-A DOCKER-USER ${rule}`) }).replace("-A FORWARD -j DOCKER-USER\n", ""),
    );
  it("finds rules that FORWARD does not lead to", () => {
    expect(withoutJump("-i eth0 -s 192.0.2.1/32 -j DROP")).toEqual(["6 not-jumped"]);
  });
  it("accepts a chain that restricts nothing", () => {
    expect(withoutJump()).toEqual([]);
    expect(withoutJump("-j RETURN")).toEqual([]);
  });
  it("accepts a file with that chain and no other of Docker's", () => {
    expect(
      found(
        "docker-user-not-jumped",
        "*filter\n:DOCKER-USER - [0:0]\n-A DOCKER-USER -i eth0 -m conntrack --ctstate NEW -j DROP\nCOMMIT\n",
      ),
    ).toEqual([]);
  });
  it("accepts a jump through another chain, or by goto", () => {
    const text = docker({ chains: ["site"], user: ["-A DOCKER-USER -i docker0 -j DROP", "-A site -g DOCKER-USER"] });
    expect(found("docker-user-not-jumped", text.replace("-A FORWARD -j DOCKER-USER", "-A FORWARD -j site"))).toEqual(
      [],
    );
  });
});

describe("docker-user-jump-not-first", () => {
  const chains = ["ts-forward"];
  const about = (before: readonly string[], user: readonly string[] = []) =>
    found("docker-user-jump-not-first", docker({ before, user, chains })).map((each) => each.replace(/^\d+ /, ""));
  it("is an error when what stands before can accept traffic to containers", () => {
    expect(about(["-A FORWARD -j ts-forward"], ["-A ts-forward -o docker0 -j ACCEPT"])).toEqual(["accepts"]);
    expect(about(["-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"])).toEqual(["accepts"]);
    expect(about(["-A FORWARD -i wg0 -j ACCEPT"])).toEqual(["accepts"]);
  });
  it("is a warning when it lets other traffic by, or does what nobody here knows", () => {
    expect(about(["-A FORWARD -o eth1 -j ACCEPT"])).toEqual(["earlier"]);
    expect(about(["-A FORWARD -j NFQUEUE --queue-num 0"])).toEqual(["earlier"]);
    expect(
      about(["-A FORWARD -j ts-forward"], ["-A ts-forward -o docker0 -j DROP", "-A ts-forward -j ACCEPT"]),
    ).toEqual(["earlier"]);
  });
  it("is told only when nothing before can accept", () => {
    expect(about(["-A FORWARD -j LOG"])).toEqual(["harmless"]);
    expect(
      about(["-A FORWARD -j ts-forward"], ["-A ts-forward -s 192.0.2.1/32 -j DROP", "-A ts-forward -j RETURN"]),
    ).toEqual(["harmless"]);
    expect(about(["-A FORWARD -s 192.0.2.1/32"])).toEqual(["harmless"]);
  });
  it("accepts the jump as the first rule", () => {
    expect(about([])).toEqual([]);
  });
  it("comes to an end where chains call each other", () => {
    expect(
      about(
        ["-A FORWARD -j ts-forward"],
        ["-A ts-forward -i eth0 -j ts-forward", "-A ts-forward -o docker0 -j ACCEPT"],
      ),
    ).toEqual(["accepts"]);
  });
});
