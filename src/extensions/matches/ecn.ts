import { all } from "../../facts/index.ts";
import { match } from "../define.ts";
import { asked, flag, integer, opaque } from "../values.ts";

const bit = (name: "ECE" | "CWR") => () => opaque(`tcp ${name} is set`, "the packet's tcp header");

/** Congestion notification. net/netfilter/xt_ecn.c */
export const ecn = match({
  name: "ecn",
  families: ["ipv4", "ipv6"],
  options: {
    "--ecn-tcp-ece": flag({ negatable: true }),
    "--ecn-tcp-cwr": flag({ negatable: true }),
    "--ecn-ip-ect": integer({ max: 3, negatable: true, examples: ["0", "0x3", "2"] }),
  },
  needs: [["--ecn-tcp-ece", "--ecn-tcp-cwr", "--ecn-ip-ect"]],
  placed: { "--ecn-tcp-ece": { protocols: ["tcp"] }, "--ecn-tcp-cwr": { protocols: ["tcp"] } },
  means: (given) =>
    all(
      asked(given["--ecn-ip-ect"], (value) => ({ is: "bits", field: "tos", mask: 3, value, wants: `ECT ${value}` })),
      asked(given["--ecn-tcp-ece"], bit("ECE")),
      asked(given["--ecn-tcp-cwr"], bit("CWR")),
    ),
});
