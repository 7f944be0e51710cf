/** What is known of a number bit by bit: marks are changed and asked under masks. 32 bits, as `skb->mark` has. */
import type { Ranges } from "./value-set.ts";

/** Under the mask the number's bits are those of the value; of the others nothing is known. */
export interface Bits {
  readonly value: number;
  readonly mask: number;
}
const ALL = 0xffffffff;
const bits = (value: number, mask: number): Bits => ({ value: (value & mask) >>> 0, mask: mask >>> 0 });

/** The bits that all values of the ranges share, and those that are known besides. */
export function sharedBits(ranges: Ranges, more: Bits | undefined): Bits {
  const [low, high] = [Number(ranges[0]?.[0] ?? 0), Number(ranges.at(-1)?.[1] ?? 1) - 1];
  const differs = (low ^ high) >>> 0;
  const shared = differs === 0 ? ALL : ~((2 << (31 - Math.clz32(differs))) - 1);
  return bits(low | (more?.value ?? 0), shared | (more?.mask ?? 0));
}

/** The numbers that have these bits lie in one range, though it may hold others too. */
export const spanOf = ({ value, mask }: Bits): Ranges => [[value, ((value | ~mask) >>> 0) + 1]];
/** Whether the span says it all: the known bits are the upper ones. */
export const isSpan = ({ mask }: Bits): boolean => ((~mask >>> 0) & ((~mask >>> 0) + 1)) === 0;

export const bitsUnder = ({ value, mask }: Bits, kept: number): Bits => bits(value & kept, mask | ~kept);
export const xorBits = (a: Bits, b: Bits): Bits => bits(a.value ^ b.value, a.mask & b.mask);
export const constantBits = (value: number): Bits => bits(value, ALL);
/** What holds whichever of the two it is. */
export const sameBits = (a: Bits, b: Bits): Bits => bits(a.value, a.mask & b.mask & ~(a.value ^ b.value));
/** To the left, negative to the right; what comes in is 0. */
export function shiftBits({ value, mask }: Bits, by: number): Bits {
  if (by >= 0) return bits(value << by, (mask << by) | ~(ALL << by));
  return bits(value >>> -by, (mask >>> -by) | ~(ALL >>> -by));
}

/** Whether some value of the ranges has these bits. */
export const someFit = (ranges: Ranges, known: Bits): boolean =>
  ranges.some(([low, high]) => {
    const first = firstFrom(Number(low), known);
    return first !== undefined && first < Number(high);
  });

/** The least number from `low` on that has the bits: it shares the upper ones with `low`, and is greater at the next. */
function firstFrom(low: number, { value, mask }: Bits): number | undefined {
  if (((low ^ value) & mask) === 0) return low;
  for (let at = 0; at < 32; at++) {
    const bit = (1 << at) >>> 0;
    const above = at === 31 ? 0 : ~((bit << 1) - 1);
    const raises = (low & bit) === 0 && ((mask & bit) === 0 || (value & bit) !== 0);
    if (raises && ((low ^ value) & mask & above) === 0) return ((low & above) | bit | (value & mask & (bit - 1))) >>> 0;
  }
  return undefined;
}
