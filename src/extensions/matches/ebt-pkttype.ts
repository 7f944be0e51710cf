import { never, PKT_TYPES, within } from "../../facts/index.ts";
import { match } from "../define.ts";
import { asked, readHex, word } from "../values.ts";

const frameClass = word(
  `${PKT_TYPES.join(", ")} or a hexadecimal number 0-ff`,
  ["host", "BROADCAST", "3", "0x10"],
  (text) => {
    const at = (PKT_TYPES as readonly string[]).indexOf(text.toLowerCase());
    return at < 0 ? readHex(text, 255) : at;
  },
  (value) => PKT_TYPES[value] ?? String(value),
);

/** To whom the frame is. net/bridge/netfilter/ebt_pkttype.c */
export const ebtPkttype = match({
  name: "pkttype",
  families: ["bridge"],
  implicit: "other",
  options: { "--pkttype-type": frameClass },
  means: (given) =>
    asked(given["--pkttype-type"], (value) => {
      const name = PKT_TYPES[value];
      return name ? within("pktType", [[value, value + 1]], name) : never;
    }),
});
