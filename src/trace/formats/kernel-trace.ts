/** Lines of the legacy TRACE target, IPv4 and IPv6: net/ipv4/netfilter/ip_tables.c trace_packet, nf_log_syslog.c; semantics 1. */
import { type Address, type Field, TCP_FLAGS } from "../../facts/index.ts";
import { detached } from "../../source.ts";
import { addressOf, assign, macOf, protocolOf, remembered } from "../draft.ts";
import type { Draft, IpEvent, LogValues } from "../event.ts";
import { readHeaders } from "../headers.ts";

const HEAD = "TRACE: ";
const DEVICES = /^IN=\S* OUT=\S*(?: |$)/;
/** net/ipv4/netfilter/iptable_*.c, net/ipv6/netfilter/ip6table_*.c: the kernel has no others. */
const TABLES: readonly string[] = ["raw", "mangle", "nat", "filter", "security"];
/** Whether it begins as TRACE lines do and is none: only a LOG rule's prefix names another table. */
export function isImitation(message: string): boolean {
  if (!message.startsWith(HEAD) || TABLES.includes(message.slice(HEAD.length, message.indexOf(":", HEAD.length))))
    return false;
  const [, table = ""] = /^TRACE: ([^:\s]*):\S+ IN=/.exec(message) ?? [];
  return table !== "" && table !== "eb" && !TABLES.includes(table);
}

/** From the right: a chain may have any of these words and any `:` in its name (semantics 1.3, recording t03a). */
const ID = /^([^:]+):(.+):(rule|return|policy):([1-9]\d*)$/;

/** `table:chain:kind:number`, taken apart. */
type Named = Pick<IpEvent, "id" | "table" | "chain" | "kind" | "number">;
/** Names remembered: a rule-set has no more than a few thousand that are ever printed. */
const MOST_NAMES = 1 << 14;

/** Reads one message; remembers the last one, because the lines of a packet mostly differ in their ids alone. */
export class KernelTrace {
  readonly #named = new Map<string, Named | null>();
  #text = "";
  #values: LogValues | undefined;

  read(message: string, line: number, text: string): IpEvent | undefined {
    if (!message.startsWith(HEAD)) return undefined;
    const end = message.indexOf(" ", HEAD.length);
    const named = end < 0 ? null : this.#nameOf(message.slice(HEAD.length, end));
    if (!named) return undefined;
    const rest = message.slice(end + 1);
    if (rest !== this.#text) {
      this.#text = rest;
      this.#values = DEVICES.test(rest) ? readValues(rest) : undefined;
    }
    const values = this.#values;
    if (!values) return undefined;
    const { id, table, chain, kind, number } = named;
    const family = typeof values.source === "bigint" ? "ipv6" : "ipv4";
    return { layer: "ip", family, line, text, table, chain, kind, number, id, values };
  }

  #nameOf(text: string): Named | null {
    let named = this.#named.get(text);
    if (named !== undefined) return named;
    const id = detached(text);
    const [, table = "", chain = "", kind, number] = ID.exec(id) ?? [];
    named = kind ? { id, table, chain, kind: kind as IpEvent["kind"], number: Number(number) } : null;
    if (this.#named.size >= MOST_NAMES) this.#named.clear();
    this.#named.set(id, named);
    return named;
  }
}

function readValues(text: string): LogValues | undefined {
  const start = text.indexOf(" [SRC=");
  if (start < 0) return readFields(text);
  // the last bracket closes it: what follows has none, what is inside may: `INCOMPLETE [8 bytes] ] ` (semantics 1.4)
  const end = Math.max(text.lastIndexOf("]"), start + 2);
  const values = readFields(text.slice(0, start) + text.slice(end + 1));
  const innerText = text.slice(start + 2, end);
  const inner = readFields(innerText);
  return values && { ...values, innerText, ...(inner ? { inner } : {}) };
}

/** Keys whose value is the field, as it stands. */
const numbers: Readonly<Record<string, Field | "ipId" | "flowLabel" | "seq" | "ack">> = {
  TTL: "ttl",
  HOPLIMIT: "ttl",
  LEN: "length",
  ID: "ipId",
  FLOWLBL: "flowLabel",
  UID: "uidOwner",
  GID: "gidOwner",
  MARK: "mark",
};
/** The same keys after PROTO=: LEN= and ID= then are the inner header's. */
const transport: typeof numbers = {
  SPT: "sourcePort",
  DPT: "destinationPort",
  SEQ: "seq",
  ACK: "ack",
  LEN: "udpLength",
  UID: "uidOwner",
  GID: "gidOwner",
  MARK: "mark",
};
const names: ReadonlyMap<string, "inInterface" | "outInterface" | "physdevIn" | "physdevOut"> = new Map([
  ["IN", "inInterface"],
  ["OUT", "outInterface"],
  ["PHYSIN", "physdevIn"],
  ["PHYSOUT", "physdevOut"],
]);

/** Devices, link header and addresses: the same of many packets, and between the lines of one all that changes but its TTL. */
const places = remembered((text): Draft => {
  const values: Draft = { physdevIn: null, physdevOut: null, place: ++placesRead };
  readWords(values, text);
  return values;
});
let placesRead = 0;
/** The rest of the last line: what the packet itself is. */
let last: { text: string; source: LogValues["source"]; values: Draft } | null = null;

/** undefined when the addresses cannot be read. */
function readFields(text: string): LogValues | undefined {
  const end = text.indexOf(" LEN=");
  const place = places(end < 0 ? text : text.slice(0, end));
  const { source, destination } = place;
  if (source === undefined || typeof source !== typeof destination) return undefined;
  const rest = end < 0 ? "" : text.slice(end);
  if (last?.text !== rest || typeof last.source !== typeof source)
    last = { text: rest, source, values: readRest(rest, source) };
  return whole(place, last.values);
}

