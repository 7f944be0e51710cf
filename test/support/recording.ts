/** Host facts of a recording: the text that `ip` and `bridge` printed, in the JSON shape that they print with -j. */
import { existsSync, readFileSync } from "node:fs";
import type { HostJson, RuleJson } from "../../src/facts/index.ts";

export const RECORDINGS = new URL("../../../shared/recordings/", import.meta.url).pathname;

/** The recordings were made on Linux 6.18, with iptables-legacy and ebtables-nft (semantics.md, head). */
export function hostOf(recording: string): HostJson {
  const text = (name: string) => {
    const file = `${RECORDINGS}${recording}/pre/${name}`;
    return existsSync(file) ? readFileSync(file, "latin1").split("\n") : [];
  };
  return {
    kernel: "6.18.44",
    backend: { iptables: "legacy", ebtables: "nft" },
    addr: devices(text("ip-addr")),
    link: devices(text("ip-link")),
    route: [...text("ip-route"), ...text("ip6-route")].filter((line) => line.trim() !== "").map(route),
    neigh: text("ip-neigh").flatMap((line) => {
      const [dst = "", lladdr] = [line.split(" ")[0], / lladdr (\S+)/.exec(line)?.[1]];
      return lladdr ? [{ dst, lladdr }] : [];
    }),
    fdb: text("bridge-fdb").flatMap((line) => {
      const [, mac = "", ifname = ""] = /^(\S+) dev (\S+)/.exec(line) ?? [];
      const master = / master (\S+)/.exec(line)?.[1];
      return master ? [{ mac, ifname, master, ...(line.includes("permanent") ? { state: "permanent" } : {}) }] : [];
    }),
    conntrack: text("conntrack-L").filter((line) => line.trim() !== ""),
    rule: text("ip-rule").flatMap((line) => rule(line)),
    sysctl: Object.fromEntries(
      text("sysctls").flatMap((line) => (line.includes(" = ") ? [line.split(" = ") as [string, string]] : [])),
    ),
  };
}

interface Device {
  ifindex: number;
  ifname: string;
  master?: string;
  mtu?: number;
  address?: string;
  addr_info: { family: string; local: string; prefixlen: number }[];
  linkinfo: {
    info_kind?: string;
    info_data?: { nf_call_iptables: number; nf_call_ip6tables: number };
    info_slave_data?: { state: string; hairpin: boolean };
  };
}
function devices(lines: readonly string[]): Device[] {
  const out: Device[] = [];
  for (const line of lines) {
    const head = /^(\d+): ([^:@]+)(?:@\S+)?: .*/.exec(line);
    if (head) {
      const master = / master (\S+)/.exec(line)?.[1];
      const mtu = / mtu (\d+)/.exec(line)?.[1];
      out.push({
        ifindex: Number(head[1]),
        ifname: head[2] ?? "",
        ...(master ? { master } : {}),
        ...(mtu ? { mtu: Number(mtu) } : {}),
        addr_info: [],
        linkinfo: {},
      });
    }
    const device = out.at(-1);
    if (!device) continue;
    const mac = /^ {4}link\/ether (\S+)/.exec(line)?.[1];
    if (mac) device.address = mac;
    const address = /^ {4}(inet6?) ([0-9a-f.:]+)\/(\d+)/.exec(line);
    if (address)
      device.addr_info.push({ family: address[1] ?? "", local: address[2] ?? "", prefixlen: Number(address[3]) });
    const flags = /^ {4}bridge .* nf_call_iptables (\d) nf_call_ip6tables (\d)/.exec(line);
    if (flags)
      device.linkinfo = {
        info_kind: "bridge",
        info_data: { nf_call_iptables: Number(flags[1]), nf_call_ip6tables: Number(flags[2]) },
      };
    const slave = /^ {4}bridge_slave state (\S+) .* hairpin (on|off)/.exec(line);
    if (slave) device.linkinfo = { info_slave_data: { state: slave[1] ?? "", hairpin: slave[2] === "on" } };
  }
  return out;
}

/** `32765: from all fwmark 0x7 lookup 100` */
function rule(line: string): RuleJson[] {
  const [, priority, src = "all", fwmark, table] =
    /^(\d+):\s+from (\S+)(?: fwmark (\S+))? lookup (\S+)/.exec(line) ?? [];
  if (priority === undefined || table === undefined) return [];
  return [{ priority: Number(priority), src, table, ...(fwmark ? { fwmark } : {}) }];
}

function route(line: string): {
  type?: string;
  dst: string;
  dev?: string;
  table?: string;
  prefsrc?: string;
  gateway?: string;
} {
  const words = line.trim().split(" ");
  const typed = /^(local|broadcast|unreachable|blackhole|prohibit|throw|anycast|multicast)$/.test(words[0] ?? "");
  const value = (key: string) => (words.includes(key) ? { [key]: words[words.indexOf(key) + 1] } : {});
  const { dev, table, src, via } = { ...value("dev"), ...value("table"), ...value("src"), ...value("via") } as Record<
    string,
    string
  >;
  return {
    ...(typed ? { type: words[0] ?? "" } : {}),
    dst: words[typed ? 1 : 0] ?? "",
    ...(dev ? { dev } : {}),
    ...(table ? { table } : {}),
    ...(src ? { prefsrc: src } : {}),
    ...(via ? { gateway: via } : {}),
  };
}
