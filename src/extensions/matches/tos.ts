import { within } from "../../facts/index.ts";
import { match } from "../define.ts";
import { asked, maskedBytes, typeOfService, writeTos } from "../values.ts";

/** The type of service byte, traffic class in IPv6. net/netfilter/xt_dscp.c tos_mt: (tos & mask) == value. */
export const tos = match({
  name: "tos",
  families: ["ipv4", "ipv6"],
  options: { "--tos": typeOfService() },
  needs: [["--tos"]],
  means: (given) =>
    asked(given["--tos"], (option) => within("tos", maskedBytes(option.value, option.mask), writeTos(option))),
});
