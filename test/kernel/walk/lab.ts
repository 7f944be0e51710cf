/** A host of network namespaces on the running kernel: rule-sets are loaded into it, packets sent, TRACE lines read. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { release } from "node:os";
import type { HostJson } from "../../../src/facts/index.ts";
import { lacking } from "../../support/real-tools.ts";
import { Agent } from "./agent.ts";
import { KernelLog } from "./kernel-log.ts";
import type { Topology } from "./topology.ts";

/** Dumps as the save tools print them; one left out: nothing is changed. */
export interface Dumps {
  readonly ipv4?: string;
  readonly ipv6?: string;
  readonly bridge?: string;
}
/** By a wire, a frame as hex; from the host itself, an IP packet or a datagram of a socket. */
export type Sent =
  | { readonly by: "wire"; readonly wire: string; readonly hex: string }
  | { readonly by: "raw"; readonly family: "ipv4" | "ipv6"; readonly mark: number; readonly hex: string }
  | {
      readonly by: "socket";
      readonly family: "ipv4" | "ipv6";
      readonly uid: number;
      readonly mark: number;
      readonly tos: number;
      readonly ttl: number;
      readonly source: string;
      readonly sourcePort: number;
      readonly destination: string;
      readonly destinationPort: number;
      readonly hex: string;
    };
/** What it led to: the kernel's lines, and the frames that came out of the host. */
export interface Seen {
  readonly lines: readonly string[];
  readonly frames: readonly { readonly wire: string; readonly hex: string }[];
}

/** The kernel prints a line for each rule that a packet meets from here on. */
export const TRACING = `*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A PREROUTING -j TRACE
-A OUTPUT -j TRACE
COMMIT
`;

const RESTORE = {
  ipv4: "iptables-legacy-restore",
  ipv6: "ip6tables-legacy-restore",
  bridge: "ebtables-nft-restore",
} as const;
const sixOf = (family: "ipv4" | "ipv6"): string => (family === "ipv6" ? "6" : "4");

export class Lab {
  readonly topology: Topology;
  readonly #host = new Agent();
  readonly #outside = new Agent();
  readonly #log: KernelLog;

  private constructor(topology: Topology) {
    this.topology = topology;
    this.#log = new KernelLog(topology.own);
  }

  static async build(topology: Topology): Promise<Lab> {
    const lab = new Lab(topology);
    // both have unshared once they answer
    for (const agent of [lab.#host, lab.#outside]) await agent.tell("take");
    lab.#connect();
    for (const { name } of topology.wires) await lab.#outside.tell("open", name);
    for (const port of topology.served)
      for (const six of ["4", "6"]) for (const kind of ["udp", "tcp"]) await lab.#host.tell("serve", six, kind, port);
    // what devices say when they come up
    await new Promise((resolve) => setTimeout(resolve, 300));
    await lab.#outside.tell("take");
    lab.#log.take();
    return lab;
  }

  /** In the host's namespace; throws with what the command complained of. */
  run(input: string, command: string, ...args: readonly string[]): string {
    return this.#host.run(input, command, ...args);
  }

  /** A command that goes on in the host's namespace. */
  start(command: string, ...args: readonly string[]): ReturnType<Agent["start"]> {
    return this.#host.start(command, ...args);
  }

  /** null: loaded; else what the tool said. A table that was never loaded stays so until a dump has it. */
  load(dumps: Dumps): string | null {
    for (const family of ["ipv4", "ipv6", "bridge"] as const) {
      const dump = dumps[family];
      if (dump === undefined) continue;
      try {
        this.run(dump, RESTORE[family]);
      } catch (error) {
        return `${RESTORE[family]}: ${String((error as { stderr?: string }).stderr).trim()}`;
      }
    }
    return null;
  }

  /** No packet is on its way any more when it returns: veth and bridge hand frames on within the sending call. */
  async send(sent: Sent): Promise<Seen> {
    if (sent.by === "wire") await this.#outside.tell("frame", sent.wire, sent.hex);
    else if (sent.by === "raw") await this.#try("raw", sixOf(sent.family), sent.mark, sent.hex);
    else {
      const { family, uid, mark, tos, ttl, source, sourcePort, destination, destinationPort, hex } = sent;
      await this.#try(
        "udp",
        ...[sixOf(family), uid, mark, tos, ttl, source, sourcePort, destination, destinationPort, hex],
      );
    }
    return this.take();
  }

  /** What has come since. */
  async take(): Promise<Seen> {
    await this.#host.tell("take");
    const frames = (await this.#outside.tell("take")).map((line) => {
      const [, wire = "", hex = ""] = line.split(" ");
      return { wire, hex };
    });
    return { lines: this.#log.take(), frames };
  }

  /** conntrack forgets every connection; the kernel prints what namespaces other than the first trace. */
  async begin(): Promise<void> {
    if (readFileSync(ALL_PRINT, "latin1").trim() !== "1") writeFileSync(ALL_PRINT, "1");
    await this.#host.tell("forget");
  }

  close(): void {
    this.#host.end();
    this.#outside.end();
    this.#log.close();
  }

  facts(): HostJson {
    const json = (...command: readonly [string, ...string[]]) => JSON.parse(this.run("", ...command) || "[]");
    // `default` does not say of which family it is
    const six = json("ip", "-6", "-j", "route", "show", "table", "all").map((route: { dst: string }) =>
      route.dst === "default" ? { ...route, dst: "::/0" } : route,
    );
    return {
      kernel: release(),
      backend: { iptables: "legacy", ebtables: "nft" },
      addr: json("ip", "-j", "addr"),
      link: json("ip", "-j", "-d", "link"),
      route: [...json("ip", "-4", "-j", "route", "show", "table", "all"), ...six],
      rule: ["inet", "inet6"].flatMap((family) =>
        json("ip", "-family", family, "-j", "rule").map((rule: object) => ({ ...rule, family })),
      ),
      conntrack: [],
      time: new Date().toISOString(),
      ...(this.topology.sets ? { ipset: this.run("", "ipset", "save") } : {}),
      xfrm: this.run("", "ip", "xfrm", "policy"),
      neigh: json("ip", "-j", "neigh"),
      fdb: json("bridge", "-j", "fdb"),
      sysctl: Object.fromEntries(
        this.run("", "sysctl", "-a")
          .split("\n")
          .filter((line) => /^net\.(?:bridge|ipv[46]|netfilter)\./.test(line))
          .map((line) => line.split(" = ") as [string, string]),
      ),
    };
  }

  /** A packet of this host that a rule drops is an error for its sender. */
  async #try(...words: readonly (string | number)[]): Promise<void> {
    try {
      await this.#host.tell(...words);
    } catch (error) {
      if (!/send: /.test(String(error))) throw error;
    }
  }

