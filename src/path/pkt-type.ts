/** To whom the kernel takes a frame to be addressed (skb->pkt_type), where the way tells more than the frame's MAC. */
import {
  evaluate,
  exactly,
  type Host,
  isAbsent,
  known,
  knownValue,
  MULTICAST,
  meet,
  only,
  type Packet,
  single,
  type ValueSet,
  within,
} from "../facts/index.ts";
import type { Hook, Layer } from "./journey.ts";

const HOST = only(0);
const OTHERHOST = only(3);

/** What a traveller knows of its way. */
interface Way {
  readonly packet: Packet;
  readonly bridge: string | null;
  readonly bridged: boolean;
  readonly fromHost: boolean;
}

/** undefined: what the packet's own fields say. */
export function pktTypeAt(way: Way, layer: Layer, hook: Hook, host: Host): ValueSet | undefined {
  const { packet, bridged, fromHost } = way;
  // made here: net/core/skbuff.c leaves 0 in a new buffer
  if (fromHost) return HOST;
  if (layer === "ip") {
    const { destination, inInterface } = packet.fields;
    const multicast = destination ? meet(destination.ranges, MULTICAST[packet.family]).length > 0 : true;
    // drivers/net/loopback.c: what is for one host has the loopback's own MAC, and so has a broadcast
    if (single(inInterface) === "lo" && !multicast) return HOST;
    // net/ipv4/ip_forward.c drops what is not for the host itself; ipmr.c forwards multicast as it is
    return (hook === "FORWARD" || hook === "POSTROUTING") && !bridged && !multicast ? HOST : undefined;
  }
  if (hook === "OUTPUT" || (hook === "POSTROUTING" && !bridged)) return HOST;
  return toOne(way, host);
}

export const isTo = (mac: number, packet: Packet) =>
  evaluate(within("macDestination", exactly(mac), "this MAC"), packet).is;

/** A frame to one MAC: net/ethernet/eth.c eth_type_trans by the port's, net/bridge/br_input.c by the bridge's own. */
function toOne({ packet, bridge }: Way, host: Host): ValueSet | undefined {
  const { macDestination, pktType } = packet.fields;
  if (pktType || macDestination === undefined || isAbsent(macDestination)) return undefined;
  if (known(packet, "pktType").ranges[0]?.[0] !== 0) return undefined;
  const port = knownValue(packet, "physdevIn");
  const own = [host.bridge(bridge ?? "")?.mac, port === undefined ? undefined : host.macOfDevice(String(port))];
  const answers = own.map((mac) => mac !== undefined && isTo(mac, packet));
  if (answers.includes("yes")) return HOST;
  return answers.every((answer) => answer === "no") ? OTHERHOST : undefined;
}
