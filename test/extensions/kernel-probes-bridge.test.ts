/**
 * Frames as they were sent from one port of a bridge, and which rules of eb nat:PREROUTING counted them (Linux 6.18,
 * ebtables-nft 1.8.9): kernel-probes/bridge.json. The bridge br0 has 02:42:ac:1b:77:01, its port va 02:42:ac:1b:7a:02.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { evaluate, type Family, type Field, Host, only, readPacket, withFields } from "../../src/facts/index.ts";
import { bind, dropsOf, meaningOf, ruleOfText } from "../../src/model/index.ts";
import { seenAt } from "../../src/path/seen.ts";
import type { Traveller } from "../../src/path/traveller.ts";

interface Frame {
  readonly name: string;
  readonly family: Family;
  /** Of frames that carry no IP packet. */
  readonly frameProtocol?: number;
  readonly packet: Partial<Record<Field, string | number>>;
  readonly matched: readonly number[];
}
const { probes, frames } = JSON.parse(readFileSync(new URL("kernel-probes/bridge.json", import.meta.url), "utf8")) as {
  probes: string[];
  frames: Frame[];
};
const host = new Host({
  link: [
    { ifname: "br0", address: "02:42:ac:1b:77:01", linkinfo: { info_kind: "bridge" } },
    { ifname: "va", address: "02:42:ac:1b:7a:02", master: "br0" },
  ],
});

test.each(frames.map((frame, at) => [frame.name, at] as const))("%s (frame %i)", (_, at) => {
  const { family, frameProtocol, packet, matched } = frames[at] as Frame;
  const plain = readPacket(family, packet);
  const described = frameProtocol === undefined ? plain : withFields(plain, { frameProtocol: only(frameProtocol) });
  const way = { packet: described, bridge: "br0", bridged: false, fromHost: false } as Traveller;
  const seen = seenAt(way, "bridge", "PREROUTING", "nat", host);
  for (const [index, probe] of probes.entries()) {
    const rule = ruleOfText("bridge", "PREROUTING", `${probe} -j CONTINUE`, { backend: "nft", release: 10809 });
    expect(bind(rule).problems, probe).toEqual([]);
    const { is } = evaluate(meaningOf(rule, host).condition, seen);
    expect(evaluate(dropsOf(rule, host), seen).is).toBe("no");
    // what ARP, IGMP and what begins like a BPDU say is in no field
    if (is === "unknown")
      expect(probe).toMatch(frameProtocol === 0x0806 ? /--arp|--among/ : /--ip-igmp-type|--stp|--vlan-encap/);
    else expect({ probe, is }).toEqual({ probe, is: matched.includes(index + 1) ? "yes" : "no" });
  }
});
