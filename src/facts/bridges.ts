/** The bridges of the host and their ports, from its devices. */
import { readMac } from "./address.ts";
import type { HostJson } from "./host-json.ts";

export interface Port {
  readonly name: string;
  readonly hairpin: boolean;
}
export interface Bridge {
  readonly name: string;
  readonly mac: number | undefined;
  /** Newest first: the order in which the kernel floods (br_forward.c br_flood walks the port list, newest at its head). */
  readonly ports: readonly Port[];
}
export function readBridges({ link = [], addr = [] }: HostJson): readonly Bridge[] {
  const rows = [...link, ...addr];
  const masters = new Set(rows.map(({ master }) => master).filter((name) => name !== undefined));
  for (const { ifname, linkinfo } of link) if (ifname && linkinfo?.info_kind === "bridge") masters.add(ifname);
  return [...masters].map((name) => {
    const mac = rows.find(({ ifname, address }) => ifname === name && address)?.address;
    const ports = new Map<string, number>();
    for (const row of rows) if (row.master === name && row.ifname) ports.set(row.ifname, row.ifindex ?? 0);
    return {
      name,
      mac: mac === undefined ? undefined : readMac(mac),
      ports: [...ports]
        .sort((a, b) => b[1] - a[1])
        .map(([port]) => ({
          name: port,
          hairpin: link.find(({ ifname }) => ifname === port)?.linkinfo?.info_slave_data?.hairpin ?? false,
        })),
    };
  });
}
