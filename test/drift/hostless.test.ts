/** A dump alone: what only the host could tell is taken for granted and named, and no drift. */
import { existsSync, readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { chainwalk, chainwalkJson } from "../support/cli.ts";
import { dumpsOf, RECORDINGS } from "../support/recording.ts";
import { read, temporary } from "../support/seed.ts";

const argv = (name: string) => {
  const folder = `${RECORDINGS}${name}/`;
  return ["drift", ...dumpsOf(name).map((dump) => `${folder}pre/${dump.name}`), "--log", `${folder}dmesg.log`];
};

/** Those that still drift, and why: the list may only become shorter. */
const DRIFTS: Readonly<Record<string, string>> = {
  // so does it with host facts
  "s14-ipv6-brnf0": "the recorder kept no IP line of br-app (lab/lib.sh MINE), so a listener report lacks its own",
  "t05a-nft-kinds": "lines of nft tables are not in the kernel's log, and those of another namespace's legacy ones are",
};

/** Hundreds of rules of which each asks what only the host could tell: they take a minute, and drift. */
const SLOW = ["t07-probes-brnf0", "t07-probes-brnf1", "t08-edge-probes"];

const isTraced = (name: string): boolean => {
  const log = `${RECORDINGS}${name}/dmesg.log`;
  return existsSync(log) && read(log).includes("TRACE: ") && dumpsOf(name).length > 0;
};
const names = existsSync(RECORDINGS)
  ? readdirSync(RECORDINGS).filter((name) => !SLOW.includes(name) && isTraced(name))
  : [];

describe.skipIf(!existsSync(RECORDINGS))("recordings without host facts (../shared/recordings)", () => {
  test.each(names)("%s", async (name) => {
    const { code, json } = await chainwalkJson(argv(name));
    if (name in DRIFTS) {
      expect(json.drifts, "no longer drifts: take it off the list").not.toEqual([]);
      return;
    }
    expect(json.drifts).toEqual([]);
    expect(json.explained + json.assumed).toBe(json.packets);
    expect(code).toBe(0);
  });

  test("bridge-nf-call-iptables is supposed to be 0 where iptables does not see frames", async () => {
    const name = "s01-c2c-same-bridge-brnf0";
    const { json } = await chainwalkJson(argv(name));
    expect(json.supposed).toEqual(["sysctl net.bridge.bridge-nf-call-iptables"]);
    const { out } = await chainwalk(argv(name));
    expect(out).toContain("taken for granted were sysctl net.bridge.bridge-nf-call-iptables");
    expect(out.match(/chainwalk capture/g)).toHaveLength(1);
  });

  test("the facts that a route or a logger would tell are named", async () => {
    expect((await chainwalkJson(argv("s09b-localhost-to-published-route_localnet0"))).json.supposed).toEqual(["route"]);
    expect((await chainwalkJson(argv("s16d-nf_log-NONE"))).json.supposed).toContain("sysctl net.netfilter.nf_log.2");
  });

  // a rule that is not the live one's is drift, whatever the host
  test.each([
    ["s06-external-to-published-brnf1", "-j DNAT --to-destination 172.27.0.2:80", "-j ACCEPT"],
    ["s05-container-to-external-brnf0", "-j MASQUERADE", "-p sctp -j MASQUERADE"],
    ["s07-container-to-other-bridge-isolated", "-j DROP", "-p sctp -j DROP"],
  ])("%s with another rule than %s", async (name, rule, other) => {
    const folder = `${RECORDINGS}${name}/`;
    const dump = read(`${folder}pre/iptables-save.legacy`);
    expect(dump).toContain(rule);
    const changed = temporary(dump.replaceAll(rule, other));
    const ebtables = `${folder}pre/ebtables-save.nft`;
    const { code, json } = await chainwalkJson(["drift", changed, ebtables, "--log", `${folder}dmesg.log`]);
    expect(json.drifts).not.toEqual([]);
    expect(code).toBe(1);
  });
});
