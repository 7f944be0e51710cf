/** NPT: an address gets another prefix, and one of its words takes up the difference of the checksum. RFC 6296. */
import type { Range } from "../facts/index.ts";

const WORDS = 8;
const bitsIn = ([low, high]: Range): number => 128 - ((BigInt(high) - BigInt(low)).toString(2).length - 1);
const wordsOf = (address: bigint): number[] =>
  Array.from({ length: WORDS }, (_, at) => Number((address >> BigInt(112 - 16 * at)) & 0xffffn));
const fold = (sum: number): number => (sum > 0xffff ? fold((sum & 0xffff) + (sum >>> 16)) : sum);
const sumOf = (address: bigint): number => fold(wordsOf(address).reduce((sum, word) => sum + word, 0));

/** The length of the prefix that is exchanged: the longer of the two. */
export const exchanged = (from: Range, to: Range): number => Math.max(bitsIn(from), bitsIn(to));

/**
 * net/ipv6/netfilter/ip6t_NPT.c ip6t_npt_map_pfx; null: no word is left to take up the difference, and the packet is
 * dropped.
 */
export function mapPrefix(address: bigint, from: Range, to: Range): bigint | null {
  const length = exchanged(from, to);
  const host = (1n << BigInt(128 - length)) - 1n;
  const words = wordsOf((BigInt(to[0]) & ~host) | (address & host));
  const at = length <= 48 ? 3 : words.findIndex((word, index) => index >= 4 && word !== 0xffff);
  if (at < 0) return null;
  const difference = sumOf(BigInt(from[0])) + (0xffff - sumOf(BigInt(to[0])));
  const sum = fold((words[at] ?? 0) + difference);
  words[at] = sum === 0xffff ? 0 : sum;
  return words.reduce((all, word) => (all << 16n) | BigInt(word), 0n);
}
