/** Targets that change what is in a tcp header, as later rules see it. net/netfilter/xt_TCPMSS.c, net/ipv4/netfilter/ipt_ECN.c */
import { expect, test } from "vitest";
import { Host, readPacket } from "../../src/facts/index.ts";
import { loadDump, toRuleset } from "../../src/model/index.ts";
import { walk } from "../../src/path/index.ts";
import { Source } from "../../src/source.ts";
import { parse } from "../../src/syntax/index.ts";

const SYN = {
  inInterface: "a",
  outInterface: "b",
  protocol: "tcp",
  tcpFlags: "SYN",
  tcpOptions: "2",
  tcpMss: "1460",
  tcpEcn: "ECE,CWR",
};
function verdicts(target: string, match: string): string[] {
  const dump = `*mangle\n:FORWARD ACCEPT\n-A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j ${target}\n-A FORWARD -p tcp ${match} -j DROP\nCOMMIT\n`;
  const host = new Host();
  const ruleset = toRuleset([loadDump(parse(new Source("t.save", dump)), host)]);
  return walk({ ruleset, host }, readPacket("ipv4", SYN), { hook: "FORWARD" }).paths.map(({ verdict }) => verdict);
}

test.each([
  ["ECN --ecn-tcp-remove", "-m ecn --ecn-tcp-ece", ["ACCEPT"]],
  ["ECN --ecn-tcp-cwr 0", "-m ecn --ecn-tcp-ece ! --ecn-tcp-cwr", ["DROP"]],
  ["ECN --ecn-ip-ect 1", "-m ecn --ecn-tcp-ece --ecn-tcp-cwr", ["DROP"]],
  // the option is known, and so what comes of it (test/recordings/targets.json)
  ["TCPMSS --set-mss 1300", "-m tcpmss --mss 1460", ["ACCEPT"]],
  ["TCPMSS --set-mss 1300", "-m tcpmss --mss 1300", ["DROP"]],
  ["TCPOPTSTRIP --strip-options mss", "-m tcp --tcp-option 2", ["ACCEPT"]],
])("%s, then %s", (target, match, expected) => {
  expect(verdicts(target, match).sort()).toEqual(expected);
});
