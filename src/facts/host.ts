/**
 * What is known of the host besides its rule-sets: `host.json`, in the shapes that `ip -j` and `bridge -j` print.
 * Everything is optional; what is not there is not known.
 */
import { type Address, type Family, prefixRange, readAddress, readMac, readPrefix } from "./address.ts";
import { type Bridge, readBridges } from "./bridges.ts";
import { always, type Condition } from "./condition.ts";
import { type Lookup, type RouteClass, readLookups, routeRange } from "./fib.ts";
import { type HostJson, readTime } from "./host-json.ts";
import { readIpsets } from "./ipset.ts";
import { type Asking, members } from "./ipset-members.ts";
import { type LocalRoute, localTable } from "./local-table.ts";
import { LOOPBACK } from "./networks.ts";
import { type Reverse, type ReverseOf, reverseRoutes } from "./reverse-route.ts";
import { exactly, has, type Range, type Ranges, unite } from "./value-set.ts";

export interface OwnAddress {
  readonly address: Address;
  readonly network: Range;
  readonly isGlobal: boolean;
}

export class Host {
  readonly json: HostJson;
  readonly bridges: readonly Bridge[];
  #lookups = new Map<Family, readonly Lookup[] | undefined>();

  constructor(json: HostJson = {}) {
    this.json = json;
    this.bridges = readBridges(json);
  }

  /** undefined when the sysctl is not known. */
  sysctl(name: string): number | undefined {
    const value = this.json.sysctl?.[name];
    return value === undefined ? undefined : Number(value);
  }

  /** Whether the kernel is at least this version; undefined when the version is not known. */
  kernelAtLeast(major: number, minor: number): boolean | undefined {
    const [a, b] = (this.json.kernel ?? "").split(".").map((part) => Number.parseInt(part, 10));
    if (a === undefined || Number.isNaN(a)) return undefined;
    return a > major || (a === major && (b ?? 0) >= minor);
  }

  bridge(name: string): Bridge | undefined {
    return this.bridges.find((bridge) => bridge.name === name);
  }

  bridgeOfPort(port: string): Bridge | undefined {
    return this.bridges.find((bridge) => bridge.ports.some(({ name }) => name === port));
  }

  /** Whether IP tables see frames of this bridge: the sysctl or the bridge's own flag (br_netfilter_hooks.c). */
  bridgeCallsIptables(bridge: string, family: Family): boolean | undefined {
    const six = family === "ipv6";
    const data = this.json.link?.find((link) => link.ifname === bridge)?.linkinfo?.info_data;
    if ((six ? data?.nf_call_ip6tables : data?.nf_call_iptables) === 1) return true;
    const value = this.sysctl(`net.bridge.bridge-nf-call-${six ? "ip6" : "ip"}tables`);
    return value === undefined ? undefined : value === 1;
  }

  /** The device that takes frames of a VLAN from another; null: there is none; undefined: not known, or the VLAN is not. */
  vlanDevice(dev: string, id: number | undefined): string | null | undefined {
    const vlans = this.json.link?.filter(({ link, linkinfo }) => link === dev && linkinfo?.info_kind === "vlan");
    if (vlans === undefined || (id === undefined && vlans.length > 0)) return undefined;
    return vlans.find(({ linkinfo }) => linkinfo?.info_data?.id === id)?.ifname ?? null;
  }

  /** Addresses that are the host's own; undefined when not known. */
  localAddresses(family: Family): Ranges | undefined {
    const local = this.routes(family)?.filter(({ type }) => type === "local");
    if (local) return unite(local.flatMap(({ ranges }) => ranges));
    const own = this.#ownAddresses(family).map(([range]) => range);
    return own.length > 0 ? unite([...own, ...LOOPBACK[family]]) : undefined;
  }

  /** The routes of the local table, which say what type an address has; undefined when not known. */
  localRoutes(family: Family): readonly LocalRoute[] | undefined {
    return localTable(this.json, family, this.kernelAtLeast(5, 14) ?? true);
  }

  /** Where routes lead back to addresses; undefined when not known. */
  reverseRoutes(family: Family, asking: ReverseOf): readonly Reverse[] | undefined {
    const local = this.localRoutes(family);
    return local && reverseRoutes(this.json, family, local, asking);
  }

  /** Every interface with its group, as `ip` names it: by number, or as /etc/iproute2/group does. */
  groups(): ReadonlyMap<string, string> {
    const rows = [...(this.json.link ?? []), ...(this.json.addr ?? [])];
    return new Map(
      rows.flatMap(({ ifname, group }) => (ifname === undefined || group === undefined ? [] : [[ifname, group]])),
    );
  }

  /** Whether a route or a rule gives packets a realm; undefined when routes are not known. */
  get hasRealms(): boolean | undefined {
    const { route, rule } = this.json;
    return route && [...route, ...(rule ?? [])].some(({ flow }) => flow !== undefined);
  }

  /** Whether IPsec has anything to do here; undefined when not known. */
  get hasIpsec(): boolean | undefined {
    return this.json.xfrm === undefined ? undefined : this.json.xfrm.trim() !== "";
  }

  /** The clock when the packet comes: seconds since 1970 in UTC, and how far the kernel's zone is ahead. */
  get time(): { seconds: number; ahead: number } | undefined {
    return this.json.time === undefined ? undefined : readTime(this.json.time);
  }

  /** What membership in a set asks of a packet; a text: what would settle it. */
  membersOf(asking: Asking, family: Family): Condition | string {
    if (this.json.ipset === undefined) return "ipset save";
    return members(readIpsets(this.json.ipset), asking, family);
  }

