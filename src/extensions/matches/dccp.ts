import { match } from "../define.ts";
import { asked, asks, integer, ofHeader, opaque, ports, truncated, word } from "../values.ts";

const TYPES = "REQUEST RESPONSE DATA ACK DATAACK CLOSEREQ CLOSE RESET SYNC SYNCACK INVALID".split(" ");
/** Any case; empty items are passed over. extensions/libxt_dccp.c */
const types = word(
  `a list of ${TYPES.join(", ")}`,
  ["REQUEST", "Response,DATA", "INVALID,SYNC"],
  (text) => {
    const given = text
      .toUpperCase()
      .split(",")
      .filter((name) => name !== "");
    const isKnown = given.length > 0 && given.every((name) => TYPES.includes(name));
    return isKnown ? TYPES.filter((name) => given.includes(name)).join(",") : undefined;
  },
  (value) => value,
);

/** dccp header fields. net/netfilter/xt_dccp.c; no in both polarities for later fragments (semantics 6.2). */
export const dccp = match({
  name: "dccp",
  families: ["ipv4", "ipv6"],
  options: {
    "--sport": ports({ aliases: ["--source-port"] }),
    "--dport": ports({ aliases: ["--destination-port"] }),
    "--dccp-types": types,
    "--dccp-option": integer({ min: 1, max: 255, negatable: true }),
  },
  placement: { protocols: ["dccp"] },
  means: (given) =>
    ofHeader(
      12,
      asks("sourcePort", given["--sport"]),
      asks("destinationPort", given["--dport"]),
      asked(given["--dccp-types"], (list) => opaque(`dccp type is ${list}`, "the packet's dccp header")),
      asked(given["--dccp-option"], (option) => opaque(`dccp option ${option}`, "the packet's dccp options")),
    ),
  dropsIf: () => truncated(12),
});
