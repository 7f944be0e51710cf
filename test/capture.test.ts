/** The script that `chainwalk capture` prints, run under the shells that hosts have, on hosts that are network namespaces. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { hostMistake } from "../src/facts/host-json.ts";
import { chainwalk, chainwalkJson } from "./support/cli.ts";
import { lacking, letNamespacesLog } from "./support/real-tools.ts";

const SCRIPT = new URL("../src/cli/capture.sh", import.meta.url).pathname;
const BIN = new URL("../dist/cli/main.js", import.meta.url).pathname;

test("what is printed is the script", async () => {
  const script = readFileSync(SCRIPT, "utf8");
  expect(await chainwalk(["capture"])).toEqual({ code: 0, out: script, err: "" });
  if (existsSync(BIN)) expect(spawnSync(process.execPath, [BIN, "capture"], { encoding: "utf8" }).stdout).toBe(script);
});

const SHELLS = [
  { shell: "dash", words: ["dash"] },
  { shell: "busybox sh", words: ["busybox", "sh"] },
];
/** Why nothing of this can run here; null where it can. */
const reason =
  lacking(["iptables-legacy", "iptables-nft", "ip6tables-legacy", "ebtables-nft"]) ??
  ["ip", "bridge", "nft", "xtables-monitor", "busybox", "dash"]
    .filter((tool) => spawnSync("sh", ["-c", `command -v ${tool}`]).status !== 0)
    .map((tool) => `not installed: ${tool}`)[0] ??
  null;

const scratch = mkdtempSync(join(tmpdir(), "chainwalk-capture-"));
let count = 0;
const fresh = () => join(scratch, `host${++count}`);

const found = (tool: string) => spawnSync("sh", ["-c", `command -v ${tool}`], { encoding: "utf8" }).stdout.trim();
/** A PATH that holds only what every host has, and these. */
function pathWith(tools: Readonly<Record<string, string>>): string {
  const path = fresh();
  mkdirSync(path);
  for (const applet of ["awk", "cat", "date", "grep", "id", "ls", "mkdir", "mv", "rm", "sed", "sort", "tr", "uname"])
    symlinkSync(found("busybox"), `${path}/${applet}`);
  for (const [name, tool] of Object.entries(tools)) symlinkSync(found(tool), `${path}/${name}`);
  return path;
}

/** Rules of both backends, both families, a bridge with a rule of its own, and a table raw which is there already. */
const HOST = `
ip link set lo up
ip link add br0 type bridge
ip link add port0 type veth peer name port1
ip link set port0 master br0
for device in br0 port0 port1; do ip link set $device up; done
ip addr add 198.51.100.77/24 dev br0
ip route add default via 198.51.100.1
ip -6 route add default dev br0
iptables-legacy -A INPUT -s 198.51.100.9 -p tcp -m tcp --dport 22 -j DROP
iptables-legacy -t raw -A PREROUTING -s 198.51.100.66 -j DROP
ip6tables-legacy -A INPUT -s fd00::9 -j DROP
iptables-nft -A FORWARD -i br0 -j DROP
ebtables-nft -A FORWARD -p ARP -j DROP
`;
/** All that tracing could leave behind; counters of packets are not part of it. */
const STATE = `
state() {
  { for save in iptables-legacy ip6tables-legacy iptables-nft ip6tables-nft ebtables-nft arptables-nft; do $save-save; done
    nft list ruleset; cat /proc/net/ip_tables_names /proc/net/ip6_tables_names
    grep . /proc/sys/net/netfilter/nf_log/*; cut -d " " -f 1 /proc/modules; } 2>/dev/null |
    sed '/^#/d; s/\\[[0-9:]*\\]//; s/packets [0-9]* bytes [0-9]*//'
}
`;
/** Runs commands on a host of its own. */
function onHost(commands: string) {
  const { status, stdout, stderr } = spawnSync("unshare", ["--net", "sh"], {
    input: `${STATE}\n${HOST}\n${commands}\n`,
    encoding: "latin1",
    timeout: 60_000,
  });
  return { status, stdout, stderr };
}