  /** Broadcast and multicast addresses: for every neighbour, never for one. */
  groupAddresses(family: Family): Ranges {
    const routed = (this.routes(family) ?? []).filter(({ type }) => type === "broadcast" || type === "multicast");
    return unite(routed.flatMap(({ ranges }) => ranges));
  }

  /** Groups that the host is in whatever its sockets: all hosts, and the solicited-node ones of its own addresses. */
  ownGroups(family: Family): Ranges {
    if (family !== "ipv6") return exactly(0xe0000001);
    const solicited = this.#ownAddresses(family).map(
      ([[low]]) => (0xff0200000000000000000001ffn << 24n) | (BigInt(low) & 0xffffffn),
    );
    return exactly((0xff01n << 112n) | 1n, (0xff02n << 112n) | 1n, ...solicited);
  }

  /** Addresses behind a device by a link route: neighbours on it. */
  onLink(dev: string, family: Family): Ranges {
    const prefixes = (this.json.route ?? [])
      .filter((route) => route.dev === dev && !route.gateway && (route.type ?? "unicast") === "unicast")
      .map((route) => routeRange(route, family))
      .filter((range) => range !== undefined);
    return unite(prefixes);
  }

  /**
   * The addresses of a device that packets may be sent from, and their networks; `isGlobal`: those that hold outside of
   * this host too. undefined: not known.
   */
  addressesOf(dev: string, family: Family): readonly OwnAddress[] | undefined {
    const info = this.json.addr?.find(({ ifname }) => ifname === dev)?.addr_info;
    return info
      ?.filter((each) => each.family === (family === "ipv6" ? "inet6" : "inet") && !each.secondary)
      .flatMap(({ local, prefixlen, scope }) => {
        const address = local === undefined ? undefined : readAddress(local);
        if (address === undefined) return [];
        const network = prefixRange(address, prefixlen ?? (family === "ipv6" ? 128 : 32));
        const isGlobal = scope === undefined ? !has(LOOPBACK[family], address) : scope === "global";
        return network ? [{ address, network, isGlobal }] : [];
      });
  }

  /** Devices in the kernel's order, that of their numbers. */
  get devices(): readonly string[] {
    const rows = [...(this.json.addr ?? [])].sort((a, b) => (a.ifindex ?? 0) - (b.ifindex ?? 0));
    return rows.flatMap(({ ifname }) => ifname ?? []);
  }

  /** The MAC of a device of this host. */
  macOfDevice(dev: string): number | undefined {
    const rows = [...(this.json.link ?? []), ...(this.json.addr ?? [])];
    const text = rows.find(({ ifname, address }) => ifname === dev && address !== undefined)?.address;
    return text === undefined ? undefined : readMac(text);
  }

  /** The port behind which a bridge has learnt a MAC; undefined: not learnt, or no forwarding table is known. */
  portOf(mac: number, bridge: string): string | undefined {
    const learnt = (this.json.fdb ?? []).find(
      (entry) =>
        entry.master === bridge && entry.state !== "permanent" && entry.mac !== undefined && readMac(entry.mac) === mac,
    );
    return learnt?.ifname;
  }

  /** MACs that a bridge has learnt, each behind one of its ports. */
  learntBehind(bridge: string): readonly number[] {
    const learnt = (this.json.fdb ?? []).filter(({ master, state }) => master === bridge && state !== "permanent");
    return [...new Set(learnt.flatMap(({ mac = "" }) => readMac(mac) ?? []))];
  }

  /** A switch that all devices have and one has (`net.ipv4.conf.all.NAME`, `.DEV.NAME`): the greater; undefined: not known. */
  deviceSysctl(dev: string, name: string): number | undefined {
    // as sysctl writes names: a dot of a device's name is a slash
    const [all, own] = ["all", dev.replaceAll(".", "/")].map((each) => this.sysctl(`net.ipv4.conf.${each}.${name}`));
    return all === undefined && own === undefined ? undefined : Math.max(all ?? 0, own ?? 0);
  }

  /** The MTU of a device in bytes; undefined: not known. */
  mtu(dev: string): number | undefined {
    return [...(this.json.link ?? []), ...(this.json.addr ?? [])].find(({ ifname, mtu }) => ifname === dev && mtu)?.mtu;
  }

  /** The MAC of a neighbour, from the neighbour table. */
  macOf(address: Address): number | undefined {
    const entry = (this.json.neigh ?? []).find(({ dst }) => dst !== undefined && readAddress(dst) === address);
    return entry?.lladdr === undefined ? undefined : readMac(entry.lladdr);
  }

  /** What `ip rule` asks in order, each with its table; undefined when no routes are known. */
  lookups(family: Family): readonly Lookup[] | undefined {
    if (!this.#lookups.has(family))
      this.#lookups.set(family, readLookups(this.json, this.localRoutes(family) ?? [], family));
    return this.#lookups.get(family);
  }

  /** The routes that every packet asks, whatever its mark, source or device; undefined when no routes are known. */
  routes(family: Family): readonly RouteClass[] | undefined {
    return this.lookups(family)?.flatMap(({ condition, classes }) => (condition === always ? classes : []));
  }

  /** From `addr`, and what routes use as source. */
  #ownAddresses(family: Family): (readonly [Range, string])[] {
    const inet = family === "ipv6" ? "inet6" : "inet";
    const listed = (this.json.addr ?? []).flatMap(({ ifname = "", addr_info = [] }) =>
      addr_info.filter((info) => info.family === inet).map((info) => [info.local, ifname] as const),
    );
    const used = (this.json.route ?? []).map(({ prefsrc, dev = "" }) => [prefsrc, dev] as const);
    return [...listed, ...used].flatMap(([text, dev]) => {
      const range = text === undefined ? undefined : readPrefix(text);
      return range && (typeof range[0] === "bigint") === (family === "ipv6") ? [[range, dev] as const] : [];
    });
  }
}
