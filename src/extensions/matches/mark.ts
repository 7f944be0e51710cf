import { always, type Condition, never, not, within } from "../../facts/index.ts";
import { match } from "../define.ts";
import { masked } from "../values.ts";

/** The packet's mark. net/netfilter/xt_mark.c: (mark & mask) == value. */
export const mark = match({
  name: "mark",
  families: ["ipv4", "ipv6"],
  options: { "--mark": masked() },
  needs: [["--mark"]],
  means(given) {
    const option = given["--mark"];
    if (!option) return never;
    const { value, mask } = option.value;
    const text = `0x${value.toString(16)}/0x${mask.toString(16)}`;
    // (mark & mask) == value: bits outside the mask are never there
    if ((value & ~mask) >>> 0 !== 0) return option.negated ? always : never;
    // a mask of high bits is a range
    const size = 2 ** 32 - mask;
    const isPrefix = mask !== 0 && Number.isInteger(Math.log2(size));
    const wanted: Condition = isPrefix
      ? within("mark", [[value, value + size]], text)
      : { is: "bits", field: "mark", mask, value, wants: text };
    return option.negated ? not(wanted) : wanted;
  },
});
