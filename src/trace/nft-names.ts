/** Names that nft prints for numbers: src/proto.c and src/datatype.c of nftables (`nft describe icmp type`). */
const numbered = (first: number, ...names: readonly string[]): [string, number][] =>
  names.map((name, at) => [name, first + at]);

const TYPES: Readonly<Record<string, ReadonlyMap<string, number>>> = {
  icmp: new Map([
    ["echo-reply", 0],
    ...numbered(3, "destination-unreachable", "source-quench", "redirect"),
    ...numbered(8, "echo-request", "router-advertisement", "router-solicitation", "time-exceeded", "parameter-problem"),
    ...numbered(13, "timestamp-request", "timestamp-reply", "info-request", "info-reply", "address-mask-request"),
    ["address-mask-reply", 18],
  ]),
  icmpv6: new Map([
    ...numbered(1, "destination-unreachable", "packet-too-big", "time-exceeded", "parameter-problem"),
    ...numbered(128, "echo-request", "echo-reply", "mld-listener-query", "mld-listener-report", "mld-listener-done"),
    ["mld-listener-reduction", 132],
    ...numbered(133, "nd-router-solicit", "nd-router-advert", "nd-neighbor-solicit", "nd-neighbor-advert"),
    ...numbered(137, "nd-redirect", "router-renumbering"),
    ...numbered(141, "ind-neighbor-solicit", "ind-neighbor-advert", "mld2-listener-report"),
  ]),
};
const CODES: Readonly<Record<string, ReadonlyMap<string, number>>> = {
  icmp: new Map([
    ...numbered(0, "net-unreachable", "host-unreachable", "prot-unreachable", "port-unreachable", "frag-needed"),
    ...numbered(9, "net-prohibited", "host-prohibited"),
    ["admin-prohibited", 13],
  ]),
  icmpv6: new Map([
    ...numbered(0, "no-route", "admin-prohibited"),
    ...numbered(3, "addr-unreachable", "port-unreachable", "policy-fail", "reject-route"),
  ]),
};

const integer = (text: string): number | undefined => (/^\d+$/.test(text) ? Number(text) : undefined);
export const typeOf = (protocol: string, text: string): number | undefined =>
  integer(text) ?? TYPES[protocol]?.get(text);
/** nft names codes as those of "unreachable" whatever the type is: the number is right all the same. */
export const codeOf = (protocol: string, text: string): number | undefined =>
  integer(text) ?? CODES[protocol]?.get(text);

/** `cs3`, `af21`, `ef`, `0x2e`. */
export function dscpOf(text: string): number | undefined {
  const [, kind, first = "", second] = /^(cs|af)(\d)(\d)?$/.exec(text) ?? [];
  if (kind === "cs" && second === undefined) return Number(first) * 8;
  if (kind === "af" && second !== undefined) return Number(first) * 8 + Number(second) * 2;
  const named = { df: 0, be: 0, le: 1, lephb: 1, va: 44, ef: 46 }[text];
  return named ?? (/^(?:0x[\da-f]+|\d+)$/.test(text) ? Number(text) : undefined);
}
export const ECN: Readonly<Record<string, number>> = { "not-ect": 0, ect1: 1, ect0: 2, ce: 3 };
