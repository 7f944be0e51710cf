import { type Condition, not, within } from "../../facts/index.ts";
import { match } from "../define.ts";
import { masked } from "../values.ts";

/** The packet's mark. net/netfilter/xt_mark.c: (mark & mask) == value. */
export const mark = match({
  name: "mark",
  families: ["ipv4", "ipv6"],
  options: { "--mark": masked() },
  means(given) {
    const option = given["--mark"];
    if (!option) return { is: "any", of: [] };
    const { value, mask } = option.value;
    const text = `0x${value.toString(16)}/0x${mask.toString(16)}`;
    // a mask of high bits is a range; other masks have no short list of ranges
    const low = 2 ** 32 - mask;
    const prefix = mask !== 0 && Number.isInteger(Math.log2(low));
    const wanted: Condition = prefix
      ? within("mark", [[value, value + low]], text)
      : mask === 0
        ? { is: value === 0 ? "all" : "any", of: [] }
        : { is: "opaque", key: `mark ${text}`, settledBy: "the packet's mark" };
    return option.negated ? not(wanted) : wanted;
  },
});
