/** Hosts that one packet's lines may come from, where nobody told of the host: what they suppose is named. */
import { type Family, Host, type HostJson, known, single, writeAddress } from "../facts/index.ts";
import type { Step } from "../path/index.ts";
import type { TraceEvent } from "../trace/index.ts";
import type { Divergence } from "./compare.ts";
import { CALLS, type Learned } from "./learned.ts";

export interface Supposed {
  /** What `host.json` calls it. */
  readonly facts: readonly string[];
  readonly host: Host;
}

/** None where anything of devices, addresses or routes is known: that is not overruled. */
export function* supposedHosts(
  given: Host,
  learned: Learned,
  family: Family,
  events: readonly TraceEvent[],
): Generator<Supposed> {
  const { link, addr, route, sysctl } = given.json;
  if (link || addr || route || sysctl) return;
  const local = localOf(events);
  const [devices, addresses] = [withPorts(learned.host.json.link ?? [], events), local ? { addr: local } : {}];
  // a log that has no IP line of the family: perhaps nobody prints them (recording s16d)
  const logger = { [`net.netfilter.nf_log.${family === "ipv6" ? 10 : 2}`]: "NONE" };
  for (const unlogged of learned.isLogged(family) ? [{}] : [{}, logger]) {
    const names = ["net.bridge.bridge-nf-call-iptables", ...Object.keys(unlogged)];
    const facts = [...names.map((name) => `sysctl ${name}`), ...(local ? ["addr"] : [])];
    for (const calls of ["0", "1"]) {
      const sysctls = { ...Object.fromEntries(CALLS.map((name) => [name, calls])), ...unlogged };
      yield { facts, host: new Host({ ...given.json, link: devices, sysctl: sysctls, ...addresses }) };
    }
  }
}

type Links = NonNullable<HostJson["link"]>;

/** Besides those that are known one bridge, and the other ports that the frames' lines name. */
function withPorts(there: Links, events: readonly TraceEvent[]): Links {
  const ports = new Set(
    events
      .flatMap(({ values }) => [values.physdevIn, values.physdevOut])
      .filter((port) => port != null && !there.some(({ ifname }) => ifname === port)) as string[],
  );
  if (ports.size === 0 && there.length > 0) return there;
  const ip = events.find(({ layer, values }) => layer === "ip" && (values.inInterface ?? values.outInterface));
  const bridge = ip?.values.inInterface ?? ip?.values.outInterface ?? "bridge";
  return [
    ...there,
    ...(there.some(({ ifname }) => ifname === bridge) ? [] : [{ ifname: bridge, linkinfo: { info_kind: "bridge" } }]),
    ...[...ports].map((ifname, at) => ({ ifname, master: bridge, ifindex: there.length + at })),
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

/**
 * Without routes nobody knows whom the kernel drops where it decides between two hooks: no line says so (semantics 4.9),
 * and the lines of such a packet just end. It routes after PREROUTING, OUTPUT and a bridge's INPUT, and again where DNAT
 * readdressed what it sends (recording s09b); a bridge looks for a port after PREROUTING (s08: no hairpin); and whoever
 * has no neighbour's MAC sends nothing.
 */
export function maySilentlyEnd({ seen, predicted, before }: Divergence, { json }: Host): boolean {
  if (seen !== null || json.route !== undefined || !predicted || !before) return false;
  const [from, to] = [`${before.layer} ${before.hook}`, `${predicted.layer} ${predicted.hook}`];
  if (from === to)
    return (
      from === "ip OUTPUT" && before.table === "nat" && predicted.table !== "nat" && isReaddressed(before, predicted)
    );
  if (from === "ip POSTROUTING") return predicted.layer === "bridge";
  return DECIDED_AFTER.has(from) && (to !== "ip PREROUTING" || from === "bridge INPUT");
}
const DECIDED_AFTER = new Set(["ip PREROUTING", "ip OUTPUT", "bridge PREROUTING", "bridge INPUT"]);

const isReaddressed = (before: Step, after: Step): boolean =>
  single(known(before.seen, "destination")) !== single(known(after.seen, "destination"));
