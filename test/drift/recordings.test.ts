/** What a real kernel printed for Docker's journeys, held against the dumps that were taken beside it. */
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { chainwalkJson } from "../support/cli.ts";
import { hostOf, RECORDINGS } from "../support/recording.ts";
import { read, temporary } from "../support/seed.ts";

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

  test.each(JOURNEYS)("%s", async (name) => {
    const folder = `${RECORDINGS}${name}/`;
    const host = temporary(JSON.stringify(hostOf(name)));
    const dumps = ["iptables-save.legacy", "ip6tables-save.legacy", "ebtables-save.nft"]
      .map((file) => `${folder}pre/${file}`)
      .filter((file) => read(file) !== "");
    const { code, json } = await chainwalkJson(["drift", ...dumps, "--host", host, "--log", `${folder}dmesg.log`]);
    expect(json).toMatchObject({ drifts: [], assumed: 0, unread: 0, instrumentation: [] });
    expect(json.packets).toBeGreaterThan(0);
    expect(json.explained).toBe(json.packets);
    expect(code).toBe(0);
  });
});
