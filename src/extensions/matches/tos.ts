import { within } from "../../facts/index.ts";
import { own } from "../../own.ts";
import { match, type Value } from "../define.ts";
import { asked, hex, type Masked, maskedBytes, readMasked, word } from "../values.ts";

/** Any case; a name leaves the two ECN bits out (libxtables/xtoptions.c xtopt_parse_tosmask). */
const NAMES: Readonly<Record<string, number>> = {
  "minimize-delay": 0x10,
  "maximize-throughput": 0x08,
  "maximize-reliability": 0x04,
  "minimize-cost": 0x02,
  "normal-service": 0x00,
};
const write = ({ value, mask }: Masked): string => `${hex(value, 2)}/${hex(mask, 2)}`;
const tosValue: Value<Masked> = word(
  `a value 0-0xff, value/mask, or one of ${Object.keys(NAMES).join(", ")}`,
  ["0x10", "16/0x3f", "Minimize-Delay", "normal-service"],
  (text) => {
    const named = own(NAMES, text.toLowerCase());
    return named === undefined ? readMasked(text, 255) : { value: named, mask: 0x3f };
  },
  write,
);

/** The type of service byte, traffic class in IPv6. net/netfilter/xt_dscp.c tos_mt: (tos & mask) == value. */
export const tos = match({
  name: "tos",
  families: ["ipv4", "ipv6"],
  options: { "--tos": tosValue },
  needs: [["--tos"]],
  means: (given) =>
    asked(given["--tos"], (option) => within("tos", maskedBytes(option.value, option.mask), write(option))),
});