  #connect(): void {
    const { bridges, wires, routes, rules, sets = [], sysctl } = this.topology;
    const set = (values: Readonly<Record<string, string | number>>) =>
      Object.entries(values).map(([name, value]) => `${name}=${value}`);
    this.#outside.run("", "sysctl", "-qw", ...set({ [`${ALL_SIX}.disable_ipv6`]: 1, [`${NEW_SIX}.disable_ipv6`]: 1 }));
    this.run("", "sysctl", "-qw", ...set({ ...QUIET, ...sysctl }));
    const lines = ["link set lo up"];
    for (const { name, mac } of bridges)
      lines.push(`link add ${name} address ${mac} type bridge mcast_snooping 0`, `link set ${name} up`);
    for (const { name, mac, bridge, group, peers } of wires) {
      const [peer] = peers;
      lines.push(
        `link add ${name} address ${mac} type veth peer name ${name} netns ${this.#outside.pid}`,
        ...(bridge ? [`link set ${name} master ${bridge}`] : []),
        ...(group ? [`link set ${name} group ${group}`] : []),
        `link set ${name} up`,
      );
      if (!peer) throw new Error(`nobody is reached by ${name}`);
    }
    this.run(`${lines.join("\n")}\n`, "ip", "-batch", "-");
    const outside = wires.flatMap(({ name, peers }) => [`link set ${name} address ${peers[0]?.mac} up`]);
    this.#outside.run(`${outside.join("\n")}\n`, "ip", "-batch", "-");
    const addresses = [...bridges, ...wires].flatMap(({ name, addresses: own }) =>
      own.map((address) => `addr add ${address} dev ${name}${address.includes(":") ? " nodad" : " brd +"}`),
    );
    const neighbours = wires.flatMap(({ name, bridge, peers }) =>
      peers.flatMap(({ mac, addresses: theirs }) =>
        theirs.map((address) => `neigh replace ${address} lladdr ${mac} dev ${bridge ?? name} nud permanent`),
      ),
    );
    const ways = routes.map((route) => `route add ${route}`);
    this.run(`${[...addresses, ...neighbours, ...ways].join("\n")}\n`, "ip", "-batch", "-");
    for (const family of ["inet", "inet6"])
      this.run(rules.map((rule) => `rule add ${rule}\n`).join(""), "ip", "-family", family, "-batch", "-");
    if (sets.length > 0) this.run(`${sets.join("\n")}\n`, "ipset", "restore");
    const learnt = wires.flatMap(({ name, bridge, peers, hairpin }) => [
      // what a case's frames teach the bridge is not among the facts of the host, and stays for the next case
      ...(bridge ? [`link set dev ${name} learning off${hairpin ? " hairpin on" : ""}`] : []),
      ...(bridge ? peers.map(({ mac }) => `fdb replace ${mac} dev ${name} master static`) : []),
    ]);
    this.run(`${learnt.join("\n")}\n`, "bridge", "-batch", "-");
  }
}

/** Why no lab can be built here; null where one can. */
export function labLacks(): string | null {
  const programs = ["perl", "ip", "bridge", "ipset", "nsenter"];
  const missing = programs.filter((name) => spawnSync(name, ["--version"]).error !== undefined);
  return (
    lacking(["iptables-legacy", "ip6tables-legacy", "ebtables-nft"]) ??
    (missing.length > 0 ? `not installed: ${missing.join(", ")}` : null)
  );
}

const ALL_PRINT = "/proc/sys/net/netfilter/nf_log_all_netns";
const [ALL_SIX, NEW_SIX] = ["net.ipv6.conf.all", "net.ipv6.conf.default"];
/** So that the host says nothing by itself: no link-local addresses, router solicitations, detection of duplicates; group reports at once. */
const QUIET = {
  [`${ALL_SIX}.disable_ipv6`]: 0,
  [`${NEW_SIX}.disable_ipv6`]: 0,
  [`${NEW_SIX}.addr_gen_mode`]: 1,
  [`${NEW_SIX}.router_solicitations`]: 0,
  [`${NEW_SIX}.accept_ra`]: 0,
  [`${NEW_SIX}.accept_dad`]: 0,
  [`${NEW_SIX}.mldv2_unsolicited_report_interval`]: 10,
  "net.ipv4.conf.all.rp_filter": 0,
  "net.ipv4.conf.default.rp_filter": 0,
  "net.ipv4.conf.all.send_redirects": 0,
  "net.ipv4.conf.default.send_redirects": 0,
  // an answer that nobody acknowledges is not given again: a slow machine would do so among the lines of the next packet
  "net.ipv4.tcp_synack_retries": 0,
  "net.ipv4.icmp_ratelimit": 0,
  "net.ipv6.icmp.ratelimit": 0,
};
