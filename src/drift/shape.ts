/**
 * What of a packet decides its way, as text: packets of one shape go one way, so that one of them is walked for all. Ports
 * that no rule tells apart are told apart by nothing but which of them are equal, and lengths likewise; ids and sequence
 * numbers are asked for by no rule at all.
 */
import type { Effect } from "../extensions/index.ts";
import {
  type Condition,
  type Family,
  type Field,
  type Host,
  only,
  type Packet,
  type Ranges,
  single,
} from "../facts/index.ts";
import { meaningOf, type Rule, type Ruleset } from "../model/index.ts";
import type { LogValues, Placed, TracedPacket, TraceEvent, Tuple } from "../trace/index.ts";
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

const PORTS: ReadonlySet<string> = new Set<Field>([
  "sourcePort",
  "destinationPort",
  "ctorigsrcport",
  "ctorigdstport",
  "ctreplsrcport",
  "ctrepldstport",
]);
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

function placedKey(placed: Placed, ports: Naming): string {
  const { direction, first, replied, related, alone, natVisited, opening, proxied, unanswered } = placed;
  const tuples = [placed.original, placed.reply, placed.left].map(
    (tuple) =>
      tuple && `${tuple.source}:${ports.of(tuple.sourcePort)} ${tuple.destination}:${ports.of(tuple.destinationPort)}`,
  );
  return [direction, first, replied, related, alone, natVisited, opening, proxied, unanswered, ...tuples].join();
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

/** Values that all rules of a family, and the host, answer alike. */
class Classes {
  /** Where another class of ports begins; each port is one by itself where they are reckoned with. */
  readonly #ports = new Set<number>([0]);
  readonly #lengths = new Set<number>();
  readonly #ofPort: Int32Array | null;
  readonly #firstLengths: readonly number[];

  constructor({ tables }: Ruleset, host: Host, family: Family) {
    const { json } = host;
    for (const { mtu } of [...(json.link ?? []), ...(json.addr ?? [])])
      if (mtu !== undefined) this.#lengths.add(mtu + 1);
    const rules = tables
      .filter((table) => table.family === family || table.family === "bridge")
      .flatMap(({ chains }) => [...chains.values()].flatMap((chain) => chain.rules));
    const isPlain = rules.every((rule) => this.#isPlain(rule, host));
    const asksRoutes = (json.rule ?? []).some(({ sport, dport }) => sport !== undefined || dport !== undefined);
    this.#ofPort = isPlain && !asksRoutes ? numbered(this.#ports) : null;
    this.#firstLengths = [...this.#lengths].sort((a, b) => a - b);
  }

  /** null: a port that is like no other. */
  ofPort(port: number): number | null {
    if (!this.#ofPort) return null;
    const of = this.#ofPort[port] ?? port;
    return this.#ofPort[port + 1] !== of && this.#ofPort[port - 1] !== of ? null : of;
  }

  ofLength(length: number): number {
    return this.#firstLengths.findLast((first) => first <= length) ?? 0;
  }

  #isPlain(rule: Rule, host: Host): boolean {
    const { condition, action } = meaningOf(rule, host);
    return this.#note(condition) && (action.kind !== "effects" || action.effects.every((each) => this.#isSimple(each)));
  }

  #note(condition: Condition): boolean {
    switch (condition.is) {
      case "all":
      case "any":
        return condition.of.every((each) => this.#note(each));
      case "not":
      case "until":
        return this.#note(condition.of);
      case "in":
        if (PORTS.has(condition.field)) begin(this.#ports, condition.ranges);
        if (condition.field === "length" || condition.field === "udpLength") begin(this.#lengths, condition.ranges);
        return true;
      case "bits":
        return !PORTS.has(condition.field) && condition.field !== "length";
      default:
        return true;
    }
  }

  #isSimple(effect: Effect): boolean {
    switch (effect.does) {
      case "translate":
        begin(this.#ports, effect.ports ?? []);
        return effect.base === undefined;
      case "if":
        return this.#note(effect.condition) && [...effect.yes, ...effect.no].every((each) => this.#isSimple(each));
      case "set":
      case "step":
        return !PORTS.has(effect.field);
      case "copy":
        return !PORTS.has(effect.field) && !PORTS.has(effect.from);
      case "become":
        if (PORTS.has(effect.field)) begin(this.#ports, effect.ranges ?? []);
        return true;
      default:
        return true;
    }
  }
}

function begin(classes: Set<number>, ranges: Ranges): void {
  for (const [from, to] of ranges) {
    classes.add(Number(from));
    classes.add(Number(to));
  }
}

function numbered(firsts: ReadonlySet<number>): Int32Array {
  const out = new Int32Array(65536);
  for (let [port, of] = [0, 0]; port < out.length; port++) {
    if (firsts.has(port)) of = port;
    out[port] = of;
  }
  return out;
}
