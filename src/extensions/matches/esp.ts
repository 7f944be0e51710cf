import { match } from "../define.ts";
import { firstFragment, spiIs, spis } from "../values.ts";

/** The encapsulating header. net/netfilter/xt_esp.c: no in both polarities for later fragments. */
export const esp = match({
  name: "esp",
  families: ["ipv4", "ipv6"],
  options: { "--espspi": spis() },
  placement: { protocols: ["esp"] },
  means: (given) => firstFragment(spiIs("ESP", given["--espspi"])),
});
