import { all } from "../../facts/index.ts";
import { match, type Value } from "../define.ts";
import { asked, hex, opaque, readHex, word } from "../values.ts";

const hexadecimal = (digits: number, examples: readonly string[]): Value<number> =>
  word(
    `a hexadecimal number 0-${"f".repeat(digits)}`,
    examples,
    (text) => readHex(text, 16 ** digits - 1),
    (value) => hex(value, digits),
  );

/** What 802.3 frames carry, told by their SAP or SNAP type. net/bridge/netfilter/ebt_802_3.c */
export const ebt8023 = match({
  name: "802_3",
  families: ["bridge"],
  implicit: "other",
  options: {
    "--802_3-sap": hexadecimal(2, ["0x42", "aa", "0"]),
    "--802_3-type": hexadecimal(4, ["0x0012", "86dd"]),
  },
  placement: { protocols: ["Length"] },
  means: (given) =>
    all(
      asked(given["--802_3-sap"], (value) => opaque(`802.3 SAP is ${hex(value)}`, "the frame's 802.3 header")),
      asked(given["--802_3-type"], (value) => opaque(`SNAP type is ${hex(value)}`, "the frame's 802.3 header")),
    ),
});
