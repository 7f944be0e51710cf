import {
  all,
  always,
  any,
  type Condition,
  CT_DIRECTIONS,
  CT_STATES,
  CT_STATUS,
  type Field,
  never,
  not,
  within,
} from "../../facts/index.ts";
import { match, type One } from "../define.ts";
import { compares, isOneOf, names, network, oneOf, ports, protocol, type Written } from "../values.ts";

const STATES = [...CT_STATES, "SNAT", "DNAT"];
const UNTRACKED = stateIn("INVALID", "UNTRACKED");
const TRACKED = stateIn("NEW", "RELATED", "ESTABLISHED");

function stateIn(...wanted: readonly string[]): Condition {
  const states = isOneOf("ctstate", CT_STATES, wanted);
  const translated = ["SNAT", "DNAT"].filter((name) => wanted.includes(name));
  const opaque = translated.map(
    (name): Condition => ({ is: "opaque", key: `connection is ${name}`, settledBy: "the connection's NAT" }),
  );
  return opaque.length === 0 ? states : any(states, ...opaque);
}
const statesOf = (given: One<readonly string[]> | undefined): Condition => {
  if (!given) return always;
  const wanted = stateIn(...given.value);
  return given.negated ? not(wanted) : wanted;
};
/** NONE asks for no bit at all, which the kernel never finds: `--ctstatus NONE` never matches (semantics 6.2). */
const STATUS = ["NONE", ...CT_STATUS];
const statusOf = (given: One<readonly string[]> | undefined): Condition => {
  if (!given) return always;
  const mask = given.value.reduce(
    (sum, name) => (name === "NONE" ? sum : sum | (1 << (CT_STATUS as readonly string[]).indexOf(name))),
    0,
  );
  const values = Array.from({ length: 16 }, (_, value) => value).filter((value) => value & mask);
  const wanted = within(
    "ctstatus",
    values.map((value) => [value, value + 1] as const),
    given.value.join(","),
  );
  return given.negated ? not(wanted) : wanted;
};
const direction = (given: One<string> | undefined): Condition => {
  if (!given) return always;
  const wanted = isOneOf("ctdir", CT_DIRECTIONS, [given.value]);
  return given.negated ? not(wanted) : wanted;
};
const fields: readonly (readonly [Field, `--${string}`])[] = [
  ["ctorigsrc", "--ctorigsrc"],
  ["ctorigdst", "--ctorigdst"],
  ["ctreplsrc", "--ctreplsrc"],
  ["ctrepldst", "--ctrepldst"],
  ["ctorigsrcport", "--ctorigsrcport"],
  ["ctorigdstport", "--ctorigdstport"],
];

/** The connection's protocol is the packet's, but for an error about it, whose own is ICMP. */
function protocolOf(given: One<Written> | undefined): Condition {
  if (!given) return always;
  const other: Condition = {
    is: "opaque",
    key: `connection is ${given.value.text}`,
    settledBy: "the packet in the error",
  };
  const related = stateIn("RELATED");
  const own = compares("protocol", { value: given.value, negated: false });
  const wanted = any(all(not(related), own), all(related, other));
  return given.negated ? not(wanted) : wanted;
}

/**
 * The connection a packet belongs to. net/netfilter/xt_conntrack.c conntrack_mt: without a connection
 * only --ctstate is looked at (semantics 6.2, recording t08).
 */
export const conntrack = match({
  name: "conntrack",
  families: ["ipv4", "ipv6"],
  options: {
    "--ctstate": names(STATES),
    "--ctproto": protocol(),
    "--ctorigsrc": network({ bare: true }),
    "--ctorigdst": network({ bare: true }),
    "--ctreplsrc": network({ bare: true }),
    "--ctrepldst": network({ bare: true }),
    "--ctorigsrcport": ports(),
    "--ctorigdstport": ports(),
    "--ctstatus": names(STATUS),
    "--ctdir": oneOf(CT_DIRECTIONS),
  },
  means(given) {
    const state = statesOf(given["--ctstate"]);
    const others = all(
      protocolOf(given["--ctproto"]),
      ...fields.map(([field, option]) => compares(field, given[option as "--ctorigsrc"])),
      statusOf(given["--ctstatus"]),
      direction(given["--ctdir"]),
    );
    if (others.is === "all" && others.of.length === 0) return state;
    return any(all(UNTRACKED, given["--ctstate"] ? state : never), all(TRACKED, state, others));
  },
});
