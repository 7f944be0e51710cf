/**
 * What both monitors of iptables-nft have in common: a line with the packet before each base chain, then lines that
 * name rules by their handles (semantics 2).
 */
import type { BridgeEvent, Draft, IpEvent, LogValues, NftLine, TraceEvent } from "./event.ts";
import { Recent } from "./recent.ts";

export interface NftStep extends Omit<NftLine, "first"> {
  readonly family: "ipv4" | "ipv6" | "bridge";
  readonly table: string;
  readonly chain: string;
  readonly kind: IpEvent["kind"];
  /** Printed behind a policy by nft alone. */
  readonly mark?: number;
}

/** Packets that are remembered; those untouched for longest go first. */
const MOST_PACKETS = 4096;

/** The packets that were printed last, by family and trace id. */
export class NftPackets {
  readonly #known = new Recent<string, { values: LogValues; first: boolean }>(MOST_PACKETS);

  remember(family: NftStep["family"], trace: string, values: LogValues): void {
    this.#known.set(`${family} ${trace}`, { values, first: true });
  }

  /** undefined: no line has said what the packet is. */
  event(step: NftStep, line: number, text: string): TraceEvent | undefined {
    const key = `${step.family} ${step.trace}`;
    const known = this.#known.get(key);
    if (!known) return undefined;
    const values = step.mark === undefined ? known.values : { ...known.values, mark: step.mark };
    const event = toEvent(step, values, known.first, line, text);
    if (known.first) this.#known.set(key, { values: later(known.values), first: false });
    return event;
  }
}

/** The packet is printed once a base chain: what its rules change since is not told (semantics 2). */
const later = (values: LogValues): LogValues =>
  Object.fromEntries(Object.entries(values).filter(([name]) => !CHANGED.includes(name)));
const CHANGED: readonly string[] = ["mark", "ttl", "tos"];

function toEvent(step: NftStep, values: LogValues, first: boolean, line: number, text: string): IpEvent | BridgeEvent {
  const { family, table, chain, kind, trace, handle, verdict, rule, words } = step;
  const nft = { trace, first, handle, verdict, rule, words };
  const id = `${table}:${chain}:${kind}${handle === null ? "" : `:0x${handle.toString(16)}`}`;
  if (family === "bridge")
    return { layer: "bridge", line, text, prefix: `TRACE: eb:${id}`, values, nft: { ...nft, table, chain, kind } };
  return { layer: "ip", family, line, text, table, chain, kind, number: 0, id, values, nft };
}

const ETHERTYPES: Readonly<Record<string, number>> = { ipv4: 0x0800, ipv6: 0x86dd };
/** In a bridge's line IN and OUT are ports; in an IP line none is ever printed. */
export function withDevices(
  values: Draft,
  family: NftStep["family"],
  inside: string | null,
  out: string | null,
): Draft {
  if (family === "bridge") return { ...values, physdevIn: inside, physdevOut: out };
  return { ...values, inInterface: inside, outInterface: out, etherType: ETHERTYPES[family] as number };
}
