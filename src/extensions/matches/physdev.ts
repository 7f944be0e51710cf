import { all, always, any, type Condition, not, present, within } from "../../facts/index.ts";
import { match, type One } from "../define.ts";
import { flag, interfaceName, type Written } from "../values.ts";

const bridged = present("physdevIn");
const out = present("physdevOut");

/** The ports of the bridge. net/netfilter/xt_physdev.c; semantics 6.2: without bridge information an option is true iff inverted. */
export const physdev = match({
  name: "physdev",
  families: ["ipv4", "ipv6"],
  options: {
    "--physdev-in": interfaceName(),
    "--physdev-is-in": flag({ negatable: true }),
    "--physdev-out": interfaceName(),
    "--physdev-is-out": flag({ negatable: true }),
    "--physdev-is-bridged": flag({ negatable: true }),
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
