import { test } from "vitest";
import { Host, packetJson, readPacket } from "../../src/facts/index.ts";
import { prove, fatesIn, holding } from "../../src/proof/index.ts";
import { rulesetOf } from "../support/drifted.ts";
test("debug", () => {
  const dump = `*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A FORWARD -i eth+ -j MARK --set-xmark 0x2/0x3
-A FORWARD -m conntrack --ctstate DNAT -j MARK --set-xmark 0x1/0xffffffff
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -p tcp ! --dport 2 -m conntrack --ctorigdst 10.0.1.0 -j REDIRECT --to-ports 5
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -m mark --mark 2 -j REJECT
COMMIT
`;
  const host = new Host({});
  const world = { ruleset: rulesetOf(dump, host), host };
  const [proof] = prove([world], { packet: readPacket("ipv4", {}) });
  const packet = readPacket("ipv4", {"inInterface":"eth0","outInterface":"eth0","source":"10.0.1.5","destination":"10.0.2.0","protocol":"tcp","sourcePort":"13","destinationPort":"16","tcpFlags":"SYN,ACK","ctstate":"NEW","mark":"0x1","physdevIn":null,"physdevOut":null,"length":"62","ttl":"63","tos":"0x0"});
  for (const fate of fatesIn(proof!, holding(proof!, packet))) console.log(fate.end.verdict, fate.decidedBy, JSON.stringify([...fate.end.given]), JSON.stringify(packetJson(fate.end.packet)), JSON.stringify(fate.end.packet.bits));
});
