/** Facts of the host that the lines of a log tell by themselves, for logs that come without any. */
import { type Family, Host, type HostJson, isGroupMac, writeMac } from "../facts/index.ts";
import type { TraceEvent } from "../trace/index.ts";
import { tableOf } from "./compare.ts";

/** Which devices are bridges, their ports, hairpins and MACs; whether IP tables see their frames. Semantics 4.4, 4.5. */
export class Learned {
  /** Port → its bridge. */
  readonly #bridges = new Map<string, string>();
  /** Bridge → whether IP lines name the port that a frame came in by. */
  readonly #calls = new Map<string, boolean>();
  /** Port → the MAC of frames that its bridge took in; null: of several. */
  readonly #taken = new Map<string, number | null>();
  /** Ports between which a frame was bridged. */
  readonly #joined = new Map<string, string>();
  /** Ports that frames left by as they had come: they have a hairpin (br_forward.c should_deliver). */
  readonly #hairpins = new Set<string>();
  /** Of which IP lines were printed. */
  readonly #logged = new Set<Family>();
  readonly #given: Host;
  #host: Host | null = null;

  constructor(given: Host) {
    this.#given = given;
  }

  /** The lines of one packet. */
  add(events: readonly TraceEvent[]): void {
    events.forEach((event, at) => {
      const { layer, values, nft } = event;
      const { inInterface, outInterface, physdevIn, physdevOut } = values;
      if (physdevIn && physdevIn === physdevOut && !this.#hairpins.has(physdevIn)) {
        this.#hairpins.add(physdevIn);
        this.#host = null;
      }
      if (layer === "ip") {
        this.#logged.add(event.family);
        if (inInterface && physdevIn) this.#note(physdevIn, inInterface, true);
        if (outInterface && physdevOut) this.#note(physdevOut, outInterface, true);
        return;
      }
      if (physdevIn && physdevOut && physdevIn !== physdevOut) this.#join(physdevIn, physdevOut);
      if (physdevIn && tableOf(event).chain === "INPUT") this.#take(physdevIn, values.macDestination);
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

  isLogged(family: Family): boolean {
    return this.#logged.has(family);
  }

  /** A frame of eb:INPUT is addressed to the bridge, but for those to all (br_input.c br_handle_frame_finish). */
  #take(port: string, mac: unknown): void {
    if (typeof mac !== "number" || isGroupMac(mac)) return;
    const before = this.#taken.get(port);
    const agreed = before === undefined || before === mac ? mac : null;
    if (agreed === before) return;
    this.#taken.set(port, agreed);
    this.#host = null;
  }

  #join(one: string, other: string): void {
    if (this.#joined.get(one) === other) return;
    this.#joined.set(one, other);
    this.#joined.set(other, one);
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
    const ports = this.#ports();
    const devices = [
      ...[...new Set(ports.values())].map((ifname) => ({
        ifname,
        linkinfo: { info_kind: "bridge" },
        ...this.#addressOf(ifname, ports),
      })),
      ...[...ports].map(([ifname, master], at) => ({
        ifname,
        master,
        ifindex: at,
        ...(this.#hairpins.has(ifname) ? { linkinfo: { info_slave_data: { hairpin: true } } } : {}),
      })),
    ];
    const seen = [...this.#calls.values()];
    const agreed = seen.length > 0 && seen.every((calls) => calls === seen[0]) ? seen[0] : undefined;
    const calls = agreed === undefined ? {} : Object.fromEntries(CALLS.map((name) => [name, agreed ? "1" : "0"]));
    const json: HostJson = { ...host.json, link: devices, sysctl: { ...calls, ...sysctl } };
    return new Host(json);
  }

  /** A frame stays on its bridge: where one of two ports belongs, so does the other. */
  #ports(): ReadonlyMap<string, string> {
    const ports = new Map(this.#bridges);
    for (let before = -1; before < ports.size; ) {
      before = ports.size;
      for (const [one, other] of this.#joined) {
        const bridge = ports.get(one);
        if (bridge !== undefined && !ports.has(other)) ports.set(other, bridge);
      }
    }
    return ports;
  }

  /** Ports have MACs of their own, which the host takes in too: of several, which is the bridge's is not told. */
  #addressOf(bridge: string, ports: ReadonlyMap<string, string>): { address?: string } {
    const taken = new Set([...this.#taken].flatMap(([port, mac]) => (ports.get(port) === bridge ? [mac] : [])));
    const [mac] = taken;
    return taken.size === 1 && mac != null ? { address: writeMac(mac) } : {};
  }
}
export const CALLS = ["net.bridge.bridge-nf-call-iptables", "net.bridge.bridge-nf-call-ip6tables"];

const nextIp = (events: readonly TraceEvent[], at: number) => events.slice(at + 1).find(({ layer }) => layer === "ip");
const lastIp = (events: readonly TraceEvent[], at: number) =>
  events.slice(0, at).findLast(({ layer }) => layer === "ip");
