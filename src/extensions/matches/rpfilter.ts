import {
  all,
  any,
  type Condition,
  exactly,
  type Family,
  type Host,
  not,
  type Ranges,
  within,
} from "../../facts/index.ts";
import { match } from "../define.ts";
import { flag, opaque } from "../values.ts";

/** ipt_rpfilter.c rpfilter_mt: a source of 0.0.0.0/8 may send to everyone (DHCP), in IPv6 `::` anywhere. */
const UNSPECIFIED: Readonly<Record<string, Condition>> = {
  ipv4: all(
    within("source", [[0, 0x01000000]], "0.0.0.0/8"),
    within(
      "destination",
      [
        [0xe0000000, 0xe0000100],
        [0xffffffff, 0x100000000],
      ],
      "255.255.255.255 or 224.0.0.0/24",
    ),
  ),
  ipv6: within("source", [[0n, 1n]], "::"),
};

/**
 * A route back to the source leads out of the device that it came in by. net/ipv4/netfilter/ipt_rpfilter.c and its
 * IPv6 twin: the loopback device always passes.
 */
export const rpfilter = match({
  name: "rpfilter",
  families: ["ipv4", "ipv6"],
  options: { "--loose": flag(), "--validmark": flag(), "--accept-local": flag(), "--invert": flag() },
  placement: { tables: ["raw", "mangle"], hooks: ["PREROUTING"] },
  means(given, host, family) {
    const how = (["--loose", "--validmark", "--accept-local"] as const).filter((option) => given[option]);
    const passes: Condition = any(
      within("inInterface", [["lo", "lo\0"]], "lo"),
      ...(UNSPECIFIED[family] ? [UNSPECIFIED[family]] : []),
      reachedBack(host, family, {
        isLoose: given["--loose"] !== undefined,
        acceptsLocal: given["--accept-local"] !== undefined,
        asksMark: given["--validmark"] !== undefined,
      }) ?? opaque(["source passes rpfilter", ...how].join(" "), "the routes, seen from the in device"),
    );
    return given["--invert"] ? not(passes) : passes;
  },
});

interface How {
  readonly isLoose: boolean;
  /** Also addresses of the host, in IPv6 whichever device has them. */
  readonly acceptsLocal: boolean;
  /** The way back is that of a packet with the same mark, else of one without. */
  readonly asksMark: boolean;
}
/** undefined: the routes are not known. */
function reachedBack(host: Host, family: Family, { isLoose, acceptsLocal, asksMark }: How): Condition | undefined {
  const routes = host
    .reverseRoutes(family, { mark: asksMark, device: !isLoose })
    ?.filter(({ isLocal }) => acceptsLocal || !isLocal);
  const back = (ranges: Ranges) => within("source", ranges, "a source that is routed back");
  return (
    routes &&
    any(
      ...routes.map(({ condition, isLocal, devices, ranges }) =>
        isLoose || (isLocal && family === "ipv6")
          ? all(condition, back(ranges))
          : all(condition, within("inInterface", exactly(...devices), devices.join(",")), back(ranges)),
      ),
    )
  );
}
