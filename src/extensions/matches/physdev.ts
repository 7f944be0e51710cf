import { all, always, any, type Condition, not, present, within } from "../../facts/index.ts";
import { match, type One } from "../define.ts";
import { bridgePort, flag, type Written } from "../values.ts";

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
      port("physdevIn", given["--physdev-in"], always),
      is(bridged, given["--physdev-is-in"]),
      // with bridge information but no output port both polarities are no
      port("physdevOut", given["--physdev-out"], any(not(bridged), out)),
      is(out, given["--physdev-is-out"]),
      is(all(bridged, out), given["--physdev-is-bridged"]),
    ),
});

function port(field: "physdevIn" | "physdevOut", given: One<Written> | undefined, guard: Condition): Condition {
  if (!given) return always;
  const wanted = within(field, given.value.ranges, given.value.text);
  return all(guard, given.negated ? not(wanted) : wanted);
}
function is(condition: Condition, given: One<true> | undefined): Condition {
  if (!given) return always;
  return given.negated ? not(condition) : condition;
}
