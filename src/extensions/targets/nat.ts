import { type Mistake, type One, type Standing, target } from "../define.ts";
import { type Destination, flag, natDestination, natPorts, type Written } from "../values.ts";

const families = ["ipv4", "ipv6"] as const;
/** As the kernel has registered them (net/netfilter/xt_nat.c, xt_MASQUERADE.c, xt_REDIRECT.c). */
const at = (...hooks: readonly string[]) => ({ tables: ["nat"], hooks });

const to = (manip: "source" | "destination", given: One<Destination> | undefined) => ({
  does: "translate" as const,
  manip,
  addresses: given?.value.addresses ?? [],
  ...ports(given?.value.ports),
});
const ports = (given: Written | undefined) => (given ? { ports: given.ranges } : {});
const base = (given: Destination["ports"]) => (given?.base === undefined ? {} : { base: given.base });

/** `-p` may be negated; what stands behind the ports was not read yet (extensions/libxt_NAT.c __NAT_parse). */
const PORTED = ["tcp", "udp", "sctp", "dccp", "icmp"];
function ported(ports: Written | undefined, option: string, at = 0, { protocol }: Standing): Mistake | null {
  if (!ports || (protocol && protocol.at < at && PORTED.includes(protocol.name))) return null;
  const isLate = protocol && PORTED.includes(protocol.name);
  const told = !protocol
    ? `-p tcp before ${option}`
    : isLate
      ? `-p ${protocol.name} first`
      : `-p tcp instead of -p ${protocol.name}`;
  return {
    option,
    expected: "-p tcp or -p udp before ports",
    found: protocol ? `-p ${protocol.name}${isLate ? " behind them" : ""}` : "no -p",
    help: `which ports these are the protocol says: ${told}, or leave the ports out`,
  };
}

/** net/netfilter/xt_nat.c */
export const DNAT = target({
  name: "DNAT",
  families,
  options: { "--to-destination": natDestination("kept"), "--random": flag(), "--persistent": flag() },
  needs: [["--to-destination"]],
  placement: at("PREROUTING", "OUTPUT"),
  check: (given, _, around) =>
    ported(given["--to-destination"]?.value.ports, "--to-destination", given["--to-destination"]?.at, around),
  does: (given) => [
    { ...to("destination", given["--to-destination"]), ...base(given["--to-destination"]?.value.ports) },
  ],
});
/** net/netfilter/xt_nat.c */
export const SNAT = target({
  name: "SNAT",
  families,
  options: {
    "--to-source": natDestination("lost"),
    "--random": flag(),
    "--random-fully": flag(),
    "--persistent": flag(),
  },
  needs: [["--to-source"]],
  placement: at("POSTROUTING", "INPUT"),
  check: (given, _, around) =>
    ported(given["--to-source"]?.value.ports, "--to-source", given["--to-source"]?.at, around),
  does: (given) => [to("source", given["--to-source"])],
});
/** The source becomes the address of the out device. net/netfilter/nf_nat_masquerade.c */
export const MASQUERADE = target({
  name: "MASQUERADE",
  families,
  options: { "--to-ports": natPorts("lost"), "--random": flag(), "--random-fully": flag() },
  placement: at("POSTROUTING"),
  check: (given, _, around) => ported(given["--to-ports"]?.value, "--to-ports", given["--to-ports"]?.at, around),
  does: (given) => [{ does: "translate", manip: "source", addresses: null, ...ports(given["--to-ports"]?.value) }],
});
/** The destination becomes the in device's address, 127.0.0.1 for packets of this host. net/netfilter/nf_nat_redirect.c */
export const REDIRECT = target({
  name: "REDIRECT",
  families,
  options: { "--to-ports": natPorts("refused"), "--random": flag() },
  placement: at("PREROUTING", "OUTPUT"),
  check: (given, _, around) => ported(given["--to-ports"]?.value, "--to-ports", given["--to-ports"]?.at, around),
  does: (given) => [{ does: "translate", manip: "destination", addresses: null, ...ports(given["--to-ports"]?.value) }],
});
