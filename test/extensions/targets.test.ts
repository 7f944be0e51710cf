/**
 * What targets do to a packet, as later rules see it: small rule-sets put to a kernel (6.18), each with one packet. Which
 * rules' counters moved stands in test/recordings/targets.json; the host's facts are those of facts.json.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type Field, Host, type HostJson, readPacket } from "../../src/facts/index.ts";
import { loadDump, toRuleset } from "../../src/model/index.ts";
import { type Path, walk } from "../../src/path/index.ts";
import { Source } from "../../src/source.ts";
import { parse } from "../../src/syntax/index.ts";

interface Recorded {
  readonly name: string;
  readonly fields: Partial<Record<Field, string | null>>;
  readonly dump: string;
  /** table:chain:number of every rule that matched. */
  readonly matched: readonly string[];
}
const read = (name: string) => JSON.parse(readFileSync(new URL(`../recordings/${name}.json`, import.meta.url), "utf8"));
const recorded: readonly Recorded[] = read("targets");
const host = new Host((read("facts") as { host: HostJson }).host);

/** Targets that leave open what happens: the kernel's way must be among several, and the fact be named. */
const OPEN: Readonly<Record<string, string>> = {
  "NFQUEUE bypass": "a program listens on queue 7",
  TPROXY: "a transparent socket takes it at its own address port 9",
  SET: "set hip, changed on the way",
  "SYNPROXY of an ACK": "the ACK answers a cookie of SYNPROXY",
};

const matchedBy = ({ steps }: Path): string =>
  steps
    .filter(({ rule }) => rule)
    .map(({ table, chain, number }) => `${table}:${chain}:${number}`)
    .sort()
    .join(" ");

test.each(recorded)("$name", ({ name, fields, dump, matched }) => {
  const { paths } = walk(
    { ruleset: toRuleset([loadDump(parse(new Source("t.save", dump)), host)]), host },
    readPacket("ipv4", { inInterface: "e0", mark: "0", ctstate: "NEW", ...fields }),
  );
  const ways = [...new Set(paths.map(matchedBy))];
  const kernel = [...matched].sort().join(" ");
  if (OPEN[name] === undefined) expect(ways).toEqual([kernel]);
  else {
    expect(ways).toContain(kernel);
    expect(paths.flatMap(({ assumptions }) => assumptions.map(({ fact }) => fact))).toContain(OPEN[name]);
  }
});
