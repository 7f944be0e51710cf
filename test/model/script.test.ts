/** Lists of commands: which run is read from their text; what cannot be known is said and not applied. */
import { describe, expect, test } from "vitest";
import { Host } from "../../src/facts/index.ts";
import { loadDump, ruleBody } from "../../src/model/index.ts";
import { stockHost } from "../../src/owners/index.ts";
import { Source } from "../../src/source.ts";
import { parse } from "../../src/syntax/index.ts";

const host = new Host();
const stock = loadDump(parse(new Source("docker-28", stockHost("docker-28", [])?.dump ?? "")), host);

/** The rules of DOCKER-USER after the script, and what it was told, with lines. */
function after(script: string, shebang = "#!/bin/sh\n"): { rules: string[]; told: string[] } {
  const loaded = loadDump(parse(new Source("user.sh", `${shebang}${script}`)), host, stock.ruleset);
  const filter = loaded.ruleset.tables.find(({ family, name }) => family === "ipv4" && name === "filter");
  return {
    rules: (filter?.chains.get("DOCKER-USER")?.rules ?? []).map(ruleBody),
    told: loaded.problems.map(
      ({ place, data }) =>
        `${place.source.lineAt(place.start) - 1}: ${data["reason"] ?? `${data["expected"]} / ${data["found"]}`}`,
    ),
  };
}
const runs = (script: string, ...rules: string[]) => expect(after(script)).toEqual({ rules, told: [] });

describe("commands that run", () => {
  test("one after the other, with or without -t, a path, a backend, sudo, -w", () => {
    runs(
      `iptables -A DOCKER-USER -i eth0 -j DROP
sudo /usr/sbin/iptables -w 5 -t filter -I DOCKER-USER -s 192.0.2.1 -j ACCEPT
iptables-legacy -A DOCKER-USER -j RETURN -t filter; iptables -D DOCKER-USER 1`,
      "-i eth0 -j DROP",
      "-j RETURN",
    );
  });
  test("words as the shell reads them", () => {
    runs(
      `iptables -A DOCKER-USER -m comment --comment 'a "b" $c' -j DROP # not this
iptables -A DOCKER-USER -m comment \\
  --comment "d \\"e\\" \\$f" -j DROP`,
      '-m comment --comment "a \\"b\\" $c" -j DROP',
      '-m comment --comment "d \\"e\\" $f" -j DROP',
    );
  });
  test("with variables whose value the script says", () => {
    runs(
      `IPT=$(which iptables)
NET="192.0.2.0/24"
ASK="-i eth0 -p tcp"
export PORT=8080
$IPT -A DOCKER-USER $ASK -s "$NET" --dport \${PORT} -j DROP`,
      "-s 192.0.2.0/24 -i eth0 -p tcp -m tcp --dport 8080 -j DROP",
    );
  });
  test("after && and || as the commands before them end", () => {
    runs(
      `iptables -C DOCKER-USER -j DROP 2>/dev/null || iptables -A DOCKER-USER -j DROP
iptables -C DOCKER-USER -j DROP || iptables -A DOCKER-USER -j DROP
iptables -N DOCKER-USER || true
iptables -L nosuch 2>/dev/null && iptables -A DOCKER-USER -j ACCEPT
false || { iptables -A DOCKER-USER -p icmp -j RETURN; }`,
      "-j DROP",
      "-p icmp -j RETURN",
    );
  });
  test("under conditions that are commands of the same kind", () => {
    runs(
      `if ! iptables -C DOCKER-USER -i eth0 -j DROP; then
  iptables -A DOCKER-USER -i eth0 -j DROP
elif true; then iptables -A DOCKER-USER -j ACCEPT
else
  iptables -A DOCKER-USER -j RETURN
fi
if iptables -S nosuch; then iptables -F; fi`,
      "-i eth0 -j DROP",
    );
  });
  test("from a here-document, whose places are the script's own", () => {
    const { rules, told } = after(`iptables-restore --noflush <<'EOF'
*filter
:DOCKER-USER - [0:0]
-A DOCKER-USER -i eth0 -j DROP
-A DOCKER-USER -i eth0 --nosuch
COMMIT
EOF
iptables -A DOCKER-USER -j RETURN`);
    expect(rules).toEqual(["-i eth0 -j DROP", "-j RETURN"]);
    expect(told).toEqual([expect.stringMatching(/^5: .*--nosuch/)]);
  });
  test("up to exit", () => {
    runs("iptables -A DOCKER-USER -j DROP\nexit 0\niptables -A DOCKER-USER -j ACCEPT", "-j DROP");
  });
  test("a list of addresses is a rule each; inserted ones come out in reverse", () => {
    runs(
      "iptables -I DOCKER-USER -s 192.0.2.1,192.0.2.2 -j DROP",
      "-s 192.0.2.2/32 -j DROP",
      "-s 192.0.2.1/32 -j DROP",
    );
  });
});

