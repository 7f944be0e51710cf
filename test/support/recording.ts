/** Host facts of a recording: the text that `ip` and `bridge` printed, in the JSON shape that they print with -j. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { type HostJson, only, type Packet, type RuleJson } from "../../src/facts/index.ts";
import { Source } from "../../src/source.ts";
import type { TracedPacket } from "../../src/trace/index.ts";

export const RECORDINGS = new URL("../../../shared/recordings/", import.meta.url).pathname;

/** Devices that a recording's commands made, and took away again, while it ran: neither pre/ nor post/ has them. */
const MEANWHILE: Readonly<Record<string, { addr: readonly string[]; route: readonly string[] }>> = {
  // lab/tun.py: ip addr add 10.89.6.1/24 dev tun-odd
  "t03b-tun-names-uid": {
    addr: ["99: tun-odd: <POINTOPOINT,UP> mtu 1500", "    inet 10.89.6.1/24 scope global tun-odd"],
    route: [
      "10.89.6.0/24 dev tun-odd proto kernel scope link src 10.89.6.1",
      "local 10.89.6.1 dev tun-odd table local proto kernel scope host src 10.89.6.1",
    ],
  },
};

/** The recordings were made on Linux 6.18 and, in uml61/, on 6.1, with iptables-legacy (semantics.md, head). */
export function hostOf(recording: string): HostJson {
  const isOlder = recording.startsWith("uml61/");
  const made = MEANWHILE[recording.replace("uml61/", "")] ?? { addr: [], route: [] };
  const text = (name: string) => {
    const file = `${RECORDINGS}${recording}/pre/${name}`;
    return existsSync(file) ? readFileSync(file, "latin1").split("\n") : [];
  };
  return {
    kernel: isOlder ? "6.1.176" : "6.18.44",
    backend: { iptables: "legacy", ebtables: isOlder ? "legacy" : "nft" },
    addr: devices([...text("ip-addr"), ...made.addr]),
    link: devices(text("ip-link")),
    route: [...text("ip-route"), ...text("ip6-route"), ...made.route].filter((line) => line.trim() !== "").map(route),
    neigh: text("ip-neigh").flatMap((line) => {
      const [dst = "", lladdr] = [line.split(" ")[0], / lladdr (\S+)/.exec(line)?.[1]];
      return lladdr ? [{ dst, lladdr }] : [];
    }),
    fdb: text("bridge-fdb").flatMap((line) => {
      const [, mac = "", ifname = ""] = /^(\S+) dev (\S+)/.exec(line) ?? [];
      const master = / master (\S+)/.exec(line)?.[1];
      return master ? [{ mac, ifname, master, ...(line.includes("permanent") ? { state: "permanent" } : {}) }] : [];
    }),
    // no script of the lab uses IPsec
    xfrm: "",
    conntrack: text("conntrack-L").filter((line) => line.trim() !== ""),
    rule: text("ip-rule").flatMap((line) => rule(line)),
    sysctl: Object.fromEntries(
      text("sysctls").flatMap((line) => (line.includes(" = ") ? [line.split(" = ") as [string, string]] : [])),
    ),
  };
}

/**
 * What no line shows of packets that lab/zoo.py sends: it leaves the checksums of sctp and dccp 0, and sums those of udp
 * for 10.89.0.2, whatever the source. The recordings that send it are those with a `semzoo:` mark.
 */
export function unshown(recording: string, { events: [first] }: TracedPacket): Packet["fields"] {
  const isZoo = /(?:^|\/)t0(?:2|8)/.test(recording);
  const isWrong = / SRC=0\.0\.0\.0 .* PROTO=UDP | PROTO=(?:132|33) /.test(first?.text ?? "");
  return isZoo && isWrong ? { checksum: only(1) } : {};
}

/** A dump of every table that was loaded; those of tables that could not be saved are empty. */
export function dumpsOf(recording: string): Source[] {
  const pre = `${RECORDINGS}${recording}/pre/`;
  return readdirSync(pre)
    .filter((file) => /^(?:ip6?|eb)tables-save\.(?:nft|legacy)$/.test(file))
    .map((file) => new Source(file, readFileSync(pre + file, "latin1")))
    .filter(({ bytes }) => /^\*/m.test(bytes));
}

interface Device {
  ifindex: number;
  ifname: string;
  master?: string;
  mtu?: number;
  group?: string;
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
      const group = / group (\S+)/.exec(line)?.[1];
      out.push({
        ifindex: Number(head[1]),
        ifname: head[2] ?? "",
        ...(master ? { master } : {}),
        ...(mtu ? { mtu: Number(mtu) } : {}),
        ...(group ? { group } : {}),
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
