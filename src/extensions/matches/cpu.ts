import { match } from "../define.ts";
import { asked, chance, integer } from "../values.ts";

/** The processor that handles the packet. net/netfilter/xt_cpu.c */
export const cpu = match({
  name: "cpu",
  families: ["ipv4", "ipv6"],
  options: { "--cpu": integer({ negatable: true, examples: ["0", "0x1", "3"] }) },
  needs: [["--cpu"]],
  means: (given) => asked(given["--cpu"], (number) => chance(`cpu is ${number}`, "which cpu handles it is not known")),
});