describe("what runs, as the shell decides it", () => {
  test.each<[string, ...string[]]>([
    ["true || { iptables -A DOCKER-USER -i a; iptables -A DOCKER-USER -i b; }"],
    ["false && ( iptables -A DOCKER-USER -i a; iptables -A DOCKER-USER -i b )"],
    ["{ false; } || iptables -A DOCKER-USER -i a", "-i a"],
    ["if false; then :; fi && iptables -A DOCKER-USER -i a", "-i a"],
    ["if true; then false; fi || iptables -A DOCKER-USER -i a", "-i a"],
    ["{ iptables -A DOCKER-USER -i a; exit; }\niptables -A DOCKER-USER -i b", "-i a"],
    ["( if true; then exit; fi; iptables -A DOCKER-USER -i a ); iptables -A DOCKER-USER -i b", "-i b"],
    ["echo | exit\niptables -A DOCKER-USER -i a", "-i a"],
    ["exec iptables -A DOCKER-USER -i a\niptables -A DOCKER-USER -i b", "-i a"],
    ["exec 2>&1\niptables -A DOCKER-USER -i a", "-i a"],
    ["NET=192.0.2.1; ( NET=192.0.2.2 ); iptables -A DOCKER-USER -s $NET", "-s 192.0.2.1/32"],
    ['ASK="-p tcp"; ASK+=" --dport 80"; iptables -A DOCKER-USER $ASK', "-p tcp -m tcp --dport 80"],
    ["if true; then x=$(echo $(echo a)); LIST=(a b); fi\niptables -A DOCKER-USER -i a", "-i a"],
    ["X=(\n a\n)\niptables -A DOCKER-USER -i a", "-i a"],
    [
      "set -e\nif iptables -S nosuch; then :; fi\niptables -D DOCKER-USER -i a || true\niptables -A DOCKER-USER -i b",
      "-i b",
    ],
    ["iptables -vnL DOCKER-USER && iptables -A DOCKER-USER -i a", "-i a"],
  ])("%s", (script, ...rules) => runs(script, ...rules));
});

describe("a here-document", () => {
  const restore = (line: string) => `*filter\n:DOCKER-USER - [0:0]\n${line}\nCOMMIT\nEOF\n`;
  test.each<[string, string, ...string[]]>([
    ["by a pipe", `cat <<EOF | iptables-restore -n\n${restore("-A DOCKER-USER -i a")}`, "-i a"],
    [
      "with commands on its own line",
      `iptables-restore -n <<EOF && iptables -A DOCKER-USER -i b\n${restore("-A DOCKER-USER -i a")}`,
      "-i a",
      "-i b",
    ],
    [
      "whose variables have values",
      `IF=eth1\niptables-restore -n <<EOF\n${restore('-A DOCKER-USER -i $IF -m comment --comment "\\$IF"')}`,
      '-i eth1 -m comment --comment "$IF"',
    ],
    ["whose variables are text", `IF=eth1\niptables-restore -n <<\\EOF\n${restore("-A DOCKER-USER -i $IF")}`, "-i $IF"],
    ["with tabs", `iptables-restore -n <<-EOF\n\t*filter\n\t-A DOCKER-USER -i a\n\tCOMMIT\n\tEOF\n`, "-i a"],
    [
      "for another command, with any word and any quotes",
      "cat <<'END-OF'; cat <<\\!\nit's\niptables -A DOCKER-USER -i a\nEND-OF\n\"\n!\niptables -A DOCKER-USER -m comment --comment 'b'",
      "-m comment --comment b",
    ],
    [
      "that is none",
      'iptables -A DOCKER-USER -m comment --comment "a <<EOF b"\niptables -A DOCKER-USER -i a # <<EOF\niptables -A DOCKER-USER -i b',
      '-m comment --comment "a <<EOF b"',
      "-i a",
      "-i b",
    ],
  ])("%s", (_, script, ...rules) => runs(script, ...rules));

  test("is read as the tool's own family and backend", () => {
    const script = "ip6tables-nft-restore <<EOF\n*filter\n:INPUT ACCEPT\n-A INPUT -j REJECT\nCOMMIT\nEOF\n";
    const { ruleset } = loadDump(parse(new Source("user.sh", `#!/bin/sh\n${script}`)), host);
    const [{ family, backend, chains } = { family: "", backend: "", chains: new Map() }] = ruleset.tables;
    expect([family, backend, ...(chains.get("INPUT")?.rules ?? []).map(ruleBody)]).toEqual([
      "ipv6",
      "nft",
      "-j REJECT --reject-with icmp6-port-unreachable",
    ]);
  });
});

