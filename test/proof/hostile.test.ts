/** Large and odd chains: an answer in bounded time, and never a wrong one. */
import { describe, expect, it } from "vitest";
import { Host } from "../../src/facts/index.ts";
import { loadDump, type Table } from "../../src/model/index.ts";
import { TableProof } from "../../src/proof/index.ts";
import { Source } from "../../src/source.ts";
import { parse } from "../../src/syntax/index.ts";

const host = new Host();
function tableOf(lines: readonly string[]): Table {
  const text = `*filter\n:FORWARD ACCEPT [0:0]\n${lines.join("\n")}\nCOMMIT\n`;
  const [table] = loadDump(parse(new Source("a.save", text)), host).ruleset.tables;
  if (!table) throw new Error("no table");
  return table;
}
const times = (count: number, line: (at: number) => string): string[] =>
  Array.from({ length: count }, (_, at) => line(at));
const address = (at: number): string => `10.${(at >> 16) & 255}.${(at >> 8) & 255}.${at & 255}`;

describe("chains that were made to be hard", () => {
  it("10,000 rules that ask one field each, in turns", () => {
    const lines = times(10_000, (at) => {
      const asks = [
        `-s ${address(at)}/32`,
        `-d ${address(at)}/32`,
        `-i if${at}`,
        `-p tcp -m tcp --dport ${at % 65536}`,
      ];
      return `-A FORWARD ${asks[at % 4]} -j ${at % 3 ? "DROP" : "ACCEPT"}`;
    });
    const proof = new TableProof(tableOf([...lines, "-A FORWARD -p tcp -m tcp --dport 3 -j ACCEPT"]), host);
    // port 3 was asked for by rule 4
    expect(proof.dead().map(({ number, by }) => [number, by.map(([at]) => at?.number)])).toEqual([[10_001, [4]]]);
    expect(proof.notDecided).toEqual([]);
  });

  it("chains that call the next one twice, sixty deep: as many ways as 2 to the 60th", () => {
    const lines = times(60, (at) => `-A c${at} -s 10.0.0.0/8 -j c${at + 1}\n-A c${at} -d 10.0.0.0/8 -j c${at + 1}`);
    const ends = [
      "-A c60 -p tcp -j DROP",
      "-A FORWARD -j c0",
      "-A FORWARD -s 10.1.0.0/16 -p tcp -j ACCEPT",
      "-A FORWARD -p tcp -j ACCEPT",
    ];
    const declared = times(61, (at) => `:c${at} - [0:0]`);
    const found = new TableProof(tableOf([...declared, ...lines, ...ends]), host).dead();
    expect(found.filter(({ chain }) => chain.name === "FORWARD").map(({ number }) => number)).toEqual([2]);
    expect(found).toHaveLength(1);
  });

  it("20,000 chains, each of which calls the next", () => {
    const declared = times(20_001, (at) => `:c${at} - [0:0]`);
    const lines = times(20_000, (at) => `-A c${at} -j c${at + 1}`);
    const proof = new TableProof(
      tableOf([...declared, ...lines, "-A c20000 -j DROP", "-A FORWARD -j c0", "-A FORWARD -j ACCEPT"]),
      host,
    );
    expect(proof.dead()).toEqual([]);
  });

  it("a thousand pairs of questions that nobody can answer, and a rule about all", () => {
    const lines = times(
      1000,
      (at) => `-A FORWARD -m string --algo bm --string a${at % 97} -m string --algo bm --string b${at % 89} -j DROP`,
    );
    const proof = new TableProof(tableOf([...lines, "-A FORWARD -j ACCEPT"]), host, undefined, {
      each: 200_000,
      all: 4_000_000,
      later: 1000,
    });
    // 97 and 89 share no factor: no pair comes twice
    expect(proof.dead()).toEqual([]);
  });

  it("rules of a thousand boxes: bounded, and said to be", () => {
    const odd = times(15, (at) => `${at * 2 + 1}`).join(",");
    const rule = `-p tcp -m multiport --sports ${odd} -m multiport --dports ${odd} -m tcp --tcp-flags SYN,ACK SYN -m length --length 40:60`;
    const proof = new TableProof(
      tableOf([`-A FORWARD ${rule} -j DROP`, `-A FORWARD ${rule} -s 10.0.0.1/32 -j ACCEPT`]),
      host,
    );
    expect(proof.dead().map(({ number }) => number)).toEqual(proof.notDecided.length === 0 ? [2] : []);
    for (const { why } of proof.notDecided) expect(why).toMatch(/^whether it can match: it asks for too many things/);
  });
});
