import { target } from "../define.ts";
import { flag, portsTo, translation } from "../values.ts";

const families = ["ipv4", "ipv6"] as const;
const ranges = { "--random": flag(), "--random-fully": flag(), "--persistent": flag() };
const ports = (
  given: { value: { ports?: readonly (readonly [number | bigint | string, number | bigint | string])[] } } | undefined,
) => (given?.value.ports ? { ports: given.value.ports } : {});

/** net/netfilter/xt_nat.c */
export const DNAT = target({
  name: "DNAT",
  families,
  options: { "--to-destination": translation(), ...ranges },
  does: (given) => [
    {
      does: "translate",
      manip: "destination",
      addresses: given["--to-destination"]?.value.addresses ?? [],
      ...ports(given["--to-destination"]),
    },
  ],
});
/** net/netfilter/xt_nat.c */
export const SNAT = target({
  name: "SNAT",
  families,
  options: { "--to-source": translation(), ...ranges },
  does: (given) => [
    {
      does: "translate",
      manip: "source",
      addresses: given["--to-source"]?.value.addresses ?? [],
      ...ports(given["--to-source"]),
    },
  ],
});
/** The source becomes the address of the out device. net/netfilter/nf_nat_masquerade.c */
export const MASQUERADE = target({
  name: "MASQUERADE",
  families,
  options: { "--to-ports": portsTo(), "--random": flag(), "--random-fully": flag() },
  does: (given) => [{ does: "translate", manip: "source", addresses: null, ...ports(given["--to-ports"]) }],
});
/** The destination becomes the in device's address, 127.0.0.1 for packets of this host. net/netfilter/nf_nat_redirect.c */
export const REDIRECT = target({
  name: "REDIRECT",
  families,
  options: { "--to-ports": portsTo(), "--random": flag() },
  does: (given) => [{ does: "translate", manip: "destination", addresses: null, ...ports(given["--to-ports"]) }],
});
