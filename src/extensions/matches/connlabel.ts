import { all, any, CT_STATES, not } from "../../facts/index.ts";
import { match } from "../define.ts";
import { chance, flag, isOneOf, isTemplate, opaque, readInteger64, tracked, word } from "../values.ts";

/** The kernel's field has 16 bits, its labels 128. Names are the host's own, which no dump holds. */
const label = word(
  "a label 0-127 (names are those of the host's connlabel.conf)",
  ["40", "0x10", "127"],
  (text) => {
    const bit = Number(BigInt.asUintN(16, readInteger64(text) ?? 128n));
    return bit < 128 ? bit : undefined;
  },
  String,
  { quoted: true },
);
const fresh = isOneOf("ctstate", CT_STATES, ["NEW"]);

/** A bit of the connection. net/netfilter/xt_connlabel.c: without a connection or room for labels, as if it were not set. */
export const connlabel = match({
  name: "connlabel",
  families: ["ipv4", "ipv6"],
  options: { "--label": label, "--set": flag() },
  needs: [["--label"]],
  means(given) {
    const option = given["--label"];
    const room = any(fresh, opaque("connection has room for labels", "whether it began after the rules"));
    // any rule, of this packet or another, may set it
    const isSet = given["--set"] ? room : chance(`connection has label ${option?.value}`, "rules set labels");
    const has = all(tracked, not(isTemplate), isSet);
    return option?.negated ? not(has) : has;
  },
});
