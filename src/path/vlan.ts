/**
 * Frames with a VLAN tag: br_netfilter shows them to iptables only where bridge-nf-filter-vlan-tagged is 1, and a frame that
 * goes up to the host is for the VLAN's own device. net/bridge/br_netfilter_hooks.c is_vlan_ip, net/core/dev.c
 * __netif_receive_skb_core; semantics 4.4 Q, recordings t02c, t06c.
 */
import { absent, type Bridge, isAbsent, known, narrow, only, single } from "../facts/index.ts";
import { give } from "./rewrite.ts";
import { set } from "./routing.ts";
import { assume, fork, lose, mayLose, type Traveller, type World } from "./traveller.ts";

/** A frame of which its tag is not told is one or the other. */
export function taggedOrNot(traveller: Traveller): Traveller[] {
  const tag = known(traveller.packet, "vlanTag");
  if (!tag.absent || isAbsent(tag)) return [traveller];
  const tagged = fork(traveller);
  tagged.packet = narrow(tagged.packet, "vlanTag", { absent: false, ranges: tag.ranges }) ?? tagged.packet;
  assume(tagged, "vlanTag", null, "tagged");
  set(traveller, "vlanTag", absent);
  assume(traveller, "vlanTag", null, "none");
  return [traveller, tagged];
}

/** The switches that must all be on for iptables to see the frame, each with what is known of it. */
export function switchesOf(
  { packet }: Traveller,
  bridge: Bridge | undefined,
  { host }: World,
): readonly (readonly [name: string, on: boolean | undefined])[] {
  const calls = bridge ? host.bridgeCallsIptables(bridge.name, packet.family) : true;
  const shown = ["bridge-nf-call-iptables", calls] as const;
  if (isAbsent(packet.fields.vlanTag)) return [shown];
  const tagged = host.sysctl("net.bridge.bridge-nf-filter-vlan-tagged");
  return [shown, ["bridge-nf-filter-vlan-tagged", tagged === undefined ? undefined : tagged === 1]];
}

/** The bridge itself takes what is of VLAN 0, which is a priority and no VLAN. */
export function untag(traveller: Traveller, { host }: World): Traveller[] {
  const { vlanTag } = traveller.packet.fields;
  if (!vlanTag || isAbsent(vlanTag)) return [traveller];
  const tag = single(vlanTag);
  const id = typeof tag === "number" ? tag & 0xfff : undefined;
  give(traveller, "vlanTag", absent);
  if (id === 0) return [traveller];
  const bridge = traveller.bridge ?? "";
  const device = host.vlanDevice(bridge, id);
  const ways = id === undefined ? [fork(traveller)] : [];
  for (const way of ways) {
    assume(way, "vlanTag", null, "of VLAN 0");
    assume(traveller, "vlanTag", null, "of a VLAN");
  }
  const reason = `no device of ${bridge} takes its VLAN`;
  if (device === null) return [...ways, lose(traveller, reason)];
  if (device !== undefined) set(traveller, "inInterface", only(device));
  else set(traveller, "inInterface", { ...known({ ...traveller.packet, fields: {} }, "inInterface"), absent: false });
  return [
    ...ways,
    ...(device === undefined ? mayLose(traveller, "link", ["a VLAN device", "no device"], reason) : [traveller]),
  ];
}
