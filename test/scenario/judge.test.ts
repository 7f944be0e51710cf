import { describe, expect, it } from "vitest";
import type { Path } from "../../src/path/index.ts";
import { judge, printedIds } from "../../src/scenario/index.ts";
import { judged } from "./support.ts";

const DUMP = `*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
COMMIT
`;
const way = "inInterface: eth0, outInterface: null";
const SSH = `{ ${way}, protocol: tcp, destinationPort: 22 }`;
const WEB = `{ ${way}, protocol: tcp, destinationPort: 80 }`;
const outcome = (packet: string, wanted: string | null) => judged(DUMP, packet, wanted).outcome;
const told = (packet: string, wanted: string) =>
  judged(DUMP, packet, wanted).failures.map(({ expected, got, path, place }) => {
    const { line, column } = place.source.position(place.start);
    return `${line}:${column} ${expected} | ${got} | ${path}`;
  });

describe("on a packet whose way is settled", () => {
  it.each([
    ["{ verdict: ACCEPT }", "passed"],
    ["{ verdict: DROP }", "failed"],
    ["{ decidedBy: filter:INPUT:rule:1 }", "passed"],
    ["{ decidedBy: null }", "failed"],
    ["{ steps: [filter:INPUT:rule:1] }", "passed"],
    ["{ steps: [] }", "failed"],
    ["{ steps: [filter:INPUT:rule:1, filter:INPUT:policy:3] }", "failed"],
    ["{ passes: [filter:INPUT:rule:1] }", "passed"],
    ["{ passes: [filter:INPUT:rule:1, filter:INPUT:rule:1] }", "failed"],
    ["{ notPasses: [filter:INPUT:rule:2] }", "passed"],
    ["{ notPasses: [filter:INPUT:rule:1] }", "failed"],
    ["{ paths: 1 }", "passed"],
    ["{ paths: 2 }", "failed"],
    ["{ verdict: ACCEPT, paths: 2 }", "failed"],
  ])("%s is %s", (wanted, is) => {
    expect(outcome(SSH, wanted)).toBe(is);
  });

  it("says what was expected, what came, and where it stands", () => {
    expect(told(SSH, "{ verdict: DROP, steps: [filter:INPUT:rule:2] }")).toEqual([
      "5:22 verdict DROP | verdict ACCEPT | 0",
      "5:36 step 1 filter:INPUT:rule:2 | filter:INPUT:rule:1 | 0",
    ]);
    expect(told(SSH, "{ notPasses: [filter:INPUT:rule:1], paths: 3 }")).toEqual([
      "5:25 does not pass filter:INPUT:rule:1 | passed | 0",
      "5:54 3 paths | 1 path | null",
    ]);
  });
});

describe("on a packet whose way is not settled", () => {
  it("is undecided where only some paths meet it, and names the fact", () => {
    const judgement = judged(DUMP, WEB, "{ verdict: DROP }");
    expect(judgement.outcome).toBe("undecided");
    expect(judgement.settledBy).toEqual(["ctstate"]);
    expect(judgement.failures.map(({ got }) => got)).toEqual(["verdict ACCEPT"]);
  });

  it("is met by what every path meets, and failed by what none does", () => {
    expect(outcome(WEB, "{ notPasses: [filter:INPUT:rule:1], paths: 2 }")).toBe("passed");
    expect(outcome(WEB, "{ verdict: REJECT }")).toBe("failed");
    expect(outcome(WEB, "{ verdict: DROP, passes: [filter:INPUT:rule:1] }")).toBe("failed");
  });
});

/** The same walk, had it come after its last step to something that is not modelled. */
function cutShort(packet: string, wanted: string) {
  const { scenario, walk } = judged(DUMP, packet, wanted);
  const assumptions = [{ fact: "target STRANGE", rule: "filter:INPUT:rule:1", taken: "not known" }];
  const paths = walk.paths.map((path): Path => ({ ...path, verdict: "UNDECIDED", decidedBy: null, assumptions }));
  return judge(scenario, { ...walk, paths });
}

describe("on a packet that comes to something not known", () => {
  it.each([
    ["{ verdict: ACCEPT }", "undecided"],
    ["{ verdict: UNDECIDED }", "passed"],
    ["{ decidedBy: filter:INPUT:rule:1 }", "undecided"],
    ["{ passes: [filter:INPUT:policy:3] }", "undecided"],
    ["{ notPasses: [filter:INPUT:policy:3] }", "undecided"],
    ["{ notPasses: [filter:INPUT:rule:1] }", "failed"],
    ["{ steps: [filter:INPUT:rule:1, filter:INPUT:policy:3] }", "undecided"],
    ["{ steps: [filter:INPUT:policy:3] }", "failed"],
  ])("%s is %s", (wanted, is) => {
    expect(cutShort(SSH, wanted).outcome).toBe(is);
  });

  it("names what is not known", () => {
    expect(cutShort(SSH, "{ verdict: DROP }").settledBy).toEqual(["target STRANGE"]);
  });
});

describe("on a flooded frame", () => {
  const { scenario, walk } = judged(
    DUMP,
    SSH,
    "{ verdict: ACCEPT, steps: [filter:INPUT:rule:1, filter:INPUT:rule:1] }",
  );
  const flooded = (verdict: Path["verdict"]) => ({
    ...walk,
    paths: walk.paths.map((path) => ({ ...path, branches: [{ ...path, verdict }] })),
  });

  it("every copy has to meet the verdict, and steps are those of all copies", () => {
    expect(judge(scenario, flooded("ACCEPT")).outcome).toBe("passed");
    const { outcome: other, failures } = judge(scenario, flooded("DROP"));
    expect([other, failures.map(({ got }) => got)]).toEqual(["failed", ["verdict ACCEPT, DROP"]]);
    expect(judge(scenario, flooded("UNDECIDED")).outcome).toBe("undecided");
  });
});

it("nothing expected is not passed", () => {
  expect(outcome(SSH, null)).toBe("undecided");
});

it("a walk cut off is never passed", () => {
  const rules = [..."abcdefghi"].map((name) => `-A INPUT -m set --match-set ${name} src -j MARK --set-xmark 0x1/0x1`);
  const dump = `*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n${rules.join("\n")}\nCOMMIT\n`;
  const { outcome, walk } = judged(dump, SSH, "{ verdict: ACCEPT }");
  expect(walk.paths.some(({ truncated }) => truncated)).toBe(true);
  expect(outcome).toBe("undecided");
});

it("printed ids leave out what is evaluated but not printed", () => {
  const dump = `*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A PREROUTING -j TRACE\nCOMMIT\n${DUMP}`;
  const [path] = judged(dump, SSH, "{ verdict: ACCEPT }").walk.paths;
  expect(path && printedIds(path)).toEqual(["raw:PREROUTING:policy:2", "filter:INPUT:rule:1"]);
});
