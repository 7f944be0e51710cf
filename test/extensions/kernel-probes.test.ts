/**
 * Rules without target in mangle PREROUTING, and which of them the kernel (6.18, xtables) says a packet matched. In
 * kernel-probes/: the rules, then per packet its TRACE line and the numbers; `policy`: it came to the end of the chain.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { evaluate, Host, known, type Packet } from "../../src/facts/index.ts";
import { dropsOf, meaningOf, ruleOfText } from "../../src/model/index.ts";
import { entryPacket, readTrace, type TracedPacket } from "../../src/trace/index.ts";

/** A line that ends where its header is cut off does not come to the mark (nf_log_syslog.c dump_ipv4_packet). */
const CUT_OFF = /-m mark .* (?:INCOMPLETE \[\d+ bytes\]|\(TRUNCATED\)) *$/;
/** What no TRACE line tells: bytes behind the headers that it prints, the lowest bit of IPv4's TOS, ports of sctp. */
const UNTOLD = {
  ipv4: [
    /-m (?:u32|string) /,
    /--ecn-ip-ect/,
    /-p (?:sctp|dccp|ipcomp|udplite) /,
    // of later fragments the payload is read as tcp header
    /-p tcp -m (?:ecn|tcpmss) .* FRAG:/,
    /-p (?:tcp|udp) -m multiport .* INCOMPLETE/,
    CUT_OFF,
  ],
  ipv6: [
    CUT_OFF,
    /-m ipv6header .*(?:hop-by-hop|dst|route|prot)/,
    /-m (?:hbh|dst|rt|srh)/,
    /--mh-type/,
    /-p sctp /,
    /-p tcp -m (?:ecn|tcpmss) .* FRAG:/,
  ],
};
/** How many answers the line does not settle: fewer is better. */
const MOST_UNKNOWN = { ipv4: 308, ipv6: 61 };

function read(family: "ipv4" | "ipv6") {
  const text = readFileSync(new URL(`kernel-probes/${family}.txt`, import.meta.url), "latin1");
  const [probes = "", packets = ""] = text.split("\n\n", 2);
  const lines = packets.trimEnd().split("\n");
  return {
    rules: probes.split("\n").map((body) => ruleOfText(family, "PREROUTING", body)),
    probes: probes.split("\n"),
    packets: lines.flatMap((line, at) => (at % 2 === 0 ? [{ line, matched: (lines[at + 1] ?? "").split(" ") }] : [])),
  };
}

function packetOf(line: string): Packet {
  const { events } = readTrace(`${line}\n`);
  const [event] = events;
  expect(event?.layer, line).toBe("ip");
  return entryPacket({ number: 1, family: event?.layer === "ip" ? event.family : "ipv4", events } as TracedPacket)
    .packet;
}

describe.each(["ipv4", "ipv6"] as const)("probes of %s packets", (family) => {
  const { rules, probes, packets } = read(family);
  const host = new Host();

  test("no answer is the opposite of the kernel's", () => {
    let unknown = 0;
    for (const { line, matched } of packets) {
      const packet = packetOf(line);
      const last = Math.max(0, ...matched.filter((each) => /^\d+$/.test(each)).map(Number));
      const vanished = !matched.includes("policy");
      let mayVanish = false;
      for (const [at, rule] of rules.entries()) {
        const said = `${probes[at]} of ${line}`;
        const { condition } = meaningOf(rule, host);
        const drop = evaluate(dropsOf(rule, host), packet).is;
        if (drop === "yes") expect({ said, vanished, last: last <= at }).toEqual({ said, vanished: true, last: true });
        if (drop === "unknown") expect(said).toMatch(/-m tcpmss/);
        if (drop !== "no") mayVanish = true;
        if (drop === "yes" || (drop === "unknown" && last <= at && vanished)) break;
        const { is } = evaluate(condition, packet);
        if (is === "unknown") {
          unknown++;
          expect(
            UNTOLD[family].some((fits) => fits.test(said)),
            said,
          ).toBe(true);
        } else expect({ said, is }).toEqual({ said, is: matched.includes(String(at + 1)) ? "yes" : "no" });
      }
      if (vanished) expect({ line, mayVanish }).toEqual({ line, mayVanish: true });
    }
    expect(unknown).toBe(MOST_UNKNOWN[family]);
  });

  test("a packet that is cut off is told from a whole one", () => {
    for (const { line } of packets) {
      const isWhole = known(packetOf(line), "incomplete").absent;
      // the packet that an ICMP error is about may be cut off as it likes
      if (line.includes(" [SRC=")) continue;
      if (/PROTO=(?:TCP|UDP|ICMP(?:v6)?|AH) INCOMPLETE|\(TRUNCATED\)|ESP INCOMPLETE/.test(line))
        expect(isWhole).toBe(false);
      else if (/PROTO=(?:TCP|UDP|ICMP) [ST]/.test(line)) expect(isWhole, line).toBe(true);
    }
  });
});
