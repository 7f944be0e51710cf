import { match } from "../define.ts";
import { ofHeader, spiIs, spis, truncated } from "../values.ts";

/** include/uapi/linux/ip.h ip_esp_hdr */
const BYTES = 8;

/** The encapsulating header. net/netfilter/xt_esp.c: no in both polarities for later fragments. */
export const esp = match({
  name: "esp",
  families: ["ipv4", "ipv6"],
  options: { "--espspi": spis() },
  placement: { protocols: ["esp"] },
  means: (given) => ofHeader(BYTES, spiIs("espSpi", given["--espspi"])),
  dropsIf: () => truncated(BYTES),
});
