/** What follows from other fields of a packet, where it is not stated itself. */
import type { Field } from "./fields.ts";
import { isAbsent, only, single, type ValueSet } from "./value-set.ts";

type Known = Readonly<Partial<Record<Field, ValueSet>>>;

export const derived = (fields: Known, field: Field): ValueSet | undefined =>
  field === "pktType" ? pktType(fields) : field === "eui64" ? eui64(fields) : undefined;

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
  const mac = single(macDestination);
  if (typeof mac !== "number") return undefined;
  if (mac === BROADCAST) return only(1);
  return isGroup(mac) ? only(2) : TO_ONE;
}
const isGroup = (mac: number): boolean => Math.floor(mac / 2 ** 40) % 2 === 1;

/** net/ipv6/netfilter/ip6t_eui64.c: ff:fe in the middle of the source MAC, one bit of it turned. */
function eui64({ source, macSource }: Known): ValueSet | undefined {
  const [address, mac] = [single(source), single(macSource)];
  if (typeof address !== "bigint" || typeof mac !== "number") return undefined;
  const bits = BigInt(mac);
  const made = ((bits >> 24n) << 40n) | (0xfffen << 24n) | (bits & 0xffffffn);
  return only((address & 0xffffffffffffffffn) === (made ^ (2n << 56n)) ? 1 : 0);
}
