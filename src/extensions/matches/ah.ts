import { match } from "../define.ts";
import { ofHeader, spiIs, spis, truncated } from "../values.ts";

/** include/uapi/linux/ip.h ip_auth_hdr */
const BYTES = 12;

/** The authentication header. net/ipv4/netfilter/ipt_ah.c: no in both polarities for later fragments. */
export const ah = match({
  name: "ah",
  families: ["ipv4"],
  options: { "--ahspi": spis() },
  placement: { protocols: ["ah"] },
  means: (given) => ofHeader(BYTES, spiIs("ahSpi", given["--ahspi"])),
  dropsIf: () => truncated(BYTES),
});
