/** What people read: where each thing is said, written from the packet's way and not from the output; and reviewed golden files. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { chainwalk } from "../support/cli.ts";

const folder = "test/explain/golden";
/** `UPDATE=1` writes the golden files; the expectations are held against them all the same. */
const update = process.env["UPDATE"] === "1";

const DOCKER_USER = "test/cases/docker-user";
const SEED = "test/cases/seed";
const SEED_HOST = `${SEED}/iptables-save-no-mangle.txt ${SEED}/ebtables-save.txt --host ${SEED}/host.json`;
const STOCK = "--base docker-28 --publish 8080:80/tcp";

/** A name, the words after `explain`, and what must be said, in this order: a part of one line each. */
const cases: readonly (readonly [name: string, argv: string, says: readonly string[]])[] = [
  [
    // the published port became 80 before DOCKER-USER saw it: the rule that was to drop it is passed over
    "published",
    `${DOCKER_USER}/rules.v4 --host ${DOCKER_USER}/host.json -i eth0 -s 198.51.100.7 -d 203.0.113.9 -p tcp --dport 8080 --ctstate NEW`,
    [
      "ACCEPT  it leaves by docker0, with destination 172.17.0.2, destination port 80",
      "packet    -i eth0 -s 198.51.100.7 -d 203.0.113.9",
      "decided   by filter:DOCKER:rule:1  -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp",
      `${DOCKER_USER}/rules.v4:24`,
      "PREROUTING  in eth0",
      "nat:DOCKER:rule:1",
      "destination 203.0.113.9 becomes 172.17.0.2",
      "destination port 8080 becomes 80",
      "FORWARD  in eth0  out docker0",
      "filter:FORWARD:rule:1",
      `-i eth0 -p tcp -m tcp --dport 8080 -j DROP  ${DOCKER_USER}/rules.v4:32`,
      "destination port is 80, the rule wants 8080",
      "end of DOCKER-USER, back to FORWARD",
      "POSTROUTING  out docker0",
      "policy ACCEPT",
    ],
  ],
  [
    // a script's variables have values in what is shown, its lines are where they are
    "script",
    `${STOCK} --apply ${DOCKER_USER}/user.sh -i eth0 -s 198.51.100.7 -d 203.0.113.9 -p tcp --dport 8080 --ctstate NEW`,
    [
      "DROP  in FORWARD, on its way from eth0 to docker0",
      "decided   by filter:OFFICE-ONLY:rule:3  -m conntrack --ctstate NEW -j DROP",
      `${DOCKER_USER}/user.sh:12`,
      `-i eth0 -j OFFICE-ONLY  ${DOCKER_USER}/user.sh:8`,
      "passed over rule 2",
      `-s 192.0.2.0/24 -j RETURN  ${DOCKER_USER}/user.sh:11`,
      "source is 198.51.100.7, the rule wants 192.0.2.0/24",
    ],
  ],
  [
    // bridged: the bridge's own hooks between those of IP, where the bridge is the device and the port stands beside it
    "bridged",
    `${SEED_HOST} -i docker0 --physdev-in veth0594f4b -s 192.168.0.2 -d 192.168.0.3 -p icmp --icmp-type 8 --ctstate NEW`,
    [
      "ACCEPT  it leaves by docker0, port veth57a3dec",
      "assuming  the frame is addressed to the neighbour's MAC",
      "bridge PREROUTING  in veth0594f4b",
      "PREROUTING  in docker0 (port veth0594f4b)",
      "(prints no line)",
      "bridge FORWARD  in veth0594f4b  out veth57a3dec",
      "FORWARD  in docker0 (port veth0594f4b)  out docker0 (port veth57a3dec)",
      "passed over rule 3",
      "ctstate is NEW, the rule wants RELATED,ESTABLISHED",
      "bridge POSTROUTING  out veth57a3dec",
      "POSTROUTING  out docker0 (port veth57a3dec)",
    ],
  ],
  [
    // out by lo, and in by it again: nat is not asked a second time
    "loopback",
    `${STOCK} -o lo -s 127.0.0.1 -d 127.0.0.1 -p tcp --dport 8080 --ctstate NEW`,
    [
      "ACCEPT  delivered to this host",
      "decided   by filter:INPUT:policy:1, the policy of INPUT",
      "OUTPUT  out lo",
      "destination is 127.0.0.1, the rule wants other than 127.0.0.0/8",
      "POSTROUTING  out lo",
      "PREROUTING  in lo",
      "INPUT  in lo",
    ],
  ],
  [
    // nobody said whether it opens a connection: each question once, under it the ways, then each way with what it takes
    "several-ways",
    `${STOCK} -i docker0 --physdev-in none -s 172.17.0.2 -d 198.51.100.7 -p tcp --dport 443`,
    [
      "ACCEPT  in each of 2 ways that the description leaves open",
      "settled   by --ctstate",
      "assuming  the frame is addressed to the bridge's MAC",
      "if it is the first packet of its connection",
      "1. ACCEPT  by filter:DOCKER-FORWARD:rule:4, it leaves by eth0, with source 203.0.113.9",
      "if it is not the first packet of its connection",
      "2. ACCEPT",
      "Way 1: ACCEPT",
      "assuming  it is the first packet of its connection",
      "MASQUERADE",
      "source 172.17.0.2 becomes 203.0.113.9",
      "Way 2: ACCEPT",
      "assuming  it is not the first packet of its connection",
    ],
  ],
  [
    // the question as it is asked at night: a later packet may have been translated, to where the nat rules lead and no
    // further: no group is a container's or a sender's address
    "state-not-said",
    `${STOCK} -i eth0 -s 198.51.100.7 -d 203.0.113.9 -p tcp --dport 8080 --passed-over 0`,
    [
      "It depends on what the description leaves open: 5 ways, 4 ACCEPT, 1 DROP",
      "settled   by --ctstate, --ctorigsrc, --ctorigdst, -d",
      "if it is the first packet of its connection",
      "1. ACCEPT  by filter:DOCKER:rule:1, it leaves by docker0, port veth1, with destination 172.17.0.2",
      "if its connection is not translated by this host",
      "2. ACCEPT  by filter:INPUT:policy:1, delivered to this host",
      "if its connection is translated by this host",
      "if its destination is this host",
      "if its destination is behind docker0",
      "5. DROP  by filter:DOCKER:rule:2",
    ],
  ],
  [
    // no route for it, and none for the error about it: that one was never on its way in
    "no-way-back",
    "test/flows/ipv6 -6 -i ext0 -s fd00:88::9 -d fd00:88::1 -p tcp --dport 8077 --ctstate NEW",
    [
      "LOST  after nat:PREROUTING:policy:2: no route to the destination, answered with ipv6-icmp 1/0 (no route), which ends in LOST",
      "destination is fd00:88::1, the rule wants fd88::1/128",
      "lost here: no route to the destination",
      "this host answers fd00:88::9 with ipv6-icmp 1/0 (no route) from (not known): LOST  after it was made: no route",
    ],
  ],
  [
    // what all ways take is said once, although it is asked after what they part at
    "taken-by-all",
    `${STOCK} -i docker0 -s 172.17.0.2 -d 198.51.100.7 -p udp --dport 53 --ctstate NEW --passed-over 0`,
    [
      "ACCEPT  in each of 2 ways that the description leaves open",
      "settled   by the host's sysctl (--host)",
      "assuming  the frame is addressed to the bridge's MAC",
      "if IP tables see bridged frames (bridge-nf-call-iptables 1)",
      "1. ACCEPT  by filter:DOCKER-FORWARD:rule:4, it leaves by eth0, with source 203.0.113.9",
      "if IP tables do not see bridged frames (bridge-nf-call-iptables 0)",
      "2. ACCEPT",
    ],
  ],
  [
    "lost",
    `${STOCK} -i eth0 -s 203.0.113.7 -d 198.51.100.7 -p tcp --dport 80 --ctstate NEW --ttl 1`,
    [
      "LOST  after nat:PREROUTING:policy:2: the TTL is used up, answered with icmp 11/0 (time exceeded)",
      "PREROUTING  in eth0",
      "nat:PREROUTING:policy:2",
      "lost here: the TTL is used up",
      "this host answers 203.0.113.7 with icmp 11/0 (time exceeded) from 203.0.113.9: ACCEPT  it leaves by eth0",
      "OUTPUT  out eth0",
      "filter:OUTPUT:policy:1",
    ],
  ],
  [
    // what REJECT sends is a packet of its own, and the rules of OUTPUT may take it
    "rejected",
    `${folder}/reset.save --host ${DOCKER_USER}/host.json -i eth0 -s 198.51.100.7 -d 203.0.113.9 -p tcp --dport 113 --tcp-flags SYN --ctstate NEW`,
    [
      "REJECT  in INPUT, coming from eth0, answered with a tcp reset, which ends in DROP",
      "decided   by filter:INPUT:rule:2  -p tcp -m tcp --dport 113 -j REJECT --reject-with tcp-reset",
      "INPUT  in eth0",
      "input interface is eth0, the rule wants lo",
      "filter:INPUT:rule:2",
      "this host answers 198.51.100.7 with a tcp reset from 203.0.113.9: DROP  in OUTPUT",
      "OUTPUT  out eth0",
      "filter:OUTPUT:rule:1",
    ],
  ],
  [
    // a broadcast goes to the other port, and then up to the host: two ends, each told
    "copies",
    `${SEED_HOST} -i docker0 --physdev-in veth0594f4b -s 192.168.0.2 -d 192.168.15.255 --mac-destination ff:ff:ff:ff:ff:ff -p udp --dport 67 --ctstate NEW`,
    [
      "ACCEPT  2 copies of the frame: it leaves by docker0, port veth57a3dec; delivered to this host",
      "bridge FORWARD  in veth0594f4b  out veth57a3dec",
      "filter:FORWARD:rule:6",
      "copy 2 of 2: ACCEPT  delivered to this host",
      "bridge INPUT  in veth0594f4b",
      "INPUT  in docker0 (port veth0594f4b)",
      "filter:INPUT:policy:1",
    ],
  ],
  [
    // a reply of the container: no rule translates it, the connection does, and after the last line too
    "reply",
    `${STOCK} -i docker0 --physdev-in none -s 172.17.0.2 -d 198.51.100.7 -p tcp --sport 80 --ctstate ESTABLISHED --ctdir REPLY --ctorigsrc 198.51.100.7 --ctorigdst 203.0.113.9 --ctorigdstport 8080`,
    [
      "ACCEPT  it leaves by eth0, with source 203.0.113.9, source port 8080",
      "decided   by filter:DOCKER-FORWARD:rule:4",
      "FORWARD  in docker0  out eth0",
    ],
  ],
  [
    // each rewrite where it happens: the mark, the TTL by routing and by a target; a goto is no jump, so nothing goes back to it
    "rewrites",
    `${folder}/changes.save -i eth0 -o tun0 -s 192.0.2.1 -d 198.51.100.7 -p udp --dport 5060 --ttl 64 --tos 0 --mark 0`,
    [
      "It depends on what the description leaves open: 3 ways, 1 DROP, 2 ACCEPT",
      "settled   by ipset save",
      "open      limit 5/sec burst 5: at most 5/sec match, after a burst of 5",
      "if source in set phones src matches at filter:FORWARD:rule:2 (-m set --match-set phones src -j ACCEPT)",
      "1. ACCEPT  by filter:FORWARD:rule:2, it leaves by tun0",
      "otherwise",
      "2. ACCEPT  by filter:FORWARD:rule:3, it leaves by tun0",
      "otherwise",
      "3. DROP  by filter:FORWARD:policy:4, in FORWARD, on its way from eth0 to tun0",
      "Way 1: ACCEPT",
      "mangle:PREROUTING:rule:1",
      "mark 0x0 becomes 0x2a",
      "TTL 64 becomes 63 (by routing)",
      "mangle:FORWARD:rule:1",
      "TTL 63 becomes 9",
      "TOS 0x0 becomes 0xb8",
      "end of vpn, on to the policy of FORWARD",
      "TTL is 9, the rule wants less than 2",
      "Way 2: ACCEPT",
      "as in way 1",
      "Way 3: DROP",
      "decided   by filter:FORWARD:policy:4, the policy of FORWARD",
      "assuming  source in set phones src does not match at filter:FORWARD:rule:2",
      "assumed not to match",
    ],
  ],
];

