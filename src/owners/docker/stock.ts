/** A stock Docker host to stand on: what dockerd itself writes, and the containers behind published ports. */
import type { HostJson } from "../../facts/index.ts";
import { bases } from "../generated/bases.ts";

export interface Publish {
  /** null: on all addresses. */
  readonly hostAddress: string | null;
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: "tcp" | "udp" | "sctp";
}
export interface StockHost {
  readonly name: string;
  /** The dump of a new daemon. */
  readonly dump: string;
  /** The commands that dockerd runs for the containers, in its order. */
  readonly commands: string;
  readonly host: HostJson;
}

export const stockNames = (): readonly string[] => Object.keys(bases);

/** `[address:]8080:80[/tcp]`, as `docker run --publish` has it; undefined where it is none. */
export function readPublish(text: string): Publish | undefined {
  const parts = /^(?:(\d+\.\d+\.\d+\.\d+):)?(\d+):(\d+)(?:\/(tcp|udp|sctp))?$/.exec(text);
  const [hostPort, containerPort] = [Number(parts?.[2]), Number(parts?.[3])];
  const isPort = (port: number) => port > 0 && port < 65536;
  if (!parts || !isPort(hostPort) || !isPort(containerPort)) return undefined;
  const address = parts[1] ?? null;
  return {
    hostAddress: address === "0.0.0.0" ? null : address,
    hostPort,
    containerPort,
    protocol: (parts[4] as Publish["protocol"] | undefined) ?? "tcp",
  };
}

/** Each published port is a container's own, 172.17.0.2 and on. */
export function stockHost(name: string, published: readonly Publish[]): StockHost | undefined {
  const dump = Object.hasOwn(bases, name) ? bases[name] : undefined;
  if (dump === undefined) return undefined;
  const since28 = dump.includes(":DOCKER-FORWARD ");
  const commands = published.flatMap((each, at) => (since28 ? publish28(each, at) : publish17(each, at)));
  return { name, dump, commands: commands.map((line) => `${line}\n`).join(""), host: hostOf(published.length) };
}

const containerAddress = (index: number): string => `172.17.0.${index + 2}`;
const dnat = ({ hostAddress, hostPort, containerPort, protocol }: Publish, to: string): string =>
  `iptables -t nat -A DOCKER ${hostAddress === null ? "" : `-d ${hostAddress}/32 `}! -i docker0 -p ${protocol} -m ${protocol} --dport ${hostPort} -j DNAT --to-destination ${to}:${containerPort}`;
const accepted = ({ containerPort, protocol }: Publish, to: string): string =>
  `-d ${to}/32 ! -i docker0 -o docker0 -p ${protocol} -m ${protocol} --dport ${containerPort} -j ACCEPT`;

/** Up to 27: in FORWARD's own group of rules, and a container may reach itself by its published port. */
function publish17(each: Publish, index: number): string[] {
  const to = containerAddress(index);
  const { containerPort, protocol } = each;
  return [
    dnat(each, to),
    `iptables -A DOCKER ${accepted(each, to)}`,
    `iptables -t nat -A POSTROUTING -s ${to}/32 -d ${to}/32 -p ${protocol} -m ${protocol} --dport ${containerPort} -j MASQUERADE`,
  ];
}
/** From 28 on: ACCEPTs go above the bridge's DROP, and nothing reaches the container but through the bridge (raw). */
function publish28(each: Publish, index: number): string[] {
  const to = containerAddress(index);
  const { hostAddress, hostPort, protocol } = each;
  const loopback = hostAddress?.startsWith("127.")
    ? [
        `iptables -t raw -A PREROUTING -d ${hostAddress}/32 ! -i lo -p ${protocol} -m ${protocol} --dport ${hostPort} -j DROP`,
      ]
    : [];
  return [
    `iptables -t raw -A PREROUTING -d ${to}/32 ! -i docker0 -j DROP`,
    ...loopback,
    dnat(each, to),
    `iptables -I DOCKER 1 ${accepted(each, to)}`,
  ];
}

const mac = (index: number): string => `02:42:ac:11:00:${(index + 2).toString(16).padStart(2, "0")}`;
/** eth0 has a documentation address (RFC 5737). What nobody can know of a stock host, such as br_netfilter, is left out. */
function hostOf(containers: number): HostJson {
  const ports = Array.from({ length: containers }, (_, index) => ({
    dst: containerAddress(index),
    mac: mac(index),
    veth: `veth${index + 1}`,
  }));
  return {
    comment: "a stock Docker host: eth0 with a public address, docker0 its only bridge",
    addr: [
      { ifname: "lo", addr_info: [{ family: "inet", local: "127.0.0.1", prefixlen: 8 }] },
      { ifname: "eth0", addr_info: [{ family: "inet", local: "203.0.113.9", prefixlen: 24 }] },
      { ifname: "docker0", addr_info: [{ family: "inet", local: "172.17.0.1", prefixlen: 16 }] },
    ],
    link: [
      { ifname: "eth0" },
      { ifname: "docker0", linkinfo: { info_kind: "bridge" } },
      ...ports.map(({ veth }) => ({ ifname: veth, master: "docker0" })),
    ],
    route: [
      { dst: "default", gateway: "203.0.113.1", dev: "eth0" },
      { dst: "203.0.113.0/24", dev: "eth0", prefsrc: "203.0.113.9" },
      { dst: "172.17.0.0/16", dev: "docker0", prefsrc: "172.17.0.1" },
      { type: "local", dst: "127.0.0.0/8", dev: "lo", table: "local" },
      { type: "local", dst: "203.0.113.9", dev: "eth0", table: "local" },
      { type: "broadcast", dst: "203.0.113.255", dev: "eth0", table: "local" },
      { type: "local", dst: "172.17.0.1", dev: "docker0", table: "local" },
      { type: "broadcast", dst: "172.17.255.255", dev: "docker0", table: "local" },
    ],
    neigh: ports.map(({ dst, mac: lladdr }) => ({ dst, lladdr })),
    fdb: ports.map(({ mac: address, veth }) => ({ mac: address, ifname: veth, master: "docker0" })),
    sysctl: { "net.ipv4.ip_forward": "1" },
  };
}
