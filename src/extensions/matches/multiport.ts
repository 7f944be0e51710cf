import { all, any, not, present } from "../../facts/index.ts";
import { match } from "../define.ts";
import { asks, firstFragment, portList } from "../values.ts";

/** Lists of ports. net/netfilter/xt_multiport.c; no in both polarities for later fragments (semantics 6.2). */
export const multiport = match({
  name: "multiport",
  families: ["ipv4", "ipv6"],
  options: {
    "--sports": portList({ aliases: ["--source-ports"] }),
    "--dports": portList({ aliases: ["--destination-ports"] }),
    "--ports": portList(),
  },
  needs: [["--sports", "--dports", "--ports"]],
  excludes: [["--sports", "--dports", "--ports"]],
  placement: { protocols: ["tcp", "udp", "udplite", "sctp", "dccp"] },
  means(given) {
    const either = given["--ports"];
    if (!either)
      return firstFragment(asks("sourcePort", given["--sports"]), asks("destinationPort", given["--dports"]));
    const plain = { value: either.value, negated: false };
    const wanted = any(asks("sourcePort", plain), asks("destinationPort", plain));
    return firstFragment(either.negated ? all(present("sourcePort"), not(wanted)) : wanted);
  },
});
