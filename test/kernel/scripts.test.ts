/** Whole shell scripts: a real shell with the real tools leaves the same rules behind as reading the script does. */
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { Host } from "../../src/facts/index.ts";
import { loadDump, printRuleset } from "../../src/model/index.ts";
import { stockHost } from "../../src/owners/index.ts";
import { encode, Source } from "../../src/source.ts";
import { parse } from "../../src/syntax/index.ts";
import { lacking } from "../support/real-tools.ts";

const BASE = stockHost("docker-28", [])?.dump ?? "";
const missing = lacking(["iptables-legacy"]);

/** Nothing in them depends on more than their text, so reading them has to get all of it right. */
const SCRIPTS: readonly string[] = [
  `IPT="iptables-legacy -w"
EXT=eth0
for_later=1
$IPT -N BLOCK 2>/dev/null || $IPT -F BLOCK
$IPT -A BLOCK -m comment --comment 'don'\\''t "panic"' -j DROP
$IPT -C DOCKER-USER -i $EXT -j BLOCK 2>/dev/null || $IPT -I DOCKER-USER -i "$EXT" -j BLOCK
$IPT -C DOCKER-USER -i $EXT -j BLOCK 2>/dev/null || $IPT -I DOCKER-USER -i "$EXT" -j BLOCK`,
  `if iptables-legacy -S DOCKER-USER >/dev/null 2>&1; then
  iptables-legacy -A DOCKER-USER -p tcp --dport 22 -j RETURN
  if ! iptables-legacy -L MISSING >/dev/null 2>&1; then iptables-legacy -N MISSING; else iptables-legacy -F MISSING; fi
else
  iptables-legacy -A FORWARD -j DROP
fi
true && iptables-legacy -P FORWARD DROP && false || iptables-legacy -A MISSING -j RETURN`,
  `iptables-legacy-restore --noflush <<EOF
*filter
:DOCKER-USER - [0:0]
-A DOCKER-USER -s 192.0.2.0/24 -j RETURN
-A DOCKER-USER -i eth0 -j DROP
COMMIT
EOF
iptables-legacy -I DOCKER-USER 2 -s 198.51.100.1,198.51.100.2 -j RETURN; iptables-legacy -E DOCKER-BRIDGE BRIDGES`,
  `iptables-legacy -t nat -A POSTROUTING -o eth0 -j MASQUERADE \\
  --random-fully -m comment \\
  --comment "a \\$b \\"c\\""
( iptables-legacy -A INPUT -p icmp -j ACCEPT ; iptables-legacy -A INPUT -i lo -j ACCEPT ) | cat
{ iptables-legacy -D INPUT 1 && iptables-legacy -A INPUT -j DROP; } 2>/dev/null
iptables-legacy -D INPUT 7 || iptables-legacy -Z INPUT
exit 0
iptables-legacy -F`,
  `NET=192.0.2.0/24 PORTS=80,443
export LIMIT=10/min
RULE="-s $NET -p tcp -m multiport --dports $PORTS"
iptables-legacy -A DOCKER-USER $RULE -m limit --limit \${LIMIT} -j RETURN
iptables-legacy -A DOCKER-USER $RULE -j REJECT --reject-with tcp-reset # "not' closed
RULE=
iptables-legacy -A DOCKER-USER $RULE -p udp -j DROP`,
];

test.skipIf(missing).each(SCRIPTS.map((script, at) => [at + 1, script] as const))(
  `script %d leaves the rules behind that the kernel has${missing ? `: ${missing}` : ""}`,
  (_, script) => {
    const { stdout, status } = spawnSync("unshare", ["--net", "sh"], {
      input: `iptables-legacy-restore <<'BASE'\n${BASE}BASE\n(\n${script}\n) >/dev/null 2>&1\niptables-legacy-save\n`,
      encoding: "utf8",
    });
    expect(status).toBe(0);
    const host = new Host();
    const base = loadDump(parse(new Source("base", BASE)), host);
    const ours = loadDump(parse(new Source("script.sh", encode(`#!/bin/sh\n${script}\n`))), host, base.ruleset);
    expect(ours.problems.map(({ data }) => data)).toEqual([]);
    expect(tables(printRuleset(ours.ruleset))).toEqual(tables(stdout));
  },
);

/** Chains by table, whatever order the tool gives them; counters aside. */
function tables(saved: string): string[] {
  let table = "";
  const out: string[] = [];
  for (const line of saved.split("\n")) {
    if (line.startsWith("*")) table = line;
    else if (line.startsWith(":")) out.push(`${table} ${line.replace(/ \[.*/, "")}`);
    else if (line.startsWith("-A ")) out.push(`${table} ${line}`);
  }
  const chainOf = (line: string) =>
    line
      .split(" ")
      .slice(0, line.includes(" :") ? 2 : 3)
      .join(" ");
  return out.sort((a, b) => (chainOf(a) < chainOf(b) ? -1 : chainOf(a) > chainOf(b) ? 1 : 0));
}