describe.skipIf(reason !== null)(`on a host of its own${reason ? ` (${reason})` : ""}`, () => {
  describe.each(SHELLS)("$shell", ({ words }) => {
    const capture = `${words.join(" ")} ${SCRIPT}`;

    test("collects what every command reads, and changes nothing", async () => {
      const folder = fresh();
      const { status, stdout, stderr } = onHost(`state >${folder}.before
${capture} ${folder}; code=$?
state | diff ${folder}.before - && exit $code`);
      expect([status, stdout]).toEqual([0, ""]);
      expect(stderr).toContain(`capture: collected into ${folder}: `);
      const files = readdirSync(folder);
      expect(files).toEqual(files.filter((file) => !file.startsWith(".")));
      expect(files).toEqual(
        expect.arrayContaining([
          "ebtables-nft.save",
          "host.json",
          "ip6tables-legacy.save",
          "iptables-legacy.save",
          "iptables-nft.save",
        ]),
      );
      expect(files).not.toContain("ip6tables-nft.save");

      const printed = await chainwalk(["print", folder]);
      expect([printed.code, printed.err]).toEqual([0, ""]);
      for (const rule of [
        "-A INPUT -s 198.51.100.9/32 -p tcp -m tcp --dport 22 -j DROP",
        "-A PREROUTING -s 198.51.100.66/32 -j DROP",
        "-A INPUT -s fd00::9/128 -j DROP",
        "-A FORWARD -i br0 -j DROP",
        "-A FORWARD -p ARP -j DROP",
      ])
        expect(printed.out).toContain(rule);

      // whether it is for this host, only the facts say
      const packet = ["-i", "br0", "-s", "198.51.100.9", "-d", "198.51.100.77", "-p", "tcp", "--dport", "22"];
      const { json } = await chainwalkJson(["explain", folder, ...packet, "--physdev-in", "none"]);
      const paths = json.explanations[0].paths;
      expect(paths.map(({ verdict, decidedBy }: Record<string, string>) => [verdict, decidedBy])).toEqual([
        ["DROP", "filter:INPUT:rule:1"],
      ]);
    });

    test("host.json is what ip and bridge say", () => {
      const folder = fresh();
      const { status } = onHost(`${capture} ${folder}`);
      expect(status).toBe(0);
      const host = JSON.parse(readFileSync(join(folder, "host.json"), "utf8"));
      expect(hostMistake(host)).toBeNull();
      expect(Object.keys(host)).toEqual(
        expect.arrayContaining(["kernel", "backend", "sysctl", "addr", "link", "route", "rule", "neigh", "fdb"]),
      );
      expect(host.loadedTables).toEqual({ ipv4: expect.arrayContaining(["filter", "raw"]), ipv6: ["filter"] });
      expect(host.backend.ebtables).toBe("nft");
      expect(host.sysctl).toMatchObject({ "net.ipv4.ip_forward": "0", "net.ipv4.conf.br0.rp_filter": "0" });
      const names = host.link.map(({ ifname, master }: Record<string, string>) => [ifname, master]);
      expect(names).toContainEqual(["port0", "br0"]);
      const ways = host.route.map(({ dst, gateway, dev }: Record<string, string>) => [dst, gateway, dev]);
      expect(ways).toContainEqual(["default", "198.51.100.1", "br0"]);
      // which family a default route is of cannot be told by the word
      expect(ways).toContainEqual(["::/0", undefined, "br0"]);
    });

    test("IPsec always; clock and connections only where packets are traced", () => {
      const [folder, traced] = [fresh(), fresh()];
      const { status, stderr } = onHost(`iptables-legacy -A INPUT -m conntrack --ctstate NEW -m comment --comment x
ip xfrm policy add dir out src 198.51.100.0/24 dst 192.0.2.0/24 tmpl src 198.51.100.77 dst 192.0.2.1 proto esp mode tunnel
busybox ping -c 1 -W 1 127.77.3.1 >/dev/null
${capture} ${folder} && ${capture} ${traced} --trace 1 -p icmp`);
      expect([status, stderr]).toEqual([0, expect.not.stringContaining("not collected: xfrm")]);
      const [host, moment] = [folder, traced].map((each) => JSON.parse(readFileSync(join(each, "host.json"), "utf8")));
      expect([hostMistake(host), hostMistake(moment)]).toEqual([null, null]);
      expect(host.xfrm).toContain("src 198.51.100.0/24 dst 192.0.2.0/24");
      expect(host).not.toHaveProperty("conntrack");
      expect(host).not.toHaveProperty("time");
      // as conntrack -L prints them: the protocol first
      expect(moment.conntrack.filter((line: string) => line.includes("dst=127.77.3.1"))).toEqual([
        expect.stringMatching(/^icmp +1 \d+ src=127\.0\.0\.1 dst=127\.77\.3\.1 type=8 code=0 id=\d+ src=/),
      ]);
      expect(Math.abs(Date.parse(moment.time) - Date.now())).toBeLessThan(60_000);
    });

    test("a folder that holds something is left alone", () => {
      const folder = fresh();
      mkdirSync(folder);
      writeFileSync(join(folder, "mine"), "");
      const { status, stderr } = onHost(`${capture} ${folder}`);
      expect([status, readdirSync(folder)]).toEqual([2, ["mine"]]);
      expect(stderr).toContain("is not empty");
    });

    /** Runs the script with this PATH only. */
    const under = (path: string, folder: string) =>
      onHost(
        `shell=$(command -v ${words[0]}); PATH=${path}; exec $shell ${words.slice(1).join(" ")} ${SCRIPT} ${folder}`,
      );

    test("without any tool: no dump, exit code 1, and why", async () => {
      const [folder, path] = [fresh(), pathWith({})];
      const { status, stderr } = under(path, folder);
      expect(status).toBe(1);
      expect(stderr).toContain(
        `not collected: dumps: no iptables-save, ip6tables-save or ebtables-save in PATH (${path})`,
      );
      expect(stderr).toContain("no dump was written");
      expect(readdirSync(folder)).toEqual(["host.json"]);
      expect(hostMistake(JSON.parse(readFileSync(join(folder, "host.json"), "utf8")))).toBeNull();
      expect((await chainwalk(["print", folder])).code).toBe(3);
    });

    test("plain names are told apart by their version", () => {
      const [folder, path] = [
        fresh(),
        pathWith({
          iptables: "iptables-nft",
          "iptables-save": "iptables-nft-save",
          ebtables: "ebtables-nft",
          "ebtables-save": "ebtables-nft-save",
        }),
      ];
      const { status, stderr } = under(path, folder);
      expect(status).toBe(0);
      expect(readdirSync(folder)).toEqual(["ebtables-nft.save", "host.json", "iptables-nft.save"]);
      expect(stderr).toMatch(
        /not collected: iptables-legacy\.save: tables are loaded \(.*\), but there is no iptables-legacy-save/,
      );
    });

    test("an ip without JSON costs its facts, not the file", () => {
      const [folder, path] = [fresh(), fresh()];
      mkdirSync(path);
      writeFileSync(`${path}/ip`, '#!/bin/sh\nexec busybox ip "$@"\n', { mode: 0o755 });
      writeFileSync(`${path}/bridge`, '#!/bin/sh\necho "[{\\"mac\\": oops}]"\n', { mode: 0o755 });
      const { status, stderr } = onHost(`PATH=${path}:$PATH ${capture} ${folder}`);
      expect(status).toBe(0);
      expect(stderr).toContain("this ip prints no JSON");
      expect(stderr).toContain("not collected: fdb: ");
      const host = JSON.parse(readFileSync(join(folder, "host.json"), "utf8"));
      expect(hostMistake(host)).toBeNull();
      expect(host).not.toHaveProperty("fdb");
    });

    test("tracing needs a scope, and one that only chooses packets", () => {
      const refused = (words: string) => {
        const { status, stdout, stderr } = onHost(`state >${scratch}/before
${capture} ${scratch}/never ${words}; code=$?
state | diff ${scratch}/before -; exit $code`);
        return { status, stdout, stderr, made: existsSync(`${scratch}/never`) };
      };
      for (const [words, why] of [
        ["--trace 1", "which packets?"],
        ["--trace x -p icmp", "expected a number of seconds"],
        ["--trace 1 -p icmp -j DROP", "-j: MATCH only says which packets"],
        ["--trace 1 -p icmp -t nat", "-t: MATCH only says which packets"],
        ["--trace 1 -F", "-F: MATCH only says which packets"],
        ["--trace 1 -s localhost", "expected an address, not a name"],
        ["--trace 1 -s 192.0.2.1 -p icmpv6", "mixes words of IPv4 and of IPv6"],
      ]) {
        const { stderr, ...rest } = refused(words ?? "");
        expect(rest).toEqual({ status: 2, stdout: "", made: false });
        expect(stderr).toContain(why);
      }
    });

    // the kernel's log is one for all programs on a machine: this address tells our lines
    const OURS = `127.77.${process.pid % 250}.7`;
    const ping = `busybox ping -c 1 -W 1 ${OURS} >/dev/null`;
    const own = (folder: string) =>
      readFileSync(join(folder, "trace.log"), "latin1")
        .split("\n")
        .filter((line) => line.includes("TRACE: ") && (line.includes(OURS) || line.startsWith(" ")));

    test("traces a ping, and leaves nothing behind", async () => {
      letNamespacesLog();
      const folder = fresh();
      const { status, stdout, stderr } = onHost(`echo NONE >/proc/sys/net/netfilter/nf_log/2
state >${folder}.before
{ while [ ! -e ${folder}/.monitor ] || ! iptables-nft-save | grep -q chainwalk-trace; do sleep 0.1; done; sleep 0.6
  ebtables-nft-save >${folder}.during; ${ping}; } &
${capture} ${folder} --trace 2 -p icmp; code=$?; wait
state | diff ${folder}.before -; exit $code`);
      expect([status, stdout]).toEqual([0, ""]);
      expect(stderr).toMatch(/capture: traced: \d+ lines/);
      expect(stderr).toContain("this is not the first network namespace");
      expect(readFileSync(`${folder}.during`, "latin1")).toContain(
        '-A FORWARD -p IPv4 --ip-proto icmp --log-level notice --log-prefix "TRACE: eb:filter:FORWARD" --log-ip -j CONTINUE',
      );
      const lines = own(folder);
      // legacy, through the kernel's log
      const legacy = lines.filter((line) => /^4,\d+,\d+,-;TRACE: .* PROTO=ICMP/.test(line));
      expect(legacy.map((line) => /TRACE: (\S+)/.exec(line)?.[1])).toEqual(
        expect.arrayContaining(["raw:OUTPUT:policy:2", "filter:OUTPUT:policy:1", "filter:INPUT:policy:2"]),
      );
      // nft, through xtables-monitor
      expect(lines.some((line) => /^ TRACE: 2 \S+ raw:OUTPUT:rule:0x\w+:CONTINUE /.test(line))).toBe(true);
      // the folder still is one host's dumps
      expect((await chainwalk(["print", folder])).code).toBe(0);
      expect(readdirSync(folder).filter((file) => file.startsWith("."))).toEqual([]);
    });

    test("what is traced on a legacy host is no drift", async () => {
      letNamespacesLog();
      const folder = fresh();
      const { status } = onHost(`iptables-nft -F; nft delete table ip filter; iptables-legacy -t raw -F
{ while ! iptables-legacy-save -t raw | grep -q 'OUTPUT.*chainwalk-trace'; do sleep 0.1; done; sleep 0.6; ${ping}; } &
${capture} ${folder} --trace 2 -p icmp; code=$?; wait; exit $code`);
      expect(status).toBe(0);
      writeFileSync(`${folder}.log`, own(folder).join("\n"), "latin1");
      const { code, json } = await chainwalkJson(["drift", folder, "--log", `${folder}.log`]);
      expect([code, json.packets, json.explained, json.drifts]).toEqual([0, 2, 2, []]);
      expect(json.instrumentation.length).toBeGreaterThan(0);
    });

    test.each(["INT", "TERM", "HUP"])("%s ends tracing, and nothing is left behind", (signal) => {
      const folder = fresh();
      // a shell would start it in the background with INT ignored
      writeFileSync(
        `${folder}.mjs`,
        `import { spawn, spawnSync } from "node:child_process";
const [signal, after, command, ...argv] = process.argv.slice(2);
const run = spawn(command, argv, { stdio: ["ignore", "inherit", "inherit"] });
run.on("exit", (code) => console.log("code", code));
const look = () => {
  if (!spawnSync("iptables-legacy-save", { encoding: "utf8" }).stdout.includes("chainwalk-trace")) setTimeout(look, 20);
  else setTimeout(() => run.kill(signal), Number(after));
};
look();
`,
      );
      const interrupted = (after: number, into: string) =>
        `${process.execPath} ${folder}.mjs SIG${signal} ${after} ${capture} ${into} --trace 30 -p icmp`;
      const { stdout, stderr } = onHost(`state >${folder}.before
${interrupted(500, folder)}
${interrupted(0, `${folder}.again`)}
state | diff ${folder}.before -`);
      const code = { INT: 130, TERM: 143, HUP: 129 }[signal];
      expect(stdout, stderr).toBe(`code ${code}\ncode ${code}\n`);
      expect(readdirSync(folder).filter((file) => file.startsWith("."))).toEqual([]);
    });

    test("a table that tracing loaded and that is built in is named", () => {
      const { status, stdout, stderr } = onHost(`iptables-legacy -t raw -F
state >${scratch}/before6
${capture} ${fresh()} --trace 1 -s fd00::1; code=$?
state | diff ${scratch}/before6 -; exit $code`);
      expect(status).toBe(0);
      if (stdout !== "") expect(stderr).toContain("capture: table raw (ip6) stays, empty");
      expect(stdout).not.toContain("chainwalk-trace");
    });
  });
});
