/** What a real kernel printed for Docker's journeys, held against the dumps that were taken beside it. */
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { chainwalkJson } from "../support/cli.ts";
import { dumpsOf, hostOf, RECORDINGS } from "../support/recording.ts";
import { temporary } from "../support/seed.ts";

/** Packets as the recordings' own `sequence.txt` has them; all of them follow from fields and order alone. */
const JOURNEYS = [
  "s01-c2c-same-bridge-brnf0",
  "s01-c2c-same-bridge-brnf1",
  "s03-host-to-container",
  "s04-container-to-host-brnf0",
  "s04-container-to-host-brnf1",
  "s05-container-to-external-brnf0",
  "s05-container-to-external-brnf1",
  "s06-external-to-published-brnf0",
  "s06-external-to-published-brnf1",
  "s07-container-to-other-bridge-isolated",
  "s07b-container-to-other-bridge-allowed",
  "s07c-container-to-other-bridge-both-ways",
  "s08-hairpin-own-port-brnf1-hairpin_off",
  "s08-hairpin-own-port-brnf1-hairpin_on",
  "s08b-neighbour-published-extaddr-brnf1",
  "s08c-neighbour-published-bridgeaddr-brnf1",
  "s09-localhost-to-published-route_localnet1",
  "s09c-localhost-to-published-proxyrules",
  "s10-host-to-own-published",
  "s12a-only-raw",
  "s12b-nat-table-empty-no-conntrack",
  "s12c-nat-table-empty-with-conntrack",
  "s14-ipv6-brnf1",
  "s15b-ip_forward0",
  "s15c0-rpfilter-off-control",
  "s15d-route-types",
  "s16a-interleaved",
  "s16e-cold-arp",
  "s16f-cold-bridged-dnat",
  "s17-fragments-ct0",
  "t01b-unconditional",
  "t03a-hotdrop-names",
  "t06b-per-bridge-nf_call",
  "t06c-vlan-filter_vlan_tagged1",
  "t06e-ebt-userchain-policy-ACCEPT",
  "t06e-ebt-userchain-policy-DROP",
  "t06e-ebt-userchain-policy-RETURN",
];

/** Every kind of line (jump, goto, return, policy, targets): a target that is not known yet leaves an assumption. */
const KINDS = ["t01a-kinds", "t01c-targets"];

/** Packets whose checksum is wrong, and those that the zoo leaves undecided otherwise: a few are assumed. */
const ASSUMED = ["t02b-zoo-plain-ct", "t02c-zoo-bridge-ebtlog", "t08-edge-probes"];

function driftOfRecording(name: string) {
  const folder = `${RECORDINGS}${name}/`;
  const host = temporary(JSON.stringify(hostOf(name)));
  const dumps = dumpsOf(name).map((dump) => `${folder}pre/${dump.name}`);
  return chainwalkJson(["drift", ...dumps, "--host", host, "--log", `${folder}dmesg.log`]);
}

describe.skipIf(!existsSync(RECORDINGS))("recordings of a real kernel (../shared/recordings)", () => {
  test.each(KINDS)("%s", async (name) => {
    const folder = `${RECORDINGS}${name}/`;
    const host = temporary(JSON.stringify(hostOf(name)));
    const { json } = await chainwalkJson([
      "drift",
      `${folder}pre/iptables-save.legacy`,
      "--host",
      host,
      "--log",
      `${folder}dmesg.log`,
    ]);
    expect(json).toMatchObject({ drifts: [], unread: 0, instrumentation: [] });
    expect(json.explained + json.assumed).toBe(json.packets);
    expect(json.packets).toBeGreaterThan(0);
  });

  test.each(ASSUMED)("%s", async (name) => {
    const { code, json } = await driftOfRecording(name);
    expect(json).toMatchObject({ drifts: [], unread: 0, undecided: 0 });
    expect(json.explained + json.assumed).toBe(json.packets);
    expect(code).toBe(0);
    // lab/zoo.py sends sctp and dccp without a sum
    expect(json.supposed).toEqual(name.startsWith("t02c") ? [] : ["a wrong checksum"]);
  });

  test("s14-ipv6-brnf0: the recorder kept no IP line of br-app, so that the host's own report lacks them", async () => {
    const { code, json } = await driftOfRecording("s14-ipv6-brnf0");
    expect(json.drifts).toMatchObject([{ kind: "lost-or-drift", count: 1, expected: "raw:OUTPUT:policy:2" }]);
    expect(code).toBe(1);
  });

  test("t05a-nft-kinds: legacy lines of another namespace, of tables that the dump has for nft only", async () => {
    const { code, json } = await driftOfRecording("t05a-nft-kinds");
    expect(json.drifts).toMatchObject([{ kind: "table", count: 1, table: "raw" }]);
    expect(code).toBe(1);
  });

  test.each(JOURNEYS)("%s", async (name) => {
    const { code, json } = await driftOfRecording(name);
    expect(json).toMatchObject({ drifts: [], assumed: 0, unread: 0, instrumentation: [] });
    expect(json.packets).toBeGreaterThan(0);
    expect(json.explained).toBe(json.packets);
    expect(code).toBe(0);
  });
});
