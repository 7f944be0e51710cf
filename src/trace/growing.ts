/**
 * Whether a line goes on with a packet: by what it says of the packet and of the way, never by rule number, kind or
 * chain (semantics 1.9).
 */
import { type Family, isGroupMac } from "../facts/index.ts";
import { type BridgeEvent, type IpEvent, type LogValues, positionOf, type TraceEvent } from "./event.ts";
import {
  agree,
  isSame,
  isTranslated,
  sameDestination,
  sameMacSource,
  sameProtocol,
  sameSource,
  sides,
} from "./same.ts";

export function familyOf(event: TraceEvent): Family {
  if (event.layer === "ip") return event.family;
  return event.values.etherType === 0x0800 ? "ipv4" : event.values.etherType === 0x86dd ? "ipv6" : "bridge";
}

/** A bridge's line, and what is asked of it again and again. */
export interface Frame {
  readonly event: BridgeEvent;
  readonly family: Family;
  readonly ports: string;
  /** A hook does not see a frame twice at the same ports. */
  readonly key: string;
  /** The base chain that its watcher stands in, where it is there to trace. */
  readonly base: string;
  /** iptables sees a frame behind these chains of the bridge (semantics 4.4). */
  readonly isEarly: boolean;
}
export function frameOf(event: BridgeEvent): Frame {
  const { values, prefix, nft } = event;
  const ports = `${values.physdevIn ?? ""} ${values.physdevOut ?? ""}`;
  const [, name = "", base = ""] = OF_CHAIN.exec(prefix.trim()) ?? [];
  const isEarly = (base === "BROUTING" || base === "PREROUTING") && nft === undefined && positionOf(event) !== "out";
  // watchers that are there to trace stand in base chains, once each, and no frame comes to such a chain twice
  return { event, family: familyOf(event), ports, key: `${prefix} ${ports}`, base: name === "" ? "" : base, isEarly };
}
/** `TRACE: eb:nat:PREROUTING`, and any other prefix that ends in a hook's name. */
const OF_CHAIN = /^(?:(TRACE: eb:\w+)|.*):(BROUTING|PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING)$/;

/** A packet that may get more lines. */
export class Growing {
  readonly number: number;
  readonly family: Family;
  readonly events: TraceEvent[] = [];
  readonly gapBefore: boolean;
  gapAfter = false;
  /** What a monitor of iptables-nft called it last. */
  trace: string | undefined;
  #lastIp: IpEvent | undefined;
  #last: TraceEvent | undefined;
  /** Hooks that its last IP lines were printed in, on the same way. */
  #hooks = 0;
  #loop: "none" | "left" | "back" = "none";
  /** Bridge lines seen. */
  readonly #frames = new Set<string>();
  /** Ports at which the frame's way through the bridge has ended, and by which chain. */
  readonly #ended = new Set<string>();
  readonly #outPorts = new Set<string>();
  /** Those of IP lines alone: the bridge's line of a copy comes before. */
  readonly #outPortsOfIp = new Set<string>();
  /** Ports, and whether the packet was on its way through to them or out of them when IP lines told it. */
  readonly #passed = new Set<string>();

  constructor(number: number, family: Family, gapBefore: boolean) {
    this.number = number;
    this.family = family;
    this.gapBefore = gapBefore;
  }

  /** What a line that goes on with its IP lines has to have too; null: it has none yet. */
  get ipId(): number | undefined | null {
    return this.#lastIp ? this.#lastIp.values.ipId : null;
  }

  /** `frame`: of a bridge's line. */
  add(event: TraceEvent, frame: Frame | null): void {
    const { values } = event;
    this.events.push(event);
    this.#last = event;
    this.trace = event.nft?.trace;
    if (event.layer === "ip") {
      const last = this.#lastIp;
      if (!last || wayOf(last) !== wayOf(event)) this.#hooks = 1;
      else if (isBefore(event.table, last.table)) this.#hooks++;
      this.#lastIp = event;
    } else if (frame) {
      this.#frames.add(frame.key);
      if (frame.base === "INPUT" || frame.base === "POSTROUTING") this.#ended.add(`${frame.base} ${frame.ports}`);
    }
    if (values.physdevOut != null) {
      this.#outPorts.add(values.physdevOut);
      if (event.layer === "ip") {
        this.#outPortsOfIp.add(values.physdevOut);
        this.#passed.add(passing(event));
      }
    }
    if (values.outInterface === "lo") this.#loop = "left";
    else if (values.inInterface === "lo") this.#loop = "back";
  }

