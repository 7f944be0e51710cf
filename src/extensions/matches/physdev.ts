import { all, always, any, type Condition, not, present, within } from "../../facts/index.ts";
import { match, type One } from "../define.ts";
import { bridgePort, compares, flag, type Written } from "../values.ts";

const bridged = present("physdevIn");
const out = present("physdevOut");

/** The ports of the bridge. net/netfilter/xt_physdev.c; semantics 6.2: without bridge information an option is true iff inverted. */
export const physdev = match({
  name: "physdev",
  families: ["ipv4", "ipv6"],
  options: {
    "--physdev-is-in": flag({ negatable: true }),
    "--physdev-in": bridgePort(),
    "--physdev-is-out": flag({ negatable: true }),
    "--physdev-out": bridgePort(),
    "--physdev-is-bridged": flag({ negatable: true }),
  },
  needs: [["--physdev-is-in", "--physdev-in", "--physdev-is-out", "--physdev-out", "--physdev-is-bridged"]],
  check(given, _, { chain }) {
    // xt_physdev.c physdev_mt_check: what is routed out has no output port yet
    const asksOut = given["--physdev-out"] ? "--physdev-out" : "--physdev-is-out";
    const bridgedOnly = given["--physdev-is-bridged"] && !given["--physdev-is-bridged"].negated;
    if (chain !== "OUTPUT" || !given[asksOut] || bridgedOnly) return null;
    return { option: asksOut, expected: `--physdev-is-bridged beside ${asksOut} in OUTPUT` };
  },
  means: (given) =>
    all(
      compares("physdevIn", given["--physdev-in"]),
      is(bridged, given["--physdev-is-in"]),
      outPort(given["--physdev-out"]),
      is(all(bridged, out), given["--physdev-is-out"]),
      is(all(bridged, out), given["--physdev-is-bridged"]),
    ),
});

/** With bridge information but no output port both polarities are no. */
function outPort(given: One<Written> | undefined): Condition {
  if (!given) return always;
  const wanted = within("physdevOut", given.value.ranges, given.value.text);
  return given.negated ? any(not(bridged), all(out, not(wanted))) : all(bridged, wanted);
}
function is(condition: Condition, given: One<true> | undefined): Condition {
  if (!given) return always;
  return given.negated ? not(condition) : condition;
}
