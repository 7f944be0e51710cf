import { target } from "../define.ts";
import { markChange } from "../values.ts";

/** Changes the mark: (mark & ~mask) ^ value. net/netfilter/xt_mark.c mark_tg */
export const MARK = target({
  name: "MARK",
  families: ["ipv4", "ipv6"],
  options: { "--set-xmark": markChange },
  needs: [["--set-xmark"]],
  does: (given) => {
    const option = given["--set-xmark"];
    return option
      ? [{ does: "set", field: "mark", value: option.value.value, mask: option.value.mask }]
      : [{ does: "continue" }];
  },
});
