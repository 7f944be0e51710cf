import {
  all,
  always,
  any,
  type Condition,
  CT_DIRECTIONS,
  CT_STATES,
  CT_STATUS,
  exactly,
  has,
  isIcmp,
  never,
  not,
  present,
  protocolName,
  within,
} from "../../facts/index.ts";
import { match, type One } from "../define.ts";
import {
  asked,
  begunNames,
  compares,
  hostMask,
  integerRange,
  isOneOf,
  isTemplate,
  type Network,
  numberedProtocol,
  oneOf,
  opaque,
  ports,
  type Written,
} from "../values.ts";

const STATES = [...CT_STATES, "SNAT", "DNAT"];
/** The values of ctnat that have the bit. */
const NAT = {
  SNAT: exactly(1, 3),
  DNAT: exactly(2, 3),
};
const UNTRACKED = stateIn("INVALID", "UNTRACKED");
const TRACKED = stateIn("NEW", "RELATED", "ESTABLISHED");

function stateIn(...wanted: readonly string[]): Condition {
  const states = isOneOf("ctstate", CT_STATES, wanted);
  const translated = ["SNAT", "DNAT"].filter((name) => wanted.includes(name));
  const byNat = translated.map((name) => within("ctnat", NAT[name as keyof typeof NAT], name));
  return byNat.length === 0 ? states : any(states, ...byNat);
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
const ADDRESSES = ["ctorigsrc", "ctorigdst", "ctreplsrc", "ctrepldst"] as const;
const PORTS = ["ctorigsrcport", "ctorigdstport", "ctreplsrcport", "ctrepldstport"] as const;
const FIELDS = [...ADDRESSES, ...PORTS].map((field) => `--${field}` as const);
function address(field: (typeof ADDRESSES)[number], given: One<Network> | undefined): Condition {
  if (!given || given.value.contiguous) return compares(field, given);
  const inside = opaque(`${field} in ${given.value.text}`, "the connection's addresses");
  return given.negated ? not(inside) : inside;
}

/** The connection's protocol is the packet's, but for an error about it, whose own is ICMP; a template has none. */
function protocolOf(given: One<number> | undefined): Condition {
  if (!given) return always;
  const { value } = given;
  const name = protocolName(value);
  const other = opaque(`connection is ${name}`, "the packet in the error");
  const related = stateIn("RELATED");
  const own = within("protocol", [[value, value + 1]], name);
  const wanted = any(all(not(related), not(isTemplate), own), all(related, other));
  return given.negated ? not(wanted) : wanted;
}

/**
 * Of ICMP the kernel compares what stands in the ports' place: the id, and type with code; of protocols without ports
 * that is 0 (nf_conntrack_tuple.h, nf_conntrack_core.c nf_ct_get_tuple).
 */
function port(field: (typeof PORTS)[number], given: One<Written> | undefined): Condition {
  if (!given) return always;
  const key = `${field} of an ICMP connection is ${given.negated ? "not " : ""}${given.value.text}`;
  const isZero = has(given.value.ranges, 0) !== given.negated;
  return any(
    all(present(field), compares(field, given)),
    all(not(present(field)), isIcmp, opaque(key, "the ICMP id, type and code of its first packet")),
    ...(isZero ? [all(not(present(field)), not(isIcmp))] : []),
  );
}

/**
 * The connection a packet belongs to. net/netfilter/xt_conntrack.c conntrack_mt: without a connection
 * only --ctstate is looked at (semantics 6.2, recording t08).
 */
export const conntrack = match({
  name: "conntrack",
  families: ["ipv4", "ipv6"],
  options: {
    "--ctstate": begunNames(STATES),
    "--ctproto": numberedProtocol(),
    "--ctorigsrc": hostMask(),
    "--ctorigdst": hostMask(),
    "--ctreplsrc": hostMask(),
    "--ctrepldst": hostMask(),
    "--ctorigsrcport": ports(),
    "--ctorigdstport": ports(),
    "--ctreplsrcport": ports(),
    "--ctrepldstport": ports(),
    "--ctstatus": begunNames(STATUS, { nothing: "NONE" }),
    "--ctexpire": integerRange(),
    "--ctdir": oneOf(CT_DIRECTIONS, { anyCase: true, negatable: false, examples: ["ORIGINAL", "reply"] }),
  },
  needs: [["--ctstate", "--ctproto", ...FIELDS, "--ctstatus", "--ctexpire", "--ctdir"]],
  means(given) {
    const state = statesOf(given["--ctstate"]);
    const others = all(
      protocolOf(given["--ctproto"]),
      ...ADDRESSES.map((field) => address(field, given[`--${field}`])),
      ...PORTS.map((field) => port(field, given[`--${field}`])),
      statusOf(given["--ctstatus"]),
      asked(given["--ctexpire"], ({ low, high }) =>
        opaque(`connection expires in ${low}:${high} seconds`, "conntrack -L"),
      ),
      direction(given["--ctdir"]),
    );
    if (others.is === "all" && others.of.length === 0) return state;
    return any(all(UNTRACKED, given["--ctstate"] ? state : never), all(TRACKED, state, others));
  },
});
