/** Whether two lines are of one packet, by what they say of it. */
import type { Address } from "../facts/index.ts";
import type { LogValues } from "./event.ts";

/** The same packet by all that nothing on the way changes; NAT may change one side, or both if the ids are strong. */
export function isSame(was: LogValues, is: LogValues): boolean {
  if (was.ipId !== is.ipId || was.flowLabel !== is.flowLabel) return false;
  if (was.protocol !== is.protocol || was.icmpType !== is.icmpType) return false;
  if (was.seq !== is.seq || was.ack !== is.ack || was.tcpFlags !== is.tcpFlags || was.icmpSeq !== is.icmpSeq)
    return false;
  if (was.fragmentOffset !== is.fragmentOffset || was.inner?.ipId !== is.inner?.ipId) return false;
  // pieces before, the whole after: defragmentation between the hooks (semantics 4.1)
  if (was.length !== is.length && was.moreFragments === 0 && !mayHaveGrown(was, is)) return false;
  const same = sides(was, is);
  if (was.icmpId !== is.icmpId && same === 2) return false;
  const strong = (is.ipId ?? 0) !== 0 && (is.seq !== undefined || is.icmpSeq !== undefined);
  return same > 0 || strong;
}

/** xt_TCPMSS.c tcpmss_mangle_packet: an option of four bytes is put into a SYN that has none. */
const mayHaveGrown = (was: LogValues, is: LogValues): boolean =>
  (Number(was.tcpFlags ?? 0) & SYN) !== 0 && Number(is.length) - Number(was.length) === 4;
const SYN = 2;

export const sameSource = (a: LogValues, b: LogValues): boolean =>
  a.source === b.source && agree(a.sourcePort, b.sourcePort);
export const sameDestination = (a: LogValues, b: LogValues): boolean =>
  a.destination === b.destination && agree(a.destinationPort, b.destinationPort);
export const sides = (a: LogValues, b: LogValues): number => Number(sameSource(a, b)) + Number(sameDestination(a, b));
export const sameProtocol = (a: LogValues, b: LogValues): boolean => agree(a.protocol, b.protocol);
export const sameMacSource = (a: LogValues, b: LogValues): boolean =>
  agree(a.macSource ?? undefined, b.macSource ?? undefined);
/** One of the two may not tell. */
export const agree = <T>(a: T | undefined, b: T | undefined): boolean => a === undefined || b === undefined || a === b;

/**
 * The same address, or what SNPT makes of it, whatever prefix it has: another one, of 64 bits at most, and behind it the
 * word that takes up the difference, the first that is not all ones (net/ipv6/netfilter/ip6t_NPT.c ip6t_npt_map_pfx).
 */
export const isTranslated = (was: Address | undefined, is: Address | undefined): boolean =>
  was === is || (typeof was === "bigint" && typeof is === "bigint" && ((was ^ is) & HOST & ~takesUp(was)) === 0n);
const HOST = (1n << 64n) - 1n;
const takesUp = (address: bigint): bigint =>
  [48n, 32n, 16n, 0n].map((at) => 0xffffn << at).find((word) => (address & word) !== word) ?? 0n;
