import { all, any, type Condition, within } from "../../facts/index.ts";
import { match } from "../define.ts";
import { asked, flag, integer, laterFragment, maskedBytes, ofHeader, opaque } from "../values.ts";

const FLAGS = { "--ecn-tcp-ece": "ECE", "--ecn-tcp-cwr": "CWR" } as const;
/** ECE 1, CWR 2: the values of the two that have the flag. */
const SET = {
  ECE: [
    [1, 2],
    [3, 4],
  ],
  CWR: [[2, 4]],
} as const;

/** Congestion notification. net/netfilter/xt_ecn.c, which reads a later fragment as if it began with the tcp header. */
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
  means(given) {
    const flags = (condition: (name: "ECE" | "CWR") => Condition) =>
      (["--ecn-tcp-ece", "--ecn-tcp-cwr"] as const).map((option) =>
        asked(given[option], () => condition(FLAGS[option])),
      );
    const inPayload = flags((name) => opaque(`what is read as tcp ${name} is set`, "the fragment's bytes"));
    const asksFlags = given["--ecn-tcp-ece"] || given["--ecn-tcp-cwr"];
    return all(
      asked(given["--ecn-ip-ect"], (value) => within("tos", maskedBytes(value, 3), `ECT ${value}`)),
      asksFlags
        ? any(ofHeader(20, ...flags((name) => within("tcpEcn", SET[name], name))), all(laterFragment, ...inPayload))
        : all(),
    );
  },
});
