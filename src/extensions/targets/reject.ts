import type { Family } from "../../facts/index.ts";
import { target } from "../define.ts";
import { word } from "../values.ts";

/** Names and their short ones, in the order in which the tool looks through them (extensions/libipt_REJECT.c). */
const TYPES: readonly (readonly [string, string])[] = [
  ["icmp-net-unreachable", "net-unreach"],
  ["icmp-host-unreachable", "host-unreach"],
  ["icmp-proto-unreachable", "proto-unreach"],
  ["icmp-port-unreachable", "port-unreach"],
  ["icmp-net-prohibited", "net-prohib"],
  ["icmp-host-prohibited", "host-prohib"],
  ["tcp-reset", "tcp-rst"],
  ["icmp-admin-prohibited", "admin-prohib"],
];
/** extensions/libip6t_REJECT.c */
const TYPES6: readonly (readonly [string, string])[] = [
  ["icmp6-no-route", "no-route"],
  ["icmp6-adm-prohibited", "adm-prohibited"],
  ["icmp6-addr-unreachable", "addr-unreach"],
  ["icmp6-port-unreachable", "port-unreach"],
  ["tcp-reset", "tcp-reset"],
  ["icmp6-policy-fail", "policy-fail"],
  ["icmp6-reject-route", "reject-route"],
];
const typesOf = (family: Family) => (family === "ipv6" ? TYPES6 : TYPES);
/** Any beginning of a name counts, the first that fits wins. */
const typeNamed = (given: string, family: Family): string | undefined =>
  typesOf(family).find((names) => names.some((name) => name.startsWith(given.toLowerCase())))?.[0];

/** Drops the packet and answers it. net/ipv4/netfilter/ipt_REJECT.c; semantics 1.2 and 6.3. */
export const REJECT = target({
  name: "REJECT",
  families: ["ipv4", "ipv6"],
  options: {
    "--reject-with": word(
      (family) =>
        `one of ${typesOf(family)
          .map(([name]) => name)
          .join(", ")}`,
      ["port-unreach", "PORT-UNREACH", "p"],
      typeNamed,
      (value) => value,
      { negatable: false, names: (family) => typesOf(family).map(([name]) => name) },
    ),
  },
  placement: { tables: ["filter"], hooks: ["INPUT", "FORWARD", "OUTPUT"] },
  check: (given, _, { protocol }) =>
    given["--reject-with"]?.value === "tcp-reset" && (protocol?.name !== "tcp" || protocol.negated)
      ? {
          option: "--reject-with",
          expected: "-p tcp for tcp-reset",
          found: protocol ? `${protocol.negated ? "! " : ""}-p ${protocol.name}` : "no -p",
          help: "ask for -p tcp, or leave --reject-with out: the ICMP answer is for any protocol",
        }
      : null,
  complete: (given, family) => ({
    "--reject-with": { value: typeNamed("port-unreach", family) as string, negated: false, at: 0 },
    ...given,
  }),
  does: (given) => [{ does: "reject", with: given["--reject-with"]?.value ?? "icmp-port-unreachable" }],
});
