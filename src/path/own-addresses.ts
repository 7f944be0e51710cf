/** The host's own addresses that NAT gives to packets. net/netfilter/nf_nat_masquerade.c, nf_nat_redirect.c */
import {
  type Address,
  allValues,
  evaluate,
  exactly,
  type Family,
  type Host,
  has,
  knownValue,
  type OwnAddress,
  type Packet,
  type Ranges,
  readAddress,
  within,
} from "../facts/index.ts";
import type { Hook } from "./journey.ts";
import { nameOf } from "./traveller.ts";

/**
 * MASQUERADE: the out device's address; REDIRECT: the in device's, or loopback for packets of this host. null: the
 * device has none (nf_nat_masquerade.c, nf_nat_redirect.c: NF_DROP).
 */
export function ownAddresses(packet: Packet, manip: "source" | "destination", hook: Hook, host: Host): Ranges | null {
  if (manip === "destination" && hook === "OUTPUT")
    return exactly(readAddress(packet.family === "ipv6" ? "::1" : "127.0.0.1") ?? 0);
  const dev = nameOf(packet, manip === "source" ? "outInterface" : "inInterface");
  const destination = knownValue(packet, "destination");
  if (manip === "destination" && dev !== undefined) return redirected(host.addressesOf(dev, packet.family), packet);
  // net/ipv6/addrconf.c ipv6_get_saddr_eval prefers the destination itself, and what the loopback takes is the host's own
  if (packet.family === "ipv6" && dev === "lo" && typeof destination === "bigint") return exactly(destination);
  const own = dev === undefined ? undefined : usable(dev, packet.family, host);
  if (own === undefined) return allValues(manip, packet.family);
  if (own.length === 0) return null;
  // several: the one of the next hop's network (inet_select_addr), which for a neighbour is the destination's own
  const near = own.find(({ network }) => destination !== undefined && has([network], destination));
  return near ? exactly(near.address) : exactly(...own.map(({ address }) => address));
}

/** The device's first address, in IPv6 of the destination's scope if that is the link. nf_nat_redirect.c */
function redirected(own: readonly OwnAddress[] | undefined, packet: Packet): Ranges | null {
  if (own === undefined) return allValues("destination", packet.family);
  const isLocal = within("destination", LINK_LOCAL, "link-local");
  const onLink = packet.family === "ipv6" ? evaluate(isLocal, packet).is : "no";
  const fitting = own
    .filter(({ address }) => onLink !== "yes" || has(LINK_LOCAL, address))
    .map(({ address }) => address);
  if (fitting.length === 0) return null;
  return onLink === "unknown" ? exactly(...fitting) : exactly(fitting[0] as Address);
}
export const LINK_LOCAL: Ranges = [[0xfe80n << 112n, 0xfec0n << 112n]];

/** A source holds outside of this host, so that the loopback lends those of the other devices (inet_select_addr). */
function usable(dev: string, family: Family, host: Host) {
  const own = host.addressesOf(dev, family);
  if (own === undefined) return own;
  const lends = own.some(({ isGlobal }) => isGlobal) ? [dev] : host.devices;
  const first = lends.map((each) => host.addressesOf(each, family)?.filter(({ isGlobal }) => isGlobal) ?? []);
  return first.find((each) => each.length > 0) ?? [];
}
