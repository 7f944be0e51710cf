import { match } from "../define.ts";
import { firstFragment, spiIs, spis } from "../values.ts";

/** The authentication header. net/ipv4/netfilter/ipt_ah.c: no in both polarities for later fragments. */
export const ah = match({
  name: "ah",
  families: ["ipv4"],
  options: { "--ahspi": spis() },
  placement: { protocols: ["ah"] },
  means: (given) => firstFragment(spiIs("AH", given["--ahspi"])),
});
