/** The host that packets walk through, and what is connected to it. Nothing behind its wires answers by itself. */
import { pid } from "node:process";

export interface Wire {
  readonly name: string;
  /** The host's end; of a bridge port nobody uses it. */
  readonly mac: string;
  readonly bridge?: string;
  readonly addresses: readonly string[];
  /** Who is reached by it: their MAC and addresses. */
  readonly peers: readonly { readonly mac: string; readonly addresses: readonly string[] }[];
  readonly hairpin?: boolean;
  readonly group?: number;
}
export interface Topology {
  readonly bridges: readonly { readonly name: string; readonly mac: string; readonly addresses: readonly string[] }[];
  readonly wires: readonly Wire[];
  /** What stands behind `ip route add`. */
  readonly routes: readonly string[];
  /** Addresses that are routed through a wire; `wire` null: nowhere. */
  readonly beyond: readonly { readonly address: string; readonly wire: string | null }[];
  /** What stands behind `ip rule add`. */
  readonly rules: readonly string[];
  /** As `ipset restore` reads them. */
  readonly sets?: readonly string[];
  readonly sysctl: Readonly<Record<string, string | number>>;
  /** Ports of the host with a socket behind them, udp and tcp. */
  readonly served: readonly number[];
  /** Tells this run's lines from those of others. */
  readonly own: RegExp;
}

/** 10.BLOCK.0.0/16 and fdBLOCK::/32 are of one run only: the kernel log is shared by all. */
export function dockerLike(block: number): Topology {
  const four = `10.${block}`;
  const hex = block.toString(16).padStart(2, "0");
  const six = `fd${hex}`;
  const mac = (net: number, host: number) => `02:${hex}:00:00:0${net}:${host.toString(16).padStart(2, "0")}`;
  const container = (name: string, bridge: number, host: number) => ({
    name,
    mac: mac(bridge, 0xa0 + host),
    bridge: `br${bridge}`,
    addresses: [],
    peers: [
      {
        mac: mac(bridge, host),
        addresses: [
          `${four}.${bridge}.${host}`,
          `${six}:${bridge}::${host}`,
          // what its MAC makes of it (RFC 4291, appendix A)
          ...(host === 2 ? [`${six}:${bridge}::${hex}:ff:fe00:${bridge}02`] : []),
        ],
      },
    ],
  });
  return {
    bridges: [1, 2].map((net) => ({
      name: `br${net}`,
      mac: mac(net, 1),
      addresses: [`${four}.${net}.1/24`, `${six}:${net}::1/64`],
    })),
    wires: [
      container("c1", 1, 2),
      container("c2", 1, 3),
      { ...container("c3", 1, 4), hairpin: true },
      container("c4", 2, 2),
      container("c5", 2, 3),
      {
        name: "ext0",
        mac: mac(8, 1),
        addresses: [`${four}.8.1/24`, `${six}:8::1/64`],
        peers: [{ mac: mac(8, 9), addresses: [`${four}.8.9`, `${six}:8::9`] }],
        group: 3,
      },
      {
        name: "ext1",
        mac: mac(9, 1),
        addresses: [`${four}.9.1/24`, `${four}.9.5/24`, `${six}:9::1/64`],
        peers: [{ mac: mac(9, 9), addresses: [`${four}.9.9`, `${six}:9::9`] }],
      },
    ],
    routes: [
      `default via ${four}.8.9`,
      `default via ${six}:8::9`,
      `${four}.32.0/20 via ${four}.9.9`,
      `${six}:20::/32 via ${six}:9::9`,
      `blackhole ${four}.48.0/24`,
      `unreachable ${four}.49.0/24`,
      `prohibit ${four}.50.0/24`,
      `default via ${four}.9.9 table 77`,
      `default via ${six}:9::9 table 77`,
    ],
    rules: ["fwmark 0x1 lookup 77"],
    // the names are those of the extensions' examples
    sets: [
      "create hosts hash:ip",
      `add hosts ${four}.1.2`,
      `add hosts ${four}.8.9`,
      `add hosts ${four}.2.1`,
      "create pairs hash:net,port",
      `add pairs ${four}.1.0/24,tcp:80`,
      `add pairs ${four}.2.0/24,udp:53`,
      `add pairs ${four}.8.9,udp:8080`,
      // what rules change is asked by none
      "create spare hash:ip",
      "create spare6 hash:ip family inet6",
      "create hosts6 hash:ip family inet6",
      `add hosts6 ${six}:1::2`,
      `add hosts6 ${six}:8::9`,
    ],
    beyond: [
      { address: `${four}.200.7`, wire: "ext0" },
      { address: `${six}:200::7`, wire: "ext0" },
      { address: `${four}.32.7`, wire: "ext1" },
      { address: `${six}:20::7`, wire: "ext1" },
    ],
    sysctl: {
      "net.ipv4.ip_forward": 1,
      "net.ipv6.conf.all.forwarding": 1,
      "net.bridge.bridge-nf-call-iptables": 1,
      "net.bridge.bridge-nf-call-ip6tables": 1,
    },
    served: [53, 80],
    own: new RegExp(`\\b${four.replace(".", "\\.")}\\.|\\b127\\.${block}\\.|\\b${six}:|\\b02:${hex}:00:00:`),
  };
}

/** Two runs at once do not read each other's lines. */
export const blockOfRun = (): number => 128 + (pid % 120);
