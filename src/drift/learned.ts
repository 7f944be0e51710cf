/** Facts of the host that the lines of a log tell by themselves, for logs that come without any. */
import { Host, type HostJson } from "../facts/index.ts";
import type { TraceEvent } from "../trace/index.ts";

/** Which devices are bridges, and their ports; whether IP tables see their frames. Semantics 4.4, 4.5. */
export class Learned {
  /** Port → its bridge. */
  readonly #bridges = new Map<string, string>();
  /** Bridge → whether IP lines name the port that a frame came in by. */
  readonly #calls = new Map<string, boolean>();
  readonly #given: Host;
  #host: Host | null = null;

  constructor(given: Host) {
    this.#given = given;
  }

  /** The lines of one packet. */
  add(events: readonly TraceEvent[]): void {
    events.forEach(({ layer, values, nft }, at) => {
      const { inInterface, outInterface, physdevIn, physdevOut } = values;
      if (layer === "ip") {
        if (inInterface && physdevIn) this.#note(physdevIn, inInterface, true);
        if (outInterface && physdevOut) this.#note(physdevOut, outInterface, true);
        return;
      }
      // a frame that goes up is a packet of its bridge, one that leaves was sent by it
      const after = physdevIn && !physdevOut ? nextIp(events, at)?.values : undefined;
      if (after?.inInterface && physdevIn && after.outInterface === null)
        this.#note(physdevIn, after.inInterface, nft ? undefined : after.physdevIn !== null);
      const before = !physdevIn && physdevOut ? lastIp(events, at)?.values : undefined;
      if (before?.outInterface && physdevOut && !before.physdevOut) this.#note(physdevOut, before.outInterface);
    });
  }

  #note(port: string, bridge: string, calls?: boolean): void {
    if (this.#bridges.get(port) === bridge && (calls === undefined || this.#calls.get(bridge) === calls)) return;
    this.#bridges.set(port, bridge);
    if (calls !== undefined) this.#calls.set(bridge, calls);
    this.#host = null;
  }

  /** The host with what was learnt so far; one whose devices are known stays as it is. */
  get host(): Host {
    this.#host ??= this.#withBridges();
    return this.#host;
  }

  #withBridges(): Host {
    const host = this.#given;
    const { link, addr, sysctl } = host.json;
    if (link || addr || this.#bridges.size === 0) return host;
    const bridges = [...new Set(this.#bridges.values())];
    const devices = [
      ...bridges.map((ifname) => ({ ifname, linkinfo: { info_kind: "bridge" } })),
      ...[...this.#bridges].map(([ifname, master], at) => ({ ifname, master, ifindex: at })),
    ];
    const seen = [...this.#calls.values()];
    const agreed = seen.length > 0 && seen.every((calls) => calls === seen[0]) ? seen[0] : undefined;
    const calls = agreed === undefined ? {} : Object.fromEntries(CALLS.map((name) => [name, agreed ? "1" : "0"]));
    const json: HostJson = { ...host.json, link: devices, sysctl: { ...calls, ...sysctl } };
    return new Host(json);
  }
}
export const CALLS = ["net.bridge.bridge-nf-call-iptables", "net.bridge.bridge-nf-call-ip6tables"];

const nextIp = (events: readonly TraceEvent[], at: number) => events.slice(at + 1).find(({ layer }) => layer === "ip");
const lastIp = (events: readonly TraceEvent[], at: number) =>
  events.slice(0, at).findLast(({ layer }) => layer === "ip");
