import { BadValue, type Effect, type Given, target, type Value } from "../define.ts";
import { type Network, network, readAddressOf } from "../values.ts";

const whole = network({ negatable: false, examples: ["fd00::/64", "2001:db8:1::/48", "fd00:1::/56"] });
/** net/ipv6/netfilter/ip6t_NPT.c ip6t_npt_checkentry: at most 64 bits, and none set behind them; `::/0` is not printed. */
const prefix: Value<Network> = {
  ...whole,
  read(words, flag, family) {
    const [word] = words;
    const given = whole.read(words, flag, family);
    const host = readAddressOf(word?.text.split("/")[0] ?? "", family);
    if (given.ranges[0]?.[0] === host && Number(given.text.split("/")[1]) <= 64) return given;
    throw new BadValue(word as never, "an IPv6 prefix of at most 64 bits, with no bit set behind them");
  },
};
const options = { "--src-pfx": prefix, "--dst-pfx": prefix };
const needs = [["--src-pfx"], ["--dst-pfx"]];
/** Goes on with another prefix, or drops the packet where the address cannot be mapped (ip6t_npt_map_pfx). */
function maps(field: "source" | "destination", given: Given<typeof options>): readonly Effect[] {
  const [from, to] = [given["--src-pfx"]?.value.ranges[0], given["--dst-pfx"]?.value.ranges[0]];
  return from && to ? [{ does: "map prefix", field, from, to }] : [{ does: "continue" }];
}

/** Exchanges the prefix of the source, without state. RFC 6296. */
export const SNPT = target({
  name: "SNPT",
  families: ["ipv6"],
  options,
  needs,
  placement: { tables: ["mangle"], hooks: ["INPUT", "POSTROUTING"] },
  does: (given) => maps("source", given),
});
/** The same for the destination. */
export const DNPT = target({
  name: "DNPT",
  families: ["ipv6"],
  options,
  needs,
  placement: { tables: ["mangle"], hooks: ["PREROUTING", "OUTPUT"] },
  does: (given) => maps("destination", given),
});
