import { describe, expect, it } from "vitest";
import { readYaml } from "../../src/checked-yaml.ts";
import { packetJson } from "../../src/facts/index.ts";
import { EmptyScenarios, hostFor, readScenarios } from "../../src/scenario/index.ts";
import { Source } from "../../src/source.ts";
import { bytesOf, problemsOf, yaml } from "./support.ts";

const read = (text: string) => readScenarios(yaml(text));
const wrong = (text: string) => problemsOf(() => read(text));

describe("a scenario file", () => {
  it("is read with everything it says", () => {
    const file = read(`version: 1
dumps: [a.save, ../b.save]
host: host.json
scenarios:
  - name: ping
    description: a ping
    packet: { inInterface: docker0, protocol: icmp, physdevIn: null, mark: 0x10 }
    host: { fdb: [] }
    hook: FORWARD
    expect: { verdict: ACCEPT, passes: [filter:FORWARD:rule:5] }
`);
    expect(file.dumps).toEqual(["a.save", "../b.save"]);
    expect(file.host).toBe("host.json");
    const [scenario] = file.scenarios;
    expect(scenario).toMatchObject({ name: "ping", description: "a ping", host: { fdb: [] }, hook: "FORWARD" });
    expect(scenario?.expect).toEqual({ verdict: "ACCEPT", passes: ["filter:FORWARD:rule:5"] });
    const packet = scenario && packetJson(scenario.packet);
    expect(packet).toMatchObject({
      inInterface: "docker0",
      protocol: "icmp",
      physdevIn: null,
      mark: "0x10",
    });
    expect(scenario && file.source.position(scenario.place.start)).toEqual({ line: 5, column: 5 });
  });

  it("is of one family", () => {
    const text = (family: string) =>
      `version: 1\n${family}scenarios: [{ name: a, packet: { source: "2001:db8::1" } }]\n`;
    expect(read(text("family: ipv6\n")).scenarios[0]?.packet.family).toBe("ipv6");
    expect(wrong(text(""))).toEqual(["s.yaml:2:42: source 2001:db8::1: expected an IPv4 address"]);
  });

  it("merges host facts: maps key by key, lists as a whole", () => {
    const [scenario] = read(`version: 1
scenarios: [{ name: a, packet: {}, host: { fdb: [], sysctl: { b: 2 } } }]
`).scenarios;
    const base = { kernel: "4.15", fdb: [{ mac: "02:42:c0:a8:00:02" }], sysctl: { a: 1, b: 1 } };
    expect(scenario && hostFor(scenario, base)).toEqual({ kernel: "4.15", fdb: [], sysctl: { a: 1, b: 2 } });
  });

  it.each(["", "# nothing here\n", "version: 1\nscenarios: []\n"])("is refused without one scenario: %j", (text) => {
    expect(() => read(text)).toThrow(EmptyScenarios);
  });
});

describe("mistakes are told at their places", () => {
  it("YAML that does not parse", () => {
    expect(wrong("version: 1\nscenarios: [\n")).toEqual([expect.stringMatching(/^s\.yaml:3:1: .*\]/)]);
    expect(wrong("version: 1\nversion: 1\n")).toEqual(["s.yaml:2:1: Map keys must be unique"]);
    expect(wrong("version: !x 1\n")).toEqual(["s.yaml:1:10: Unresolved tag: !x"]);
  });

  it("every violation of the schema, in the file's order", () => {
    const problems = wrong(`version: 2
dumbs: [a]
scenarios:
  - nam: a
    packet: { sourceport: 80, source: [a] }
    expect: { verdict: acept, decidedBy: FORWARD 5, paths: 0 }
  - name: ""
    packet:
    expect: {}
`);
    expect(problems).toEqual([
      "s.yaml:1:10: expected 1, found 2",
      's.yaml:2:1: unknown key "dumbs"; did you mean "dumps"?',
      's.yaml:4:5: "name" is missing',
      's.yaml:4:5: unknown key "nam"; did you mean "name"?',
      's.yaml:5:15: unknown key "sourceport"; did you mean "sourcePort"?',
      "s.yaml:5:39: expected a string or a number or null, found a list",
      's.yaml:6:24: "acept" is not allowed here; did you mean "ACCEPT"?',
      's.yaml:6:42: expected something like filter:FORWARD:rule:5, found "FORWARD 5"',
      "s.yaml:6:60: must be >= 1",
      "s.yaml:7:11: must not be empty",
      "s.yaml:8:12: expected a map, found nothing",
      "s.yaml:9:13: needs at least 1 key",
    ]);
  });

  it("every value that a field cannot have", () => {
    const text = "version: 1\nscenarios: [{ name: a, packet: { sourcePort: 99999, ctstate: OLD, protocol: tcp } }]\n";
    expect(wrong(text)).toEqual([
      "s.yaml:2:46: sourcePort 99999: expected a number 0-65535, or low:high",
      "s.yaml:2:62: ctstate OLD: expected INVALID, NEW, RELATED, ESTABLISHED, UNTRACKED",
    ]);
  });

  it("a name given twice", () => {
    const text = "version: 1\nscenarios:\n- { name: a, packet: {} }\n- { name: a, packet: {} }\n";
    expect(wrong(text)).toEqual(['s.yaml:4:11: another scenario has the name "a", at line 3']);
  });

  it("in columns of characters, whatever bytes come before", () => {
    const text = "# Größe\nversion: 1\nscenarios: [{ name: Größe 😀, packet: { foo: 1 } }]\n";
    for (const mark of ["", "\ufeff"]) {
      expect(wrong(mark + text)[0]).toMatch(/^s\.yaml:3:40: unknown key "foo"; expected one of inInterface, /);
    }
    const [scenario] = read("# ü\nversion: 1\nscenarios: [{ name: ü, packet: {} }]\n").scenarios;
    expect(scenario?.place.source.text(scenario.place.start, scenario.place.end)).toBe("{ name: ü, packet: {} }");
  });

  it("behind an alias, where the value stands", () => {
    const text = "version: 1\nscenarios:\n- { name: a, packet: &p { ttl: x } }\n- { name: b, packet: *p }\n";
    expect(wrong(text)).toEqual(["s.yaml:3:32: ttl x: expected a number 0-255, or low:high"]);
  });

  it("in files made to exhaust the reader", () => {
    expect(wrong("[".repeat(100_000))[0]).toMatch(/^s\.yaml:1:/);
    const bomb = ["a: &a0 [x]"];
    for (let i = 1; i < 12; i++)
      bomb.push(
        `b${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(", ")}]`,
      );
    expect(wrong(bomb.join("\n"))[0]).toMatch(/^s\.yaml:1:1: .*alias/i);
    expect(wrong("version: 1\nscenarios: [{ name: a, packet: {}, host: &h { sysctl: *h } }]\n")).not.toEqual([]);
  });
});

it("a place is told for what is not there, too: where it should be", () => {
  const source = new Source("x.yaml", bytesOf("a:\n  b: [1, 2]\n"));
  const { placeOf } = readYaml(source, { type: "object" });
  const start = (...path: (string | number)[]) => source.position(placeOf(path).start);
  expect(start("a", "b", 1)).toEqual({ line: 2, column: 10 });
  expect(start("a", "b", 7)).toEqual(start("a", "b"));
  expect(start("a", "c")).toEqual(start("a"));
});
