import { type Condition, never, not, within } from "../../facts/index.ts";
import { match } from "../define.ts";
import { asked, hex, readInteger64, word } from "../values.ts";

/** Unsigned longs; without a value any bit of the mask will do. */
interface MarkMask {
  readonly value: bigint | null;
  readonly mask: bigint;
}
const UINT32 = 0xffffffffn;
const markMask = word<MarkMask>(
  "a mark, mark/mask, or /mask for any bit of it",
  ["1", "0x10/0xff", "/0x2", "010"],
  (given) => {
    const [first = "", second, more] = given.split("/");
    const value = first === "" ? null : readInteger64(first);
    const mask = second === undefined ? UINT32 : second === "" ? 0n : readInteger64(second);
    if (more !== undefined || value === undefined || mask === undefined) return undefined;
    return value === null && second === undefined ? undefined : { value, mask };
  },
  ({ value, mask }) => {
    if (value === null) return `/${hex(mask)}`;
    return `${hex(value)}${mask === UINT32 ? "" : `/${hex(mask)}`}`;
  },
);
function isMarked({ value, mask: wide }: MarkMask): Condition {
  const mask = Number(wide & UINT32);
  const bits = (wanted: number): Condition =>
    mask === 0xffffffff
      ? within("mark", [[wanted, wanted + 1]], hex(wanted))
      : { is: "bits", field: "mark", mask, value: wanted, wants: `${hex(wanted)}/${hex(mask)}` };
  if (value === null) return mask === 0 ? never : not(bits(0));
  // bits that the mask takes away are never there
  return (value & ~BigInt(mask)) === 0n ? bits(Number(value)) : never;
}

/** The frame's mark. net/bridge/netfilter/ebt_mark_m.c: (mark & mask) == value, or any bit of the mask. */
export const ebtMarkM = match({
  name: "mark_m",
  families: ["bridge"],
  implicit: "other",
  options: { "--mark": markMask },
  means: (given) => asked(given["--mark"], isMarked),
});
