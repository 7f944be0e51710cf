/**
 * Rules that ask for facts of the host or the connection, put to a kernel (6.18) one packet at a time: which of their
 * counters moved stands in test/recordings/facts.json, beside the host's own `ip -j` and `ipset save`.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Field, Host, type HostJson, readPacket } from "../../src/facts/index.ts";
import { loadDump, toRuleset } from "../../src/model/index.ts";
import { walk } from "../../src/path/index.ts";
import { Source } from "../../src/source.ts";
import { parse } from "../../src/syntax/index.ts";

interface Row {
  readonly run: "plain" | "conntrack" | "dnat";
  readonly packet: string;
  readonly table: string;
  readonly chain: string;
  /** A character a rule: 1 matched, 0 did not, . the kernel takes no such rule here. */
  readonly answers: string;
}
interface Recorded {
  readonly host: HostJson;
  readonly packets: Readonly<Record<string, Partial<Record<Field, string | null>>>>;
  readonly rules: readonly string[];
  readonly rows: readonly Row[];
}
const recorded: Recorded = JSON.parse(readFileSync(new URL("../recordings/facts.json", import.meta.url), "utf8"));
const host = new Host(recorded.host);
const NAT = `*nat
:PREROUTING ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -p udp -m udp --dport 7000 -j DNAT --to-destination 10.72.2.2:9000
-A POSTROUTING -o e1 -j MASQUERADE
COMMIT
`;

/** What the dump and the facts do not hold: sockets. */
const OPEN = /^-m cgroup (?:--path \/|--cgroup 0)$/;

function answer({ run, packet, table, chain }: Row, rule: string): string {
  const dump = `*${table}\n:${chain} ACCEPT [0:0]\n-A ${chain} ${rule}\nCOMMIT\n${run === "dnat" ? NAT : ""}`;
  const values = { inInterface: "e0", mark: "0", ctstate: "NEW", ...recorded.packets[packet] };
  const { paths } = walk(
    { ruleset: toRuleset([loadDump(parse(new Source("t.save", dump)), host)]), host },
    readPacket("ipv4", values),
  );
  const here = paths.filter(({ steps }) => steps.some((step) => step.table === table && step.chain === chain));
  const matched = here.map(({ steps }) => steps.some(({ id }) => id === `${table}:${chain}:rule:1`));
  if (here.length === 0) return "not on its way";
  return matched.every(Boolean) ? "1" : matched.some(Boolean) ? "unknown" : "0";
}

describe.each(recorded.rows)("$run $packet in $table:$chain", (row) => {
  test("as the kernel", () => {
    const wrong = recorded.rules.flatMap((rule, at) => {
      const [kernel, ours] = [row.answers[at], row.answers[at] === "." ? "." : answer(row, rule)];
      return ours === kernel || (ours === "unknown" && OPEN.test(rule))
        ? []
        : [`${rule}: ${ours}, the kernel ${kernel}`];
    });
    expect(wrong.join("\n")).toBe("");
  });
});
