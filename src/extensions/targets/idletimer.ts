import { target } from "../define.ts";
import { cutName, flag, integer } from "../values.ts";

/** Names that sysfs has itself (idletimer_check_sysfs_name). */
const TAKEN = ["power", "subsystem", "uevent"];

/** Tells when no packet has come for some time. net/netfilter/xt_IDLETIMER.c */
export const IDLETIMER = target({
  name: "IDLETIMER",
  families: ["ipv4", "ipv6"],
  options: {
    // INT_MAX milliseconds and more are refused
    "--timeout": integer({ min: 1, max: 2147482, examples: ["5", "0x10", "2147482"] }),
    "--label": cutName(27),
    "--alarm": flag(),
  },
  needs: [["--timeout"], ["--label"]],
  check(given) {
    const label = given["--label"]?.value ?? "";
    if (label !== "" && !label.includes("/") && !TAKEN.includes(label)) return null;
    return { option: "--label", expected: `a label that is a file name in sysfs, not ${TAKEN.join(", ")}` };
  },
  does: () => [{ does: "continue" }],
});
