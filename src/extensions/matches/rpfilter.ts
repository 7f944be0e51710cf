import { any, type Condition, not, within } from "../../facts/index.ts";
import { match } from "../define.ts";
import { flag, opaque } from "../values.ts";

/**
 * A route back to the source leads out of the device that it came in by. net/ipv4/netfilter/ipt_rpfilter.c and its
 * IPv6 twin: the loopback device always passes, and in IPv6 the unspecified source.
 */
export const rpfilter = match({
  name: "rpfilter",
  families: ["ipv4", "ipv6"],
  options: { "--loose": flag(), "--validmark": flag(), "--accept-local": flag(), "--invert": flag() },
  placement: { tables: ["raw", "mangle"], hooks: ["PREROUTING"] },
  means(given, _host, family) {
    const how = (["--loose", "--validmark", "--accept-local"] as const).filter((option) => given[option]);
    const passes: Condition = any(
      within("inInterface", [["lo", "lo\0"]], "lo"),
      ...(family === "ipv6" ? [within("source", [[0n, 1n]], "::")] : []),
      opaque(["source passes rpfilter", ...how].join(" "), "the routes, seen from the in device"),
    );
    return given["--invert"] ? not(passes) : passes;
  },
});
