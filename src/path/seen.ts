/** The packet as rules see it, which differs from hook to hook, and what their answers say of it. */
import {
  absent,
  CONFIRMED,
  ctStates,
  evaluate,
  everything,
  type Field,
  type Host,
  known,
  MULTICAST,
  only,
  type Packet,
  type Piece,
  type ValueSet,
  withFields,
  within,
} from "../facts/index.ts";
import type { Hook, Layer } from "./journey.ts";
import { pktTypeAt } from "./pkt-type.ts";
import type { Traveller } from "./traveller.ts";

/** Devices that the hook does not have are absent. Semantics 1.1, 4.4, 4.5, 4.7. */
export function seenAt(traveller: Traveller, layer: Layer, hook: Hook, table: string, host: Host): Packet {
  const { packet, bridged, bridge, brnf, fromHost } = traveller;
  const hidden: Partial<Record<Field, ValueSet>> = {};
  const entering = hook === "BROUTING" || hook === "PREROUTING" || hook === "INPUT";
  const pktType = pktTypeAt(traveller, layer, hook, host);
  if (pktType) hidden.pktType = pktType;
  if (layer === "bridge") {
    if (entering) Object.assign(hidden, { physdevOut: absent, outInterface: absent });
    if (hook === "OUTPUT" || hook === "POSTROUTING") Object.assign(hidden, { physdevIn: absent, inInterface: absent });
    return { ...packet, fields: { ...packet.fields, ...hidden } };
  }
  if (entering) hidden.outInterface = absent;
  if (hook === "OUTPUT") {
    hidden.inInterface = absent;
    if (traveller.hookOut) hidden.outInterface = traveller.hookOut;
  }
  if (hook === "POSTROUTING") {
    const routedShowsIn = host.kernelAtLeast(5, 7);
    // multicast of this host's own shows its out device as IN too (semantics 4.7, recording s01); of IPv6 its sender has
    // set that device, whatever the destination has become (net/ipv6/ndisc.c ndisc_alloc_skb, mcast.c)
    if (fromHost && routedShowsIn !== false && isToGroup(traveller)) hidden.inInterface = known(packet, "outInterface");
    else if (bridged || fromHost || routedShowsIn === false) hidden.inInterface = absent;
    else if (routedShowsIn === undefined) hidden.inInterface = everything("inInterface", packet.family);
  }
  const onBridge = bridge !== null && brnf;
  if (!onBridge) hidden.physdevIn = absent;
  if (!(onBridge && bridged) || entering) hidden.physdevOut = absent;
  if (table === "raw" && !traveller.tracked) Object.assign(hidden, beforeConntrack(traveller));
  return { ...packet, fields: { ...packet.fields, ...hidden } };
}
function isToGroup({ packet, started: { destination } }: Traveller): boolean {
  const sent = packet.family === "ipv6" && destination ? withFields(packet, { destination }) : packet;
  return evaluate(within("destination", MULTICAST[packet.family], "multicast"), sent).is === "yes";
}
const NO_CONNECTION = { ctmark: absent, ctnat: absent };
const zeros = (names: readonly Field[], zero: number | bigint) =>
  Object.fromEntries(names.map((name) => [name, only(zero)]));
/** Before conntrack every packet is INVALID (semantics 6.2), unless a rule attached something (xt_CT.c). */
function beforeConntrack({ attached, packet }: Traveller): Packet["fields"] {
  if (attached === "untracked") return { ...NO_CONNECTION, ctstate: ctStates("UNTRACKED") };
  if (attached === null || attached === "nothing") return { ...NO_CONNECTION, ctstate: ctStates("INVALID") };
  // a template is a confirmed connection of nobody (nf_ct_tmpl_alloc; recorded in test/recordings/targets.json)
  return {
    ctstate: ctStates("NEW"),
    ctstatus: only(CONFIRMED),
    ctTemplate: only(1),
    ...zeros(["ctdir", "ctmark", "ctnat", "ctorigsrcport", "ctorigdstport", "ctreplsrcport", "ctrepldstport"], 0),
    ...zeros(["ctorigsrc", "ctorigdst", "ctreplsrc", "ctrepldst"], packet.family === "ipv6" ? 0n : 0),
  };
}

/** Takes over what a rule's answer narrowed, without what its hook had hidden. */
export function learn(traveller: Traveller, before: Packet, piece: Piece): void {
  const changed: Partial<Record<Field, ValueSet>> = {};
  for (const [field, set] of Object.entries(piece.packet.fields) as [Field, ValueSet][]) {
    if (before.fields[field] === set) continue;
    if (field === "outInterface" && traveller.hookOut) traveller.hookOut = set;
    else changed[field] = set;
  }
  const { assumed, bits } = piece.packet;
  traveller.packet = { ...withFields(traveller.packet, changed), assumed, ...(bits ? { bits } : {}) };
}