describe("what is not applied is said", () => {
  test.each([
    ["P=80; P=$((P+1)); iptables -A DOCKER-USER -p tcp --dport $P", 1, /value of \$P is not known/],
    ["P=80; ((P++)); iptables -A DOCKER-USER -p tcp --dport $P", 1, /value of \$P is not known/],
    ["P=80; . ./conf; iptables -A DOCKER-USER -p tcp --dport $P", 1, /value of \$P is not known/],
    ["P=80; eval P=81; iptables -A DOCKER-USER -p tcp --dport $P", 1, /value of \$P is not known/],
    ["iptables -A DOCKER-USER -s $(cat $(pwd)/bad) -j DROP", 1, /value of \$\(cat \$\(pwd\)\/bad\) is not known/],
    ["iptables -A DOCKER-USER -m comment --comment $'a' -j DROP", 1, /value of \$'a' is not known/],
    ["for ((i=0;i<3;i++)); do iptables -A DOCKER-USER -j DROP; done", 1, /stands in a loop/],
    ["if [ -e x ]; then X=(a b); iptables -A DOCKER-USER -j DROP; fi", 1, /condition that is not known/],
    ['case "$1" in start) iptables -A DOCKER-USER -j DROP;; esac', 1, /stands in a case/],
    ["case $1 in\na|b)\n(iptables -A DOCKER-USER -j DROP)\n;;\nesac", 3, /stands in a case/],
    ["set -e\niptables -D DOCKER-USER -j DROP 2>/dev/null\niptables -A DOCKER-USER -j DROP", 2, /the script ends here/],
    ["for t in iptables ip6tables; do $t -A DOCKER-USER -j DROP; done", 1, /stands in a loop/],
    ["FW=$(cat tool)\n$FW -A DOCKER-USER -j DROP", 2, /value of \$FW is not known/],
    ["ip netns exec x iptables -A DOCKER-USER -j DROP", 1, /what ip runs is not looked at/],
    ['sh -c "cd /; iptables -A DOCKER-USER -j DROP"', 1, /what sh runs is not looked at/],
    ['eval "iptables -A DOCKER-USER -j DROP"', 1, /what eval runs is not looked at/],
    ["timeout 5 iptables -A DOCKER-USER -j DROP", 1, /what timeout runs is not looked at/],
    ["run iptables -A DOCKER-USER -j DROP", 1, /what run runs is not looked at/],
    ["alias fw=/sbin/iptables\nfw -A DOCKER-USER -j DROP", 1, /what alias runs is not looked at/],
    ["iptables-restore -n <<EOF\n*filter\n-A DOCKER-USER -i $IF\nCOMMIT\nEOF", 1, /value of \$IF is not known/],
    ['iptables -A DOCKER-USER -m comment --comment "2>/dev/null" -j NOSUCH', 1, /neither a chain/],
    ["iptables -6 -A DOCKER-USER -j DROP", 1, /iptables takes no -6/],
    ["iptables -A DOCKER-USER -n -j DROP", 1, /no -n with a rule/],
    ["iptables -n -A DOCKER-USER -j DROP", 1, /no -n with -A/],
    ["iptables -F DOCKER-USER DOCKER", 1, /the end of the command -F/],
    ["for p in 80 443; do\niptables -A DOCKER-USER -j DROP\ndone", 2, /stands in a loop/],
    ["while read ip; do iptables -A DOCKER-USER -s $ip -j DROP; done < bans", 1, /stands in a loop/],
    ["ban() {\n  iptables -A DOCKER-USER -s $1 -j DROP\n}", 2, /stands in a function/],
    ['case "$1" in\nstart) iptables -A DOCKER-USER -j DROP ;;\nesac', 2, /stands in a case/],
    ["if ip link show eth9; then\n  iptables -A DOCKER-USER -j DROP\nfi", 2, /condition that is not known/],
    ["ip link show eth9 && iptables -A DOCKER-USER -j DROP", 1, /only if the command before it/],
    ["iptables -A DOCKER-USER -s $BAD -j DROP", 1, /value of \$BAD is not known/],
    ["iptables -A DOCKER-USER -s $(cat bad) -j DROP", 1, /value of \$\(cat bad\) is not known/],
    ["$IPT -A DOCKER-USER -j DROP", 1, /value of \$IPT is not known/],
    ["iptables-restore < /etc/rules.v4", 1, /reads a file that is not looked at/],
    ["iptables -A DOCKER-USR -j DROP", 1, /no chain DOCKER-USR; did you mean DOCKER-USER\?/],
    ["iptables -t filtre -A DOCKER-USER -j DROP", 1, /no table filtre .*did you mean filter\?/],
    ["iptables -N DOCKER-USER", 1, /has a chain DOCKER-USER already/],
    ["iptables -X DOCKER-USER", 1, /still named by rule 1 of FORWARD/],
    ["iptables -D DOCKER-USER -j DROP", 1, /has no such rule: -j DROP/],
    ["iptables -I DOCKER-USER 3 -j DROP", 1, /the number may be 1 only/],
    ["iptables -P DOCKER-USER DROP", 1, /no built-in chain/],
    ["iptables -A DOCKER-USER -j NOSUCH", 1, /neither a chain of table filter nor a known target/],
    ["iptables -A DOCKER-USER -p tcp --dport 80000 -j DROP", 1, /a port 0-65535/],
    ["iptables -A DOCKER-USER -j DOCKER-FORWARD\niptables -A DOCKER-FORWARD -j DOCKER-USER", 2, /lead to itself/],
  ])("%s", (script, line, told) => {
    const found = after(script);
    expect(found.told).toHaveLength(1);
    expect(found.told[0]).toMatch(new RegExp(`^${line}: `));
    expect(found.told[0]).toMatch(told);
  });
});

