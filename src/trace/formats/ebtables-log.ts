/** Lines of the ebtables log watcher: net/bridge/netfilter/ebt_log.c ebt_log_packet; semantics 3. */
import { addressOf, macOf, remembered } from "../draft.ts";
import type { BridgeEvent, Draft } from "../event.ts";

const HEAD = /^(?:(.*) )?IN=(\S*) OUT=(\S*) MAC source = (\S+) MAC dest = (\S+) proto = 0x([\da-f]{4})(| .*)$/;
const IPV4 = /^ IP SRC=(\S+) IP DST=(\S+), IP tos=0x([\dA-F]{2}), IP proto=(\d+)/;
const IPV6 = /^ IPv6 SRC=(\S+) IPv6 DST=(\S+), IPv6 priority=0x[\dA-F]+, Next Header=(\d+)/;
const PORTS = / SPT=(\d+) DPT=(\d+)\s*$/;
/** net/bridge/netfilter/ebt_log.c print_ports: tcp, udp, udplite, sctp, dccp. */
const WITH_PORTS = [6, 17, 136, 132, 33];

const EXTENSION_HEADERS = [0, 43, 44, 51, 60];

export function readBridgeLine(message: string, line: number, text: string): BridgeEvent | undefined {
  const read = frames(message);
  return read && { layer: "bridge", line, text, ...read };
}

let placesRead = 0;
const places = remembered(() => ++placesRead);

/** A frame tells no id: the lines of one conversation are the same again and again. */
const frames = remembered((message): Pick<BridgeEvent, "prefix" | "values"> | undefined => {
  const head = HEAD.exec(message);
  if (!head) return undefined;
  const [, prefix = "", physdevIn, physdevOut, source = "", destination = "", etherType = "", rest = ""] = head;
  const [macSource, macDestination] = [macOf(source), macOf(destination)];
  if (macSource === undefined || macDestination === undefined) return undefined;
  const values: Draft = {
    physdevIn: physdevIn || null,
    physdevOut: physdevOut || null,
    macSource,
    macDestination,
    etherType: Number.parseInt(etherType, 16),
    place: places(message.replace(/ SPT=\d+ DPT=\d+\s*$/, "")),
  };
  readNetwork(values, rest);
  return { prefix, values };
});

function readNetwork(values: Draft, rest: string): void {
  const four = IPV4.exec(rest);
  const [, from = "", to = "", protocol] = four ? [...four.slice(0, 3), four[4]] : (IPV6.exec(rest) ?? []);
  const [source, destination] = [addressOf(from), addressOf(to)];
  if (source === undefined || destination === undefined) return;
  Object.assign(values, { source, destination });
  // of IPv6 the first header's name is printed, which need not be the protocol (recording s14: Next Header=0)
  if (four || !EXTENSION_HEADERS.includes(Number(protocol))) values.protocol = Number(protocol);
  if (four) values.tos = Number.parseInt(four[3] ?? "", 16);
  const ports = PORTS.exec(rest);
  if (ports) Object.assign(values, { sourcePort: Number(ports[1]), destinationPort: Number(ports[2]) });
}

/**
 * The kernel prints such a line in pieces, and another CPU may print in between (semantics 3; recordings s03, s05, s06):
 * the rest is then a message of its own.
 */
export const isRemainder = (message: string): boolean => /^ ?(?:IP SRC=|IPv6 SRC=|ARP |SPT=)/.test(message);

/** Whether this remainder is what the line lacks: its network part, or its ports. */
export function lacks({ values, text }: BridgeEvent, remainder: string): boolean {
  const ports = WITH_PORTS.includes(values.protocol ?? -1) && values.sourcePort === undefined;
  const kind = remainder.trimStart();
  if (kind.startsWith("SPT=")) return ports;
  if (kind.startsWith("ARP MAC")) return / OPCODE=\d+\s*$/.test(text);
  const etherType = kind.startsWith("IPv6") ? 0x86dd : kind.startsWith("IP ") ? 0x0800 : 0x0806;
  return values.etherType === etherType && / proto = 0x[\da-f]{4}\s*$/.test(text);
}

/** Whether anything could still follow. */
export const mayBeTorn = (event: BridgeEvent): boolean =>
  !event.nft && (event.values.source === undefined ? OTHERS : [" SPT="]).some((piece) => lacks(event, piece));
const OTHERS = [" IP SRC=", " IPv6 SRC=", " ARP HTYPE", " ARP MAC", " SPT="];
