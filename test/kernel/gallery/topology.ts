/** A host as its facts have it, for the lab: its bridges and ports, who is behind them, and the way out. */
import { pid } from "node:process";
import type { HostJson } from "../../../src/facts/index.ts";
import type { Topology, Wire } from "../walk/topology.ts";

/** MACs are of one run only: lines are told apart by them, for the addresses are those of the case. */
const PREFIX = `0a:${hex(pid >> 8)}:${hex(pid)}:00:00`;
function hex(value: number): string {
  return (value & 0xff).toString(16).padStart(2, "0");
}

export function topologyOf(host: HostJson): Topology {
  let count = 0;
  const mac = () => `${PREFIX}:${hex(++count)}`;
  const addressesOf = (name: string) =>
    (host.addr?.find(({ ifname }) => ifname === name)?.addr_info ?? []).map(
      ({ local, prefixlen }) => `${local}/${prefixlen}`,
    );
  const links = (host.link ?? []).flatMap(({ ifname, ...rest }) =>
    ifname && ifname !== "lo" ? [{ ifname, ...rest }] : [],
  );
  const isBridge = ({ linkinfo }: (typeof links)[number]) => linkinfo?.info_kind === "bridge";
  const ways = (host.route ?? []).filter(({ gateway }) => gateway !== undefined);
  const behindPort = (name: string) => {
    const macs = (host.fdb ?? []).filter(({ ifname }) => ifname === name).map((row) => row.mac);
    return (host.neigh ?? []).filter(({ lladdr }) => macs.includes(lladdr)).map(({ dst }) => String(dst));
  };
  const wires = links
    .filter((link) => !isBridge(link))
    .map(({ ifname, master }): Wire => {
      const theirs = master
        ? behindPort(ifname)
        : ways.filter(({ dev }) => dev === ifname).map((way) => String(way.gateway));
      return {
        name: ifname,
        mac: mac(),
        ...(master ? { bridge: master } : {}),
        addresses: master ? [] : addressesOf(ifname),
        peers: [{ mac: mac(), addresses: theirs }],
      };
    });
  return {
    bridges: links.filter(isBridge).map(({ ifname }) => ({ name: ifname, mac: mac(), addresses: addressesOf(ifname) })),
    wires,
    routes: ways.map(({ gateway }) => `default via ${gateway}`),
    beyond: [],
    rules: [],
    sysctl: { "net.bridge.bridge-nf-call-iptables": 1, ...ofTheHost(host.sysctl ?? {}) },
    served: [22],
    own: new RegExp(PREFIX),
  };
}

/** A device's own are not there before it is. */
const ofTheHost = (sysctl: Readonly<Record<string, string | number>>): Record<string, string | number> =>
  Object.fromEntries(Object.entries(sysctl).filter(([name]) => !/\.conf\.(?!all\.|default\.)/.test(name)));
