/** What follows from other fields of a packet, where it is not stated itself. */
import { type Family, GROUP_MACS } from "./address.ts";
import type { Field } from "./fields.ts";
import { has, isAbsent, meet, minus, only, single, type ValueSet } from "./value-set.ts";

type Known = Readonly<Partial<Record<Field, ValueSet>>>;

export function derived(fields: Known, field: Field, family: Family): ValueSet | undefined {
  if (field === "pktType") return pktType(fields);
  if (field === "eui64") return eui64(fields);
  if (field === "ctTemplate") return only(0);
  if (field === "socket") return socket(fields, family);
  return field === "frameProtocol" ? frameProtocol(fields, family) : undefined;
}

/** include/uapi/linux/if_ether.h ETH_P_IP, ETH_P_IPV6, ETH_P_ARP */
const CARRIED: Readonly<Record<Family, ValueSet | undefined>> = {
  ipv4: only(0x0800),
  ipv6: only(0x86dd),
  arp: only(0x0806),
  bridge: undefined,
};
/** net/bridge/netfilter/ebtables.c ebt_basic_match: of a tagged frame the tag's, whatever it carries. */
function frameProtocol({ vlanTag }: Known, family: Family): ValueSet | undefined {
  if (isAbsent(vlanTag)) return CARRIED[family];
  return vlanTag && !vlanTag.absent ? only(0x8100) : undefined;
}

const BROADCAST = 2 ** 48 - 1;
const TO_ONE: ValueSet = {
  absent: false,
  ranges: [
    [0, 1],
    [3, 4],
  ],
};
/** net/ethernet/eth.c eth_type_trans: by the destination MAC; to one host, it is this one or another. */
function pktType({ macDestination }: Known): ValueSet | undefined {
  if (isAbsent(macDestination)) return TO_ONE;
  if (!macDestination || macDestination.absent) return undefined;
  const { ranges } = macDestination;
  if (single(macDestination) === BROADCAST) return only(1);
  if (meet(ranges, GROUP_MACS).length === 0) return TO_ONE;
  return minus(ranges, GROUP_MACS).length === 0 && !has(ranges, BROADCAST) ? only(2) : undefined;
}

/**
 * net/ipv6/netfilter/ip6t_eui64.c: ff:fe in the middle of the source MAC, one bit of it turned. The loopback's frames
 * have a header of zeros; whether it is looked at differs (Linux 6.18.44 does not, measured).
 */
function eui64({ source, macSource, inInterface }: Known): ValueSet | undefined {
  const address = single(source);
  if (typeof address !== "bigint") return undefined;
  if (((address >> 24n) & 0xffffn) !== 0xfffen) return only(0);
  const isLoopback = single(inInterface) === "lo";
  const mac = isLoopback ? 0 : single(macSource);
  if (typeof mac !== "number") return undefined;
  const bits = BigInt(mac);
  const made = ((bits >> 24n) << 40n) | (0xfffen << 24n) | (bits & 0xffffffn);
  const isMade = (address & 0xffffffffffffffffn) === (made ^ (2n << 56n));
  return isMade && isLoopback ? undefined : only(isMade ? 1 : 0);
}

/**
 * What comes in has none yet. The kernel sends its ICMP by a socket of its own, with no file to it: net/ipv4/icmp.c
 * icmp_xmit_lock, net/ipv6/icmp.c, ndisc.c; measured of echo replies, errors, REJECT's too, and neighbour discovery.
 */
function socket({ uidOwner, inInterface, physdevIn, protocol }: Known, family: Family): ValueSet | undefined {
  if (uidOwner && !uidOwner.absent) return only(1);
  if ([inInterface, physdevIn].some((device) => device && !device.absent)) return only(0);
  return isAbsent(inInterface) && single(protocol) === (family === "ipv6" ? 58 : 1) ? only(1) : undefined;
}
