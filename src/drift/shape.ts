/**
 * What of a packet decides its way, as text: packets of one shape go one way, so that one of them is walked for all. Ports
 * that no rule tells apart are told apart by nothing but which of them are equal, and lengths likewise; ids and sequence
 * numbers are asked for by no rule at all.
 */
import { type Family, type Field, type Host, only, type Packet, single } from "../facts/index.ts";
import type { Ruleset } from "../model/index.ts";
import type { LogValues, Placed, TracedPacket, TraceEvent, Tuple } from "../trace/index.ts";
import { Classes, PORTS } from "./classes.ts";
import { COMPARED } from "./compare.ts";

export interface Shape {
  readonly key: string;
  /** What stands in the key for them is their place here. */
  readonly ports: readonly number[];
}

/** What packets before it have left to its connection. */
interface Left {
  readonly fields: Packet["fields"];
  readonly attaches: boolean;
}

/** No field that a rule could ask for, or only what the conversation is told by. */
const NO_FIELDS: ReadonlySet<string> = new Set([
  "ipId",
  "flowLabel",
  "icmpId",
  "icmpSeq",
  "seq",
  "ack",
  "innerText",
  "inner",
]);
const OF_PLACE = ["inInterface", "outInterface", "physdevIn", "physdevOut", "source", "destination"] as const;
const MACS = ["macSource", "macDestination"] as const;
const SKIPPED: ReadonlySet<string> = new Set([...NO_FIELDS, ...OF_PLACE, ...MACS, "place"]);
/** What is read of lines but the first and the first of IP, besides their place. */
const OF_OTHERS: readonly Field[] = [
  ...COMPARED.filter((name) => !OF_PLACE.some((each) => each === name)),
  "uidOwner",
  "gidOwner",
  "tcpFlags",
];
/** Below, headers may be cut off (`cutOff`). */
const SHORT = 256;
const SYN = 2;

export class Shapes {
  readonly #classes = new Map<Family, Classes>();
  readonly #ruleset: Ruleset;
  readonly #host: Host;

  constructor(ruleset: Ruleset, host: Host) {
    this.#ruleset = ruleset;
    this.#host = host;
  }

  /** `placed`, `kept`: what is known of its connection; null: nothing is asked of that. */
  of({ family, events }: TracedPacket, placed: Placed | null, kept?: Left): Shape {
    const ports = new Naming(this.#of(family));
    const ip = events.find(({ layer }) => layer === "ip");
    const parts: string[] = [family];
    if (placed) parts.push(placedKey(placed, ports));
    if (kept) parts.push(`${kept.attaches}`);
    for (const [name, set] of Object.entries(kept?.fields ?? {})) {
      const value = PORTS.has(name) ? single(set) : undefined;
      parts.push(`${name}=${typeof value === "number" ? ports.of(value) : `${set.absent}${set.ranges}`}`);
    }
    let last: LogValues | undefined;
    for (const [at, event] of events.entries()) {
      parts.push(nameOf(event));
      const { values } = event;
      if (at === 0 || event === ip) parts.push(ports.all(values));
      else if (values !== last) parts.push(ports.some(values));
      last = values;
    }
    return { key: parts.join("\n"), ports: ports.named };
  }

  #of(family: Family): Classes {
    let classes = this.#classes.get(family);
    if (!classes) this.#classes.set(family, (classes = new Classes(this.#ruleset, this.#host, family)));
    return classes;
  }
}

/** What another packet of that shape leaves. */
export function renamed<Left extends { readonly fields: Packet["fields"]; readonly as: Tuple | null }>(
  left: Left,
  from: Shape,
  to: Shape,
): Left {
  if (to.ports.every((port, at) => port === from.ports[at])) return left;
  const other = (port: number): number => to.ports[from.ports.indexOf(port)] ?? port;
  const fields: Partial<Record<string, Packet["fields"][Field]>> = { ...left.fields };
  for (const name of PORTS) {
    const port = single(fields[name]);
    if (typeof port === "number") fields[name] = only(other(port));
  }
  const { sourcePort, destinationPort } = left.as ?? {};
  const as = left.as && {
    ...left.as,
    ...(sourcePort === undefined ? {} : { sourcePort: other(sourcePort) }),
    ...(destinationPort === undefined ? {} : { destinationPort: other(destinationPort) }),
  };
  return { ...left, fields, as };
}

const nameOf = (event: TraceEvent): string => {
  const name = event.layer === "ip" ? event.id : event.prefix;
  return event.nft ? `${name} ${event.nft.verdict} ${event.nft.rule}` : name;
};

/** All that is said of it but who it is. */
function placedKey({ packet: _, conversation: __, original, reply, left, ...facts }: Placed, ports: Naming): string {
  const tuples = [original, reply, left].map(
    (tuple) =>
      tuple && `${tuple.source}:${ports.of(tuple.sourcePort)} ${tuple.destination}:${ports.of(tuple.destinationPort)}`,
  );
  return [...Object.values(facts), ...tuples].join();
}

const placeOf = (values: LogValues): string =>
  values.place === undefined ? [...OF_PLACE, ...MACS].map((name) => `${values[name]}`).join() : `@${values.place}`;

/** Ports by their class and the order in which they come. */
class Naming {
  readonly named: number[] = [];
  readonly #classes: Classes;

  constructor(classes: Classes) {
    this.#classes = classes;
  }

  of(port: number | null | undefined): string {
    if (typeof port !== "number") return String(port);
    const of = this.#classes.ofPort(port);
    if (of === null) return String(port);
    let at = this.named.indexOf(port);
    if (at < 0) at = this.named.push(port) - 1;
    return `${of}~${at}`;
  }

  all(values: LogValues): string {
    let text = placeOf(values);
    for (const name in values) {
      if (SKIPPED.has(name)) continue;
      const value = values[name as Field];
      if (value === undefined) continue;
      if (PORTS.has(name)) text += ` ${name}=${this.of(value as number | null)}`;
      else if (name === "length" || name === "udpLength") text += ` ${name}=${this.#length(name, values)}`;
      else text += ` ${name}=${value}`;
    }
    return text;
  }

  /** TCPMSS makes a SYN longer, and what udp says of its length is held against that. */
  #length(name: "length" | "udpLength", { length, udpLength, tcpFlags }: LogValues): string | number {
    const isExact = typeof length !== "number" || length < SHORT || (Number(tcpFlags ?? 0) & SYN) !== 0;
    if (isExact) return `${name === "length" ? length : udpLength}`;
    if (name === "udpLength") return length - Number(udpLength);
    return `${this.#classes.ofLength(length)}`;
  }

  some(values: LogValues): string {
    let text = placeOf(values);
    for (const name of OF_OTHERS) {
      const value = values[name];
      text += PORTS.has(name) ? ` ${this.of(value as number | null)}` : ` ${value}`;
    }
    return text;
  }
}
