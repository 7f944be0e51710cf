/** A dump alone: what only the host could tell is taken for granted and named, and no drift. */
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { chainwalk, chainwalkJson } from "../support/cli.ts";
import { RECORDINGS } from "../support/recording.ts";

const argv = (name: string) => {
  const folder = `${RECORDINGS}${name}/`;
  const dumps = ["iptables-save.legacy", "ebtables-save.nft"].map((file) => `${folder}pre/${file}`);
  return ["drift", ...dumps, "--log", `${folder}dmesg.log`];
};

describe.skipIf(!existsSync(RECORDINGS))("recordings without host facts (../shared/recordings)", () => {
  // frames that iptables does not see: bridge-nf-call-iptables is 0, or their tag hides them
  test.each(["s01-c2c-same-bridge-brnf0", "t06c-vlan-filter_vlan_tagged0"])("%s", async (name) => {
    const { code, json } = await chainwalkJson(argv(name));
    expect(json).toMatchObject({ drifts: [], supposed: ["sysctl net.bridge.bridge-nf-call-iptables"] });
    expect(json.explained + json.assumed).toBe(json.packets);
    expect(code).toBe(0);
    const { out } = await chainwalk(argv(name));
    expect(out).toContain("taken for granted were sysctl net.bridge.bridge-nf-call-iptables");
    expect(out.match(/chainwalk capture/g)).toHaveLength(1);
  });
});
