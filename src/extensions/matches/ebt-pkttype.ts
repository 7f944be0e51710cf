import { match } from "../define.ts";
import { asked, opaque, readHex, word } from "../values.ts";

/** include/uapi/linux/if_packet.h */
const CLASSES = ["host", "broadcast", "multicast", "otherhost", "outgoing", "loopback", "fastroute"];
const frameClass = word(
  `${CLASSES.join(", ")} or a hexadecimal number 0-ff`,
  ["host", "BROADCAST", "3", "0x10"],
  (text) => {
    const at = CLASSES.indexOf(text.toLowerCase());
    return at < 0 ? readHex(text, 255) : at;
  },
  (value) => CLASSES[value] ?? String(value),
);

/** To whom the frame is. net/bridge/netfilter/ebt_pkttype.c */
export const ebtPkttype = match({
  name: "pkttype",
  families: ["bridge"],
  implicit: "other",
  options: { "--pkttype-type": frameClass },
  means: (given) =>
    asked(given["--pkttype-type"], (value) =>
      opaque(`packet type is ${CLASSES[value] ?? value}`, "the frame's receiver"),
    ),
});
