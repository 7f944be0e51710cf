import { own } from "../../own.ts";
import { target } from "../define.ts";
import { readInteger, word } from "../values.ts";

const NAMES: Readonly<Record<string, number>> = {
  wscale: 3,
  mss: 2,
  "sack-permitted": 4,
  sack: 5,
  timestamp: 8,
  md5: 19,
};
/** Each once; 0 and 1 are no options that could be taken out. */
const kinds = word(
  `TCP options 2-255, each once, or of ${Object.keys(NAMES).join(", ")}`,
  ["2,3,4", "timestamp", "sack,sack-permitted", "0xfd"],
  (text) => {
    const given = text.split(",").map((each) => own(NAMES, each) ?? readInteger(each, 255, 2));
    const list = given.filter((each) => each !== undefined);
    if (list.length < given.length || new Set(list).size < list.length) return undefined;
    return list.sort((a, b) => a - b);
  },
  (value) => value.join(","),
  { negatable: false },
);

/** Overwrites TCP options with NOP, and goes on. net/netfilter/xt_TCPOPTSTRIP.c */
export const TCPOPTSTRIP = target({
  name: "TCPOPTSTRIP",
  families: ["ipv4", "ipv6"],
  options: { "--strip-options": kinds },
  placement: { tables: ["mangle"], protocols: ["tcp"] },
  does: (given) => [{ does: "strip", options: given["--strip-options"]?.value ?? [] }],
});
