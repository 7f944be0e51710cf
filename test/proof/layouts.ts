/** Stock Docker hosts of neighbouring releases, and a host that both could run on. */
import type { Host, HostJson } from "../../src/facts/index.ts";
import { loadDump, type Ruleset, toRuleset } from "../../src/model/index.ts";
import { Source } from "../../src/source.ts";
import { parse } from "../../src/syntax/index.ts";
import { sharedBytes, sharedFiles } from "../support/shared.ts";

/** A container on the default bridge, and one on a network of its own, whose port 80 is published as 8080 in most layouts. */
export const HOST: HostJson = {
  kernel: "6.18",
  addr: [
    { ifname: "lo", addr_info: [{ family: "inet", local: "127.0.0.1", prefixlen: 8 }] },
    { ifname: "eth0", addr_info: [{ family: "inet", local: "203.0.113.9", prefixlen: 24 }] },
    { ifname: "docker0", addr_info: [{ family: "inet", local: "172.17.0.1", prefixlen: 16 }] },
    { ifname: "bridge1", addr_info: [{ family: "inet", local: "192.0.2.1", prefixlen: 24 }] },
  ],
  link: [
    { ifname: "eth0" },
    { ifname: "docker0", linkinfo: { info_kind: "bridge" } },
    { ifname: "bridge1", linkinfo: { info_kind: "bridge" } },
    { ifname: "veth0", master: "docker0" },
    { ifname: "veth1", master: "bridge1" },
  ],
  route: [
    { dst: "default", dev: "eth0", gateway: "203.0.113.254" },
    { dst: "203.0.113.0/24", dev: "eth0", prefsrc: "203.0.113.9" },
    { dst: "172.17.0.0/16", dev: "docker0", prefsrc: "172.17.0.1" },
    { dst: "192.0.2.0/24", dev: "bridge1", prefsrc: "192.0.2.1" },
  ],
  neigh: [
    { dst: "203.0.113.254", lladdr: "02:00:00:00:00:fe" },
    { dst: "172.17.0.2", lladdr: "02:42:ac:11:00:02" },
    { dst: "192.0.2.2", lladdr: "02:42:c0:00:02:02" },
  ],
  fdb: [
    { mac: "02:42:ac:11:00:02", ifname: "veth0", master: "docker0" },
    { mac: "02:42:c0:00:02:02", ifname: "veth1", master: "bridge1" },
  ],
  sysctl: {
    "net.ipv4.ip_forward": "1",
    "net.ipv4.conf.all.rp_filter": "0",
    "net.ipv4.conf.default.rp_filter": "0",
    ...Object.fromEntries(["eth0", "docker0", "bridge1"].map((name) => [`net.ipv4.conf.${name}.rp_filter`, "0"])),
    ...Object.fromEntries(
      ["all", "eth0", "docker0", "bridge1"].map((name) => [`net.ipv4.conf.${name}.route_localnet`, "0"]),
    ),
    "net.bridge.bridge-nf-call-iptables": "1",
  },
};

export interface Pair {
  readonly scenario: string;
  readonly old: string;
  readonly now: string;
}
const FOLDER = "layouts/";
/** Releases in order, for each thing that Docker was asked to run. */
export function pairs(): Pair[] {
  const files = sharedFiles(FOLDER, (name) => /^v[\d.]+_.*\.save$/.test(name)).map((path) => path.slice(FOLDER.length));
  const scenarioOf = (file: string) => file.slice(file.indexOf("_") + 1, -".save".length);
  return [...new Set(files.map(scenarioOf))].flatMap((scenario) => {
    const of = files.filter((file) => scenarioOf(file) === scenario);
    return of.slice(1).map((file, at) => ({ scenario, old: version(of[at] ?? ""), now: version(file) }));
  });
}
const version = (file: string): string => file.slice(0, file.indexOf("_"));
export const dumpOf = (release: string, scenario: string): string =>
  sharedBytes(`${FOLDER}${release}_${scenario}.save`);

export function layout(release: string, scenario: string, host: Host): Ruleset {
  return toRuleset([loadDump(parse(new Source(release, dumpOf(release, scenario))), host)]);
}
