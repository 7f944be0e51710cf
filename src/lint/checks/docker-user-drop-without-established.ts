import {
  allValues,
  evaluate,
  type Family,
  type Host,
  minus,
  type Packet,
  type Ranges,
  readPacket,
  unite,
  withFields,
} from "../../facts/index.ts";
import { bind, type Chain, conditionOf, type Rule, type Table, toolOf } from "../../model/index.ts";
import type { Docker } from "../../owners/index.ts";
import { ruleAt } from "../analysis.ts";
import type { Check } from "../define.ts";
import { find, leaves, type Met, meet } from "../reach.ts";

/** Matches that tell where a packet is from; what others that are not modelled ask is not guessed at. */
const ABOUT_SOURCES = new Set(["ip", "set", "iprange", "addrtype", "conntrack", "geoip", "asn"]);
const [SYN, ACK] = [2, 16];

export const check: Check = function* (analysis) {
  for (const { table, docker, user } of analysis.userChains()) {
    const drops = [...meet(table, user, reply(table, docker, analysis.host), analysis.host)].filter(
      (met) => met.ends === "drop" && isSettled(met, analysis.host) && !asksOriginal(met),
    );
    const gap = isolating(table, user, docker, analysis.host);
    const kindOf = (met: Met) => {
      if (gap.has(met.rule)) return "no-egress";
      return namesSources(met) ? "source" : "replies";
    };
    const kinds = drops.map(kindOf);
    for (const message of new Set(kinds)) {
      const [first, ...others] = drops.filter((_, i) => kinds[i] === message);
      if (!first) continue;
      const replyRule = `-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN`;
      yield {
        ...ruleAt(table, first.chain, first.number),
        message,
        data: {},
        related: [
          ...first.path.map(({ rule, chain, number }) => ({
            place: rule.place,
            message: `${chain.name} rule ${number} jumps there`,
          })),
          ...others.map(({ rule, chain, number }) => ({
            place: rule.place,
            message: `${chain.name} rule ${number} does the same`,
          })),
        ],
        confidence: "assumes",
        ...(message === "replies"
          ? { fix: { safe: false, commands: [`${toolOf(table.family)} -I ${user.name} 1 ${replyRule}`] } }
          : {}),
      };
    }
  }
};

/** A reply to a container's own connection, its NAT undone: to a port that Linux gives clients (ip_local_port_range). */
function reply({ family }: Table, { outside, bridges }: Docker, host: Host): Packet {
  const out = bridges.map(({ name }) => name).join(",");
  return withFields(readPacket(family, { ctstate: "RELATED,ESTABLISHED", ctdir: "REPLY", outInterface: out }), {
    inInterface: some(outside),
    destination: some(containers(bridges, family, host)),
    destinationPort: { absent: true, ranges: [[32768, 61000]] },
    // no SYN without ACK comes in reply
    tcpFlags: { absent: true, ranges: runs(64, (flags) => (flags & (SYN | ACK)) !== SYN) },
  });
}
/** Where containers are; where not every bridge tells its network, everywhere but on the host itself. */
function containers(bridges: Docker["bridges"], family: Family, host: Host): Ranges {
  const networks = bridges.map(({ name, subnet }) => unite([...(subnet ?? []), ...host.onLink(name, family)]));
  const told = networks.every((ranges) => ranges.length > 0)
    ? unite(networks.flat())
    : allValues("destination", family);
  return minus(told, host.localAddresses(family) ?? []);
}
const some = (ranges: Ranges) => ({ absent: false, ranges });
function runs(limit: number, wanted: (value: number) => boolean): Ranges {
  const values = Array.from({ length: limit }, (_, value) => value).filter(wanted);
  return values.map((value) => [value, value + 1] as const);
}

/** Nothing random, and nothing that no one here knows. */
function isSettled(met: Met, host: Host): boolean {
  if ([...leaves(met.condition)].some(({ leaf }) => leaf.is === "chance")) return false;
  return [...met.path, met].every(({ rule }) =>
    bind(rule).matches.every(
      (match) =>
        ABOUT_SOURCES.has(match.name) ||
        (match.extension !== null &&
          [...leaves(conditionOf(match, rule, host))].every(({ leaf }) => leaf.is !== "opaque")),
    ),
  );
}
/** `--ctorigdst(port)`: about the connection's first packet; without `--ctdir` a mistake of its own. */
const asksOriginal = (met: Met): boolean =>
  [...leaves(met.condition)].some(
    ({ leaf }) => "field" in leaf && (leaf.field === "ctorigdst" || leaf.field === "ctorigdstport"),
  );

/** It bans these sources by name: that their replies go too is hardly news. */
const namesSources = (met: Met): boolean =>
  [...met.path, met].some(({ rule }) =>
    bind(rule).matches.some(({ name, given }) => {
      if (name === "ip") return given["-s"] !== undefined && !given["-s"].negated;
      const inSet = given["--match-set"] ?? given["--src-range"];
      return inSet !== undefined && !inSet.negated && !JSON.stringify(inSet.value).includes("dst");
    }),
  );

/**
 * The drops of a DOCKER-USER that lets containers send nothing out and lets nothing in before them: no reply is
 * missed there. Empty for any other.
 */
function isolating(table: Table, user: Chain, { bridges, outside }: Docker, host: Host): Set<Rule> {
  const bridge = bridges.map(({ name }) => name).join(",");
  const states = { ctstate: "NEW", ctdir: "ORIGINAL" };
  const leaving = withFields(readPacket(table.family, { ...states, inInterface: bridge }), {
    outInterface: some(outside),
  });
  const coming = withFields(readPacket(table.family, { ...states, outInterface: bridge }), {
    inInterface: some(outside),
  });
  const passes = (met: Met): boolean =>
    met.ends === "accept" || met.ends === "unknown" || (met.ends === "return" && met.path.length === 0);
  const isWhole = (met: Met): boolean => met.ends === "drop" && evaluate(met.condition, leaving).is === "yes";
  const out = find(meet(table, user, leaving, host), (met) => passes(met) || isWhole(met));
  const drops = new Set<Rule>();
  if (!out || !isWhole(out)) return drops;
  for (const met of meet(table, user, coming, host)) {
    if (passes(met)) break;
    if (met.ends === "drop") drops.add(met.rule);
  }
  return drops;
}
