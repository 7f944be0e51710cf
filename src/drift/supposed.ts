/** Hosts that one packet's lines may come from, where nobody told of the host: what they suppose is named. */
import { Host, writeAddress } from "../facts/index.ts";
import type { TraceEvent } from "../trace/index.ts";
import { CALLS } from "./learned.ts";

export interface Supposed {
  /** What `host.json` calls it. */
  readonly facts: readonly string[];
  readonly host: Host;
}

/** None where anything of devices, addresses or routes is known: that is not overruled. */
export function* supposedHosts(given: Host, learned: Host, events: readonly TraceEvent[]): Generator<Supposed> {
  const { link, addr, route, sysctl } = given.json;
  if (link || addr || route || sysctl) return;
  const local = localOf(events);
  const [devices, addresses] = [learned.json.link ?? portsOf(events), local ? { addr: local } : {}];
  const facts = ["sysctl net.bridge.bridge-nf-call-iptables", ...(local ? ["addr"] : [])];
  for (const calls of ["0", "1"]) {
    const sysctls = Object.fromEntries(CALLS.map((name) => [name, calls]));
    yield { facts, host: new Host({ ...given.json, link: devices, sysctl: sysctls, ...addresses }) };
  }
}

/** One bridge, and the ports that the frames' lines name. */
function portsOf(events: readonly TraceEvent[]) {
  const ports = new Set(
    events.flatMap(({ values }) => [values.physdevIn, values.physdevOut]).filter((port) => port != null),
  );
  const ip = events.find(({ layer, values }) => layer === "ip" && (values.inInterface ?? values.outInterface));
  const bridge = ip?.values.inInterface ?? ip?.values.outInterface ?? "bridge";
  return [
    { ifname: bridge, linkinfo: { info_kind: "bridge" } },
    ...[...ports].map((ifname, at) => ({ ifname, master: bridge, ifindex: at })),
  ];
}

/** The packet's destination as this host's own, where it was taken in. */
function localOf(events: readonly TraceEvent[]) {
  const last = events.findLast(({ layer }) => layer === "ip");
  const { inInterface, outInterface, destination } = last?.values ?? {};
  if (!inInterface || outInterface !== null || destination === undefined) return null;
  const isSix = typeof destination === "bigint";
  const own = { family: isSix ? "inet6" : "inet", local: writeAddress(destination), prefixlen: isSix ? 128 : 32 };
  return [{ ifname: inInterface, addr_info: [own] }];
}