/** Always of one shape, which is read much faster than what each line would leave out. */
function whole(place: Draft, rest: Draft): LogValues {
  return {
    place: place.place,
    inInterface: place.inInterface,
    outInterface: place.outInterface,
    physdevIn: place.physdevIn,
    physdevOut: place.physdevOut,
    macDestination: place.macDestination,
    macSource: place.macSource,
    source: place.source,
    destination: place.destination,
    length: rest.length,
    tosEven: rest.tosEven,
    tos: rest.tos,
    ttl: rest.ttl,
    ipId: rest.ipId,
    flowLabel: rest.flowLabel,
    dontFragment: rest.dontFragment,
    moreFragments: rest.moreFragments,
    fragmentOffset: rest.fragmentOffset,
    fragmentId: rest.fragmentId,
    ipOptions: rest.ipOptions,
    namedHeaders: rest.namedHeaders,
    unnamedHeaders: rest.unnamedHeaders,
    protocol: rest.protocol,
    sourcePort: rest.sourcePort,
    destinationPort: rest.destinationPort,
    udpLength: rest.udpLength,
    seq: rest.seq,
    ack: rest.ack,
    tcpFlags: rest.tcpFlags,
    tcpEcn: rest.tcpEcn,
    tcpOptions: rest.tcpOptions,
    tcpMss: rest.tcpMss,
    icmpType: rest.icmpType,
    icmpId: rest.icmpId,
    icmpSeq: rest.icmpSeq,
    ahSpi: rest.ahSpi,
    espSpi: rest.espSpi,
    incomplete: rest.incomplete,
    uidOwner: rest.uidOwner,
    gidOwner: rest.gidOwner,
    mark: rest.mark,
  } as LogValues;
}

function readRest(text: string, source: Address): Draft {
  const values: Draft = { source, fragmentOffset: 0, moreFragments: 0, mark: 0 };
  readWords(values, text);
  // the only protocol whose later fragments print no PROTO at all (recording t02a, frag-ah-nonfirst)
  if (typeof source === "number" && values.fragmentOffset !== 0) values.protocol ??= 51;
  readHeaders(values, text);
  return values;
}

function readWords(values: Draft, text: string): void {
  let type: number | undefined;
  for (const token of text.split(" ")) {
    const equals = token.indexOf("=");
    if (equals < 0) readMark(values, token);
    else {
      const key = token.slice(0, equals);
      const value = token.slice(equals + 1);
      const name = names.get(key);
      if (name) values[name] = value || null;
      else if (key === "TYPE") type = Number(value);
      else if (key === "CODE") values.icmpType = (type ?? 0) * 256 + Number(value);
      else readValue(values, key, value);
    }
  }
}

function readValue(values: Draft, key: string, value: string): void {
  const isTransport = values.protocol !== undefined;
  const field = (isTransport ? transport : numbers)[key];
  const isIcmp = values.protocol === 1 || values.protocol === 58;
  if (isIcmp && key === "ID") values.icmpId = Number(value);
  else if (isIcmp && key === "SEQ") values.icmpSeq = Number(value);
  else if (field) Object.assign(values, /^(\d+|0x[\da-f]+)$/.test(value) ? { [field]: Number(value) } : {});
  else if (key === "SRC") assign(values, "source", addressOf(value));
  else if (key === "DST") assign(values, "destination", addressOf(value));
  else if (key === "PROTO") {
    assign(values, "protocol", protocolOf(value));
  } else if (key === "RES") {
    // the flags follow, so the header is there
    values.tcpFlags = 0;
    values.tcpEcn = 0;
  } else if (key === "TOS") Object.assign(values, { tosEven: Number(value), dontFragment: 0 });
  else if (key === "PREC") values.tosEven = (values.tosEven ?? 0) | Number(value);
  else if (key === "TC") values.tos = Number(value);
  else if (key === "MAC") readHeader(values, value);
}

/** Words without a value: fragment marks and tcp flags. */
function readMark(values: Draft, token: string): void {
  const bit = TCP_FLAGS.indexOf(token as (typeof TCP_FLAGS)[number]);
  if (token === "DF") values.dontFragment = 1;
  else if (token === "MF" || token === "INCOMPLETE") {
    if (values.protocol === undefined) values.moreFragments = 1;
  } else if (typeof values.tcpEcn === "number" && (token === "ECE" || token === "CWR")) {
    values.tcpEcn |= token === "ECE" ? 1 : 2;
  } else if (token.startsWith("FRAG:")) {
    // in bytes for IPv6, in units of 8 for IPv4 (semantics 1.4, 1.6)
    values.fragmentOffset = Number(token.slice(5)) / (typeof values.source === "bigint" ? 8 : 1);
  } else if (token.startsWith("ID:") && typeof values.source === "bigint")
    values.ipId = Number.parseInt(token.slice(3), 16);
  else if (bit >= 0 && typeof values.tcpFlags === "number") values.tcpFlags |= 1 << bit;
}

/** MAC= is the link header: destination, source, ethertype. Empty for tun, zeros for lo: no Ethernet (semantics 1.5). */
function readHeader(values: Draft, header: string): void {
  const ethernet = header.length === 41 && /[1-9a-f]/.test(header.slice(0, 35));
  values.macDestination = (ethernet ? macOf(header.slice(0, 17)) : undefined) ?? null;
  values.macSource = (ethernet ? macOf(header.slice(18, 35)) : undefined) ?? null;
}