test("a file for iptables-restore --noflush keeps what it does not name", () => {
  const found = after("*filter\n:DOCKER-USER - [0:0]\n-A DOCKER-USER -i eth0 -j DROP\nCOMMIT\n", "");
  expect(found).toEqual({ rules: ["-i eth0 -j DROP"], told: [] });
});

test("a restore file with blanks in front of what is no command, which the tool refuses", () => {
  const found = after("*filter\n\t:DOCKER-USER - [0:0]\n  -A DOCKER-USER -i eth0\n  # why\n  COMMIT\n", "");
  expect(found.told).toEqual([
    "1: no blank in front of it / a blank before :DOCKER-USER - [0:0]",
    "3: no blank in front of it / a blank before # why",
    "4: no blank in front of it / a blank before COMMIT",
  ]);
});

test("policies that no tool takes, or only iptables-nft", () => {
  const told = (header: string) =>
    loadDump(
      parse(new Source("a.save", `${header}*filter\n:INPUT FOO [0:0]\n:OUTPUT\n:OWN DROP [0:0]\nCOMMIT\n`)),
      host,
    ).problems.map(({ data }) => data["found"]);
  expect(told("# Generated by iptables-save v1.8.9\n")).toEqual(["FOO", "the end of the line", "DROP"]);
  expect(told("# Generated by iptables-save v1.8.9 (nf_tables)\n")).toEqual(["FOO", "the end of the line"]);
});
