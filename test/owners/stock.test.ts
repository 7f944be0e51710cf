/** Stock Docker hosts: what dockerd writes for a published port, held against what Docker's own layouts show. */
import { describe, expect, test } from "vitest";
import { Host, readPacket } from "../../src/facts/index.ts";
import { type LoadedDump, loadDump, printRuleset } from "../../src/model/index.ts";
import { readPublish, stockHost, stockNames } from "../../src/owners/index.ts";
import { walk } from "../../src/path/index.ts";
import { Source } from "../../src/source.ts";
import { parse } from "../../src/syntax/index.ts";
import { hasShared, sharedBytes } from "../support/shared.ts";

function stand(name: string, ...published: string[]): { loaded: LoadedDump; host: Host } {
  const stock = stockHost(
    name,
    published.map((text) => readPublish(text) as NonNullable<ReturnType<typeof readPublish>>),
  );
  if (!stock) throw new Error(`no stock host ${name}`);
  const host = new Host(stock.host);
  const daemon = loadDump(parse(new Source(name, stock.dump)), host);
  const loaded = loadDump(parse(new Source(`${name} --publish`, `#!/bin/sh\n${stock.commands}`)), host, daemon.ruleset);
  expect([...daemon.problems, ...loaded.problems]).toEqual([]);
  return { loaded, host };
}
const lines = (text: string): string[] => text.split("\n").filter((line) => /^[*:-]/.test(line));
const printed = (name: string, ...published: string[]): string[] =>
  lines(printRuleset(stand(name, ...published).loaded.ruleset));

test("the four that the command line offers", () => {
  expect(stockNames()).toEqual(["docker-17.06", "docker-20.10", "docker-28", "docker-29"]);
});

// docker's pages show a network of its own, bridge1; the rules of docker0's containers are the same but for names
describe.skipIf(!hasShared)("a published port", () => {
  test.each([
    ["docker-28", "layouts/v28.2.2_new-daemon.save", "layouts/v28.2.2_usernet-portmap.save"],
    ["docker-29", "layouts/v29.7.2_new-daemon.save", "layouts/v29.7.2_usernet-portmap.save"],
  ])("%s writes what Docker's own page shows", (name, bare, published) => {
    const own = (text: string) => text.replaceAll("192.0.2.2", "172.17.0.2").replaceAll("bridge1", "docker0");
    const added = lines(sharedBytes(published))
      .filter((line) => line.includes("192.0.2.2"))
      .map(own);
    expect(added).toHaveLength(3);
    const before = lines(sharedBytes(bare));
    const after = printed(name, "8080:80/tcp");
    expect(after.filter((line) => !before.includes(line) && line.startsWith("-"))).toEqual(
      expect.arrayContaining(added),
    );
    expect(after.filter((line) => line.startsWith("-"))).toHaveLength(
      before.filter((line) => line.startsWith("-")).length + added.length,
    );
    // the ACCEPT stands above the bridge's DROP
    const filter = after.indexOf("*filter");
    const accept = after.findIndex(
      (line, at) => at > filter && line.includes("-d 172.17.0.2/32") && line.endsWith("ACCEPT"),
    );
    expect(accept).toBeLessThan(after.indexOf("-A DOCKER ! -i docker0 -o docker0 -j DROP"));
  });
  test.each([
    ["docker-17.06", "layouts/L2_1706_multi.save"],
    ["docker-20.10", "layouts/L3_stage_multi.save"],
  ])("%s writes what the daemon of that release does", (name, layout) => {
    const shown = lines(sharedBytes(layout)).filter((line) => line.includes("172.17.0.2"));
    expect(shown).toHaveLength(3);
    expect(printed(name, "8080:80/tcp").filter((line) => line.includes("172.17.0.2"))).toEqual(
      expect.arrayContaining(shown),
    );
  });
  test("on loopback only, nothing else reaches it", () => {
    const shown = lines(sharedBytes("layouts/v28.2.2_usernet-portmap-lo.save"))
      .filter((line) => line.includes("127.0.0.1"))
      .map((line) => line.replaceAll("192.0.2.2", "172.17.0.2").replaceAll("bridge1", "docker0"))
      .sort();
    expect(shown).toHaveLength(2);
    expect(
      printed("docker-28", "127.0.0.1:8080:80/tcp")
        .filter((line) => line.includes("127.0.0.1/32"))
        .sort(),
    ).toEqual(shown);
  });
});

test.each(stockNames())("a stranger reaches the published port on %s, and no other", (name) => {
  const { loaded, host } = stand(name, "8080:80", "53:5353/udp");
  const verdict = (port: string, protocol = "tcp") => {
    const packet = readPacket("ipv4", {
      inInterface: "eth0",
      source: "198.51.100.7",
      destination: "203.0.113.9",
      protocol,
      destinationPort: port,
      ctstate: "NEW",
    });
    return walk({ ruleset: loaded.ruleset, host }, packet).paths.map(({ verdict: each, steps }) => [
      each,
      steps.some(({ chain }) => chain === "FORWARD"),
    ]);
  };
  expect(verdict("8080")).toEqual([["ACCEPT", true]]);
  expect(verdict("53", "udp")).toEqual([["ACCEPT", true]]);
  expect(verdict("8081")).toEqual([["ACCEPT", false]]);
});

test.each([
  ["8080:80", { hostAddress: null, hostPort: 8080, containerPort: 80, protocol: "tcp" }],
  ["127.0.0.1:8080:80/udp", { hostAddress: "127.0.0.1", hostPort: 8080, containerPort: 80, protocol: "udp" }],
  ["0.0.0.0:1:65535/sctp", { hostAddress: null, hostPort: 1, containerPort: 65535, protocol: "sctp" }],
  ["80", undefined],
  ["0:80", undefined],
  ["8080:80/icmp", undefined],
  ["8080:70000", undefined],
])("--publish %s", (text, expected) => expect(readPublish(text)).toEqual(expected));