  takes(event: IpEvent): boolean {
    const last = this.#lastIp;
    if (!last || last.family !== event.family) return false;
    return (last.values === event.values || isSame(last.values, event.values)) && this.#mayFollow(last, event);
  }

  /** Whether the way leads on from the last line: in → through → out, and twice only where the kernel does so. */
  #mayFollow(last: IpEvent, event: IpEvent): boolean {
    const [was, is] = [last.values, event.values];
    // a packet on lo keeps its trace flag and comes in again (semantics 1.2)
    if (is.inInterface === "lo" && this.#loop === "left") return true;
    if (this.#beginsAgain(last, event)) return false;
    if (was.physdevIn != null && is.physdevIn != null && was.physdevIn !== is.physdevIn) return false;
    const flooded = isGroup(is.macDestination ?? was.macDestination) || was.physdevOut != null;
    const nextPort = is.physdevOut != null && !this.#outPortsOfIp.has(is.physdevOut);
    switch (`${positionOf(last)} ${positionOf(event)}` as const) {
      // the way in changes no source but by SNPT: that is done on the way out (semantics 4.2)
      case "in in":
        return was.inInterface === is.inInterface && (isTranslated(was.source, is.source) || this.#isTraced(event));
      case "in through":
        return was.inInterface === is.inInterface;
      case "through through":
        return was.inInterface === is.inInterface && (was.outInterface === is.outInterface || flooded);
      // this host's own multicast has left once before it has IN (ip_output.c ip_mc_output)
      case "through out":
        return was.outInterface === is.outInterface && !this.#isOwn;
      // one branch a port, then perhaps one to this host (semantics 4.4 O)
      case "through in":
        return flooded && was.inInterface === is.inInterface;
      case "out in":
        return flooded && was.physdevIn != null && was.physdevIn === is.physdevIn;
      // the next branch; or multicast of this host's own, which has IN in POSTROUTING (semantics 4.7)
      case "out through":
        return (was.physdevIn != null && nextPort) || (was.physdevIn == null && is.inInterface === is.outInterface);
      // from nothing but IN to nothing but OUT: a kernel before 5.7 and no FORWARD line (semantics 4.7)
      case "in out":
        return was.inInterface !== "lo";
      // rerouted between the two hooks: OUT may differ (semantics 4.4 J, 4.8)
      case "out out":
        return true;
    }
  }

  /**
   * The tables of a hook come in their order, raw first (semantics 4.1): one before the last one's begins the next hook,
   * of which each stretch of the way has two at most, or another packet, of which a line is lost.
   */
  #beginsAgain(last: IpEvent, event: IpEvent): boolean {
    if (event.table === "raw" && last.table !== "raw") return true;
    if (!isBefore(event.table, last.table) || wayOf(last) !== wayOf(event)) return false;
    return this.#hooks >= 2;
  }

  get #isOwn(): boolean {
    return this.events[0] !== undefined && positionOf(this.events[0]) === "out";
  }

