/** What an edit may have put in a dump's place: rules of which only what the log shows is known. */
import { type Address, writeAddress, writeMac } from "../facts/index.ts";
import { bind, type Chain, isTaken, matchText, type Rule, ruleOfText, type Table, targetText } from "../model/index.ts";
import type { IpEvent, LogValues, TraceEvent } from "../trace/index.ts";
import { tableOf } from "./compare.ts";
import { ruleOfLine } from "./reconstruct.ts";

export interface Shown {
  /** Where the dump parts with the first of them, and the line before. */
  readonly last: TraceEvent | null;
  readonly seen: TraceEvent | null;
  readonly log: readonly (readonly TraceEvent[])[];
  /** What a later packet of a connection whose opening is known entered with. */
  readonly reply: LogValues | null;
  /** What an unknown rule asks for. */
  readonly match: string;
}

export const FREE_MATCH = '-m "(unknown)"';
/** nat has lines only where some rule makes use of conntrack (semantics 4.2, recordings s12b, s12c). */
export const TRACKING_MATCH = `${FREE_MATCH} -m conntrack --ctstate INVALID,NEW,RELATED,ESTABLISHED,UNTRACKED`;
/** ebtables has no match that nobody knows: one that nobody can evaluate does as well. */
const FREE_OF_BRIDGE = "--limit 1/hour";
const FREE_TARGET = '-j "(unknown)"';

/**
 * What a rule of the chain may do that the dump does not know of: anything, or what the line after one of the chain's
 * shows: another chain, or another destination, mark or hop limit.
 */
export function targetsIn(table: Table, chain: Chain, { log, reply }: Shown): readonly string[] {
  if (table.family === "bridge")
    return table.name === "nat" ? [FREE_TARGET, "-j redirect", ...readdressed(log)] : [FREE_TARGET];
  const targets = new Set([FREE_TARGET, ...(table.name === "raw" ? ["-j CT --notrack"] : [])]);
  const isUsers = (name: string) => table.chains.get(name)?.builtin === false;
  for (const events of log) {
    for (const [at, event] of events.entries()) {
      const next = events[at + 1];
      if (event.layer !== "ip" || !next || event.nft || event.kind === "policy") continue;
      if (event.family !== table.family || event.table !== table.name || event.chain !== chain.name) continue;
      if (next.layer === "ip" && next.table === table.name && next.chain !== chain.name && isUsers(next.chain))
        for (const how of ["-j", "-g"]) targets.add(`${how} ${next.chain}`);
      for (const each of rewrites(event, next)) targets.add(each);
    }
  }
  if (table.name === "nat" && reply) for (const each of openings(table.family, reply)) targets.add(each);
  return [...targets];
}

/** Replies come to what source NAT has made of the sender, and from what destination NAT has made of the receiver. */
function* openings(family: Table["family"], reply: LogValues): Generator<string> {
  const { source, destination, sourcePort, destinationPort } = reply;
  const withPort = (address: Address, port: number | undefined) => {
    const text = writeAddress(address);
    return port === undefined ? text : `${family === "ipv6" ? `[${text}]` : text}:${port}`;
  };
  if (destination !== undefined) yield `-j SNAT --to-source ${withPort(destination, destinationPort)}`;
  if (source !== undefined) yield `-j DNAT --to-destination ${withPort(source, sourcePort)}`;
}

/** What the line behind one of the bridge shows of the frame: dnat has given it another receiver. */
function readdressed(log: Shown["log"]): Set<string> {
  const out = new Set<string>();
  for (const events of log)
    for (const [at, { layer, values }] of events.entries()) {
      const next = events[at + 1]?.values.macDestination;
      if (layer === "bridge" && next != null && next !== values.macDestination)
        out.add(`-j dnat --to-dst ${writeMac(next)} --dnat-target ACCEPT`);
    }
  return out;
}

function* rewrites({ table, family, values: was }: IpEvent, { values: is }: TraceEvent): Generator<string> {
  const isSix = family === "ipv6";
  const to = (address: Address, port: number | undefined, old: number | undefined) => {
    const text = writeAddress(address);
    return port === undefined || port === old ? text : `${isSix ? `[${text}]` : text}:${port}`;
  };
  if (table === "nat" && is.destination !== undefined && is.destination !== was.destination)
    yield `-j DNAT --to-destination ${to(is.destination, is.destinationPort, was.destinationPort)}`;
  if (table === "nat" && is.source !== undefined && is.source !== was.source)
    yield `-j SNAT --to-source ${to(is.source, is.sourcePort, was.sourcePort)}`;
  if (is.mark !== was.mark) yield `-j MARK --set-xmark ${is.mark ?? 0}/0xffffffff`;
  if (table === "mangle" && isSix && is.destination !== was.destination)
    yield npt("DNPT", was.destination, is.destination);
  if (table === "mangle" && isSix && is.source !== was.source) yield npt("SNPT", was.source, is.source);
  if (table === "mangle" && is.ttl !== was.ttl) yield isSix ? `-j HL --hl-set ${is.ttl}` : `-j TTL --ttl-set ${is.ttl}`;
}

/** Of prefixes that long nothing but them changes: what the word behind a shorter one takes up is in them. */
const npt = (name: string, was: Address | undefined, is: Address | undefined): string => {
  const prefix = (address: Address | undefined) => `${writeAddress((BigInt(address ?? 0) >> 64n) << 64n)}/64`;
  return `-j ${name} --src-pfx ${prefix(was)} --dst-pfx ${prefix(is)}`;
};

/** One that keeps its match and does something else, or does the same to other packets. */
export function* halfChanged(rule: Rule, targets: readonly string[], match: string): Generator<Rule> {
  const { family, chain, saver } = rule;
  if (!isTaken(rule)) return;
  const text = (...parts: readonly string[]) => ruleOfText(family, chain, parts.join(" "), saver);
  const matches = bind(rule).matches.map((match) => matchText(match, rule));
  const target = targetText(rule);
  for (const other of targets) yield text(...matches, other);
  if (matches.length > 0) yield text(target);
  if (family === "bridge") {
    yield text(FREE_OF_BRIDGE, target);
    return;
  }
  yield text(match, target);
  // what is standard and has no match prints another kind of line (semantics 1.2)
  if (matches.length === 0) for (const name of ["ACCEPT", "DROP", "RETURN"]) yield text("-j", name);
}

/**
 * A rule of which only its place is known: it matches some packets and does anything to them. Where the line says
 * `return` or `policy` it is one without a match (semantics 1.2), so it is one of three.
 */
export function unknownRules(
  table: Table,
  chain: string,
  { last, seen, match }: Shown,
  targets: readonly string[],
): readonly Rule[] {
  const { family } = table;
  const lines = [last, seen].filter((each) => each !== null);
  if (seen?.nft) return tableOf(seen).chain === chain ? ruleOfLine(seen.nft, table, chain) : [];
  const text = (body: string) => ruleOfText(family, chain, body);
  if (family === "bridge") return targets.flatMap((target) => [text(target), text(`${FREE_OF_BRIDGE} ${target}`)]);
  const isBare = ({ layer, ...line }: TraceEvent) => layer === "ip" && (line as IpEvent).kind !== "rule";
  const bare = lines.some(isBare) ? ["-j ACCEPT", "-j DROP", "-j RETURN"] : [];
  return [...targets.map((target) => text(`${match} ${target}`)), ...bare.map(text)];
}