describe.each(cases)("%s", (name, argv, says) => {
  const golden = `${folder}/${name}.txt`;
  const words = argv.split(" ");

  it("is told as its golden file has it", async () => {
    const { out, err, code } = await chainwalk(["explain", ...words]);
    const shown = `$ chainwalk explain ${argv}\n${out}`;
    if (update) writeFileSync(golden, shown);
    expect([code, err]).toEqual([0, ""]);
    expect(shown).toBe(readFileSync(golden, "utf8"));
  });

  it("says what it must, in this order", () => {
    const lines = readFileSync(golden, "utf8").split("\n").slice(1);
    let at = 0;
    for (const wanted of says) {
      const found = lines.findIndex((line, index) => index >= at && line.includes(wanted));
      expect(found, `${wanted}\nafter\n${lines.slice(0, at).join("\n")}`).toBeGreaterThanOrEqual(at);
      at = found;
    }
  });
});

it("every golden file has its case", () => {
  const files = readdirSync(folder).filter((file) => file.endsWith(".txt"));
  expect(files.sort()).toEqual(cases.map(([name]) => `${name}.txt`).sort());
});

describe("--passed-over", () => {
  const packet = `${DOCKER_USER}/rules.v4 --host ${DOCKER_USER}/host.json -i eth0 -s 198.51.100.7 -d 203.0.113.9 -p udp --dport 53 --ctstate NEW`;
  const over = async (most: number): Promise<string[]> => {
    const { out } = await chainwalk(["explain", ...packet.split(" "), "--passed-over", String(most)]);
    return out.split("\n").filter((line) => /passed over|not shown/.test(line));
  };

  // nat DOCKER has one rule, and it is for tcp; nat POSTROUTING is not reached: the packet is for the host
  it("says which rule", async () =>
    expect((await over(1)).map((line) => line.trim().slice(0, 18))).toEqual(["passed over rule 1"]));
  it("0: none, and no word of them", async () => expect(await over(0)).toEqual([]));
});

it("a line behind nat does not tell what came in: each way says how it takes that", async () => {
  const line =
    "TRACE: filter:FORWARD:rule:1 IN=eth0 OUT=docker0 MAC=02:42:ac:1b:77:02:02:42:ac:1b:77:03:08:00 SRC=198.51.100.7 DST=172.17.0.2 LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=1 DF PROTO=TCP SPT=4000 DPT=80 SEQ=1 ACK=0 WINDOW=64240 RES=0x00 SYN URGP=0 ";
  const { out } = await chainwalk(["explain", ...STOCK.split(" "), "--trace-line", line]);
  const asked = out.split("\n").filter((each) => each.startsWith("    if "));
  expect(asked.map((each) => each.trim().split(",")[0])).toEqual([
    "if its connection is translated by this host",
    "if its connection is not translated by this host",
  ]);
});