  /** The monitors' own name for a packet; security comes behind nat in INPUT there (priority 150). */
  #isTraced({ nft }: IpEvent): boolean {
    return nft !== undefined && nft.trace === this.trace;
  }

  /** Whether this is so far a frame only, and the line goes on with the packet in it. */
  isFrameOf({ family, values }: IpEvent): boolean {
    const last = this.#last;
    if (this.#lastIp || !last || this.family !== family) return false;
    if (values.physdevIn != null && last.values.physdevIn != null && values.physdevIn !== last.values.physdevIn)
      return false;
    if (values.inInterface === null && values.physdevIn === null) return false;
    return sameMacSource(last.values, values) && sameProtocol(last.values, values) && sides(last.values, values) === 2;
  }

  hasBothSides({ values }: BridgeEvent): boolean {
    return this.#last !== undefined && sides(this.#last.values, values) === 2;
  }

  takesFrame(frame: Frame): boolean {
    const last = this.#last;
    if (!last || this.family !== frame.family || (frame.isEarly && this.#lastIp)) return false;
    const { event } = frame;
    const { values } = event;
    // the line printed last says what the addresses are now, the last IP line where the packet is
    if (!sameProtocol(last.values, values)) return false;
    const from = sameSource(last.values, values);
    const to = sameDestination(last.values, values);
    if (!from && !to) return false;
    if (this.#frames.has(frame.key) && !this.#mayRepeat(frame)) return false;
    if (this.#isThrough(frame)) return false;
    // the monitors name no port in IP lines, and the packet in all
    if (event.nft) return this.trace === event.nft.trace && agree(last.values.ipId, values.ipId) && (from || to);
    // the bridge's own chains come first at a port (NF_BR_PRI_FILTER_BRIDGED, NF_BR_PRI_NAT_SRC before NF_BR_PRI_BRNF)
    if (values.physdevOut != null && this.#passed.has(passing(event))) return false;
    const place = positionOf(event);
    // source NAT of what was routed shows in the first frame that leaves, and nothing changes an address after it
    if (place === "out") return to && this.#leavesBy(values) && (from || (last.layer === "ip" && this.#isRouted()));
    if (place === "through" && this.#isRouted()) return false;
    if (!sameMacSource(this.#ingress(), values) || this.#portIn() !== values.physdevIn) return false;
    // from where it goes out nothing comes back in but the host's copy of what was flooded
    if (place === "in" && positionOf(last) !== "in" && !isGroup(values.macDestination)) return false;
    // DNAT and its reversal show between two lines, on one side at a time (semantics 4.4 H, I)
    return this.#lastIp ? from || to : from && to;
  }

  /**
   * Rules of a user chain print again when a frame comes to it a second time in one hook. What the frame's lines at
   * these ports began with is the next frame's beginning.
   */
  #mayRepeat({ base, ports, key }: Frame): boolean {
    if (base !== "") return false;
    const frames = this.events.map((each) => (each.layer === "ip" ? null : frameOf(each)));
    const here = frames.slice(frames.findLastIndex((each) => each?.ports !== ports) + 1);
    return here.findIndex((each) => each?.key === key) > 0;
  }

  /** At one port the way through a bridge ends with these. */
  #isThrough({ base, ports }: Frame): boolean {
    if (base === "OUTPUT") return this.#ended.has(`POSTROUTING ${ports}`);
    return base.endsWith("ROUTING") && this.#ended.has(`INPUT ${ports}`);
  }

  /** Whether a frame that only leaves is this packet's: it was sent or forwarded, and if bridged to that port. */
  #leavesBy(values: LogValues): boolean {
    const last = this.#last as TraceEvent;
    if (last.layer === "bridge" && positionOf(last) === "through") return last.values.physdevOut === values.physdevOut;
    const ip = this.#lastIp;
    if (ip?.values.physdevOut != null) return ip.values.physdevOut === values.physdevOut;
    if (ip) return positionOf(ip) !== "in" && ip.values.outInterface !== "lo";
    const port = [...this.#outPorts].at(-1);
    // a bridge leaves the sender's address as it is; the line that tells the port may be lost
    if (positionOf(last) === "out" || port === undefined) return sameMacSource(last.values, values);
    return port === values.physdevOut;
  }

  /** Or this host's own; such a packet is bridged no more. */
  #isRouted(): boolean {
    const ip = this.#lastIp;
    return ip !== undefined && positionOf(ip) !== "in" && ip.values.physdevOut == null;
  }

  #ingress(): LogValues {
    return this.events.find(({ values }) => values.macSource != null)?.values ?? {};
  }

  #portIn(): string | null | undefined {
    const port = this.events.find(({ values }) => values.physdevIn != null)?.values.physdevIn;
    // without br_netfilter IP lines name no port (semantics 4.5)
    return port ?? this.events.find(({ layer }) => layer === "bridge")?.values.physdevIn;
  }
}

/** nat aside: it comes third in some hooks and last in others (semantics 4.1). */
const ORDER: Readonly<Record<string, number>> = { raw: 0, mangle: 1, filter: 3, security: 4 };
function isBefore(table: string, last: string): boolean {
  const [is, was] = [ORDER[table], last === "nat" ? 2 : ORDER[last]];
  return is !== undefined && was !== undefined && is < was && !(table === "filter" && last === "nat");
}
const wayOf = ({ values }: IpEvent): string =>
  `${values.inInterface ?? ""} ${values.outInterface ?? ""} ${values.physdevOut ?? ""}`;
const passing = (event: TraceEvent): string => `${positionOf(event)} ${event.values.physdevOut}`;
const isGroup = (mac: number | null | undefined): boolean => mac != null && isGroupMac(mac);
