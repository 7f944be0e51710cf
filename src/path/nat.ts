/** NAT: which packets ask the nat table, what a translation does, and the silent ones of later packets. Semantics 4.2. */
import type { Translate } from "../extensions/index.ts";
import {
  absent,
  all,
  allValues,
  any,
  type Condition,
  CT_NAT,
  evaluate,
  everything,
  exactly,
  type Field,
  isAbsent,
  isConfirmed,
  isCtState,
  isIcmp,
  isStated,
  known,
  knownValue,
  minus,
  not,
  type Packet,
  type Ranges,
  refine,
  single,
  unite,
  type Value,
  type ValueSet,
} from "../facts/index.ts";
import { askedOnce, bind, meaningOf, type Rule, someRule } from "../model/index.ts";
import { hasPorts, translated } from "./conntrack.ts";
import type { Hook } from "./journey.ts";
import { ownAddresses } from "./own-addresses.ts";
import { rewrite } from "./rewrite.ts";
import type { Change, Traveller, World } from "./traveller.ts";

/**
 * The packets that ask the nat table: NEW, or RELATED but no ICMP error, and not confirmed yet. NEW without a stated
 * ctstatus is the first packet of its connection; `--ctstatus CONFIRMED` makes it a later one before any reply.
 */
export function asksNat(packet: Packet): Condition {
  const opens = any(isCtState("NEW"), all(isCtState("RELATED"), not(isIcmp)));
  return isStated(packet, "ctstatus") && !isAbsent(packet.fields.ctstatus) ? all(opens, not(isConfirmed)) : opens;
}

/** Which side it changes: where packets come in or are made here the destination, where they leave the source. */
export function manipOf({ manip }: Translate, hook: Hook): "source" | "destination" {
  if (manip !== "by hook") return manip;
  return hook === "PREROUTING" || hook === "OUTPUT" ? "destination" : "source";
}

/** A nat rule's target on the first packet; false: there is no address to give it, and it is dropped. */
export function translate(
  traveller: Traveller,
  effect: Translate,
  hook: Hook,
  { host }: World,
  tell: (changes: readonly Change[]) => unknown,
): boolean {
  const before = traveller.packet;
  const manip = manipOf(effect, hook);
  const addresses =
    effect.addresses === null ? ownAddresses(before, manip, hook, host) : kept(effect, knownValue(before, manip));
  if (addresses === null) return false;
  if (isAlready(before, manip, addresses) && !effect.ports) return true;
  if (addresses.length > 0) tell(rewrite(traveller, manip, { absent: false, ranges: addresses }, "target"));
  const port = manip === "source" ? "sourcePort" : "destinationPort";
  const has = hasPorts(before, host);
  if (effect.ports && !isAbsent(before.fields[port]) && has !== "no") {
    const next = portsOf(effect, knownValue(before, port));
    const ranges = has === "yes" ? next : unite([...next, ...known(before, port).ranges]);
    tell(rewrite(traveller, port, { absent: false, ranges }, "target"));
  }
  translated(traveller, before, manip);
  if (effect.ports && evaluate(isIcmp, before).is === "yes") giveId(traveller, effect.ports);
  return true;
}

/** Of ICMP the id stands in the place of a port, the same for either direction (nf_nat_core.c nf_nat_l4proto_unique_tuple). */
function giveId(traveller: Traveller, ranges: Ranges): void {
  const { packet } = traveller;
  traveller.packet = { ...packet, fields: { ...packet.fields, ctreplsrcport: { absent: false, ranges } } };
}

/**
 * The connection has that address, though NPT has given the packet another: there is nothing to set up
 * (net/netfilter/nf_nat_core.c nf_nat_setup_info).
 */
function isAlready({ fields }: Packet, manip: "source" | "destination", addresses: Ranges): boolean {
  const wanted = single({ absent: false, ranges: addresses });
  return wanted !== undefined && wanted === single(fields[manip === "source" ? "ctorigsrc" : "ctorigdst"]);
}

/** NETMAP: some bits of the old address stay. net/netfilter/xt_NETMAP.c */
function kept({ addresses, keeps }: Translate, old: Value | undefined): Ranges {
  const base = addresses?.[0]?.[0];
  if (keeps === undefined || base === undefined || old === undefined) return addresses ?? [];
  const next = BigInt(base) | (BigInt(old) & BigInt(keeps));
  return exactly(typeof base === "bigint" ? next : Number(next));
}

/** With a base a port goes where its neighbours say (nf_nat_core.c nf_nat_l4proto_unique_tuple, PROTO_OFFSET). */
function portsOf({ ports = [], base }: Translate, old: Value | undefined): Ranges {
  const [range] = ports;
  if (base === undefined || !range || typeof old !== "number") return ports;
  const [low, high] = range.map(Number) as [number, number];
  const port = low + (((old - base + 0x10000) % 0x10000) % (high - low));
  return [[port, port + 1]];
}

/** Address and port that a later packet gets, by manip and direction. */
interface Silent {
  readonly address: readonly [to: "source" | "destination", from: Field];
  readonly port: readonly [to: "sourcePort" | "destinationPort", from: Field];
}
const SILENT: Readonly<Record<"source" | "destination", Readonly<Record<"ORIGINAL" | "REPLY", Silent>>>> = {
  destination: {
    ORIGINAL: { address: ["destination", "ctreplsrc"], port: ["destinationPort", "ctreplsrcport"] },
    REPLY: { address: ["destination", "ctorigsrc"], port: ["destinationPort", "ctorigsrcport"] },
  },
  source: {
    ORIGINAL: { address: ["source", "ctrepldst"], port: ["sourcePort", "ctrepldstport"] },
    REPLY: { address: ["source", "ctorigdst"], port: ["sourcePort", "ctorigdstport"] },
  },
};
function silentOf(packet: Packet, manip: "source" | "destination"): Silent | undefined {
  const direction = knownValue(packet, "ctdir");
  return direction === undefined ? undefined : SILENT[manip][direction === ORIGINAL ? "ORIGINAL" : "REPLY"];
}
const ORIGINAL = 0;
const [SRC_NAT, DST_NAT] = CT_NAT.map((_, bit) => 1 << bit) as [number, number];

/**
 * Later packets and replies: the connection's tuples say what the addresses become; no rule is asked, no line printed.
 * A side that NAT has not changed is left alone (nf_nat_core.c nf_nat_packet), whatever else rewrote it.
 */
export function translateSilently(traveller: Traveller, manip: "source" | "destination"): Change[] {
  const { packet } = traveller;
  const silent = silentOf(packet, manip);
  const nat = knownValue(packet, "ctnat");
  const isBack = knownValue(packet, "ctdir") !== ORIGINAL;
  if (typeof nat === "number" && (nat & ((manip === "source") === isBack ? DST_NAT : SRC_NAT)) === 0) return [];
  const set = silent && packet.fields[silent.address[1]];
  if (!silent || !set || set.absent) return [];
  // an error's source changes with the destination (nf_nat_proto.c nf_nat_icmp_reply_translation); whether that was
  // translated is told by an end of the connection only
  if (nat === undefined && manip === "source" && knownValue(packet, "ctstate") === STATE_RELATED && !isEnd(packet))
    return [];
  const [to, from] = silent.port;
  const changes = rewrite(traveller, silent.address[0], set, "conntrack");
  const port = packet.fields[from];
  if (isAbsent(packet.fields[to]) || isAbsent(port)) return changes;
  if (port && !port.absent) return [...changes, ...rewrite(traveller, to, port, "conntrack")];
  // translated, and the port may be too: what it was is not what it is
  if (changes.length > 0)
    changes.push(...rewrite(traveller, to, { ...everything(to, packet.family), absent: false }, "conntrack"));
  return changes;
}
const STATE_RELATED = 2;
const isEnd = ({ fields }: Packet): boolean => {
  const [source, end] = [fields.source?.ranges[0]?.[0], fields.ctreplsrc?.ranges[0]?.[0]];
  return source !== undefined && source === end;
};

/** Whether the connection's addresses, where they matter for this manip, are stated. */
export function tuplesStated(packet: Packet, manip: "source" | "destination"): boolean {
  const silent = silentOf(packet, manip);
  return silent !== undefined && isStated(packet, silent.address[1]);
}

/**
 * Where this packet goes if some rule of the nat tables has translated its connection, so that its destination is not the
 * one it came with: what a DNAT rule that fits it makes of it, or who sent the packet to which it is the reply, if a SNAT
 * rule fits that one. Empty: no rule can have.
 */
export function translatedTo(traveller: Traveller, { ruleset, host }: World): Ranges {
  const { packet } = traveller;
  const { family } = packet;
  const direction = knownValue(packet, "ctdir");
  const forward: Packet = {
    ...packet,
    fields: { ...packet.fields, physdevIn: everything("physdevIn", family) },
  };
  const { source, destinationPort, sourcePort, protocol, inInterface } = packet.fields;
  const fields: Partial<Record<Field, ValueSet>> = { inInterface: absent };
  if (source) fields.destination = source;
  if (destinationPort && isAbsent(destinationPort)) fields.sourcePort = absent;
  if (sourcePort) fields.destinationPort = sourcePort;
  if (protocol) fields.protocol = protocol;
  if (inInterface) fields.outInterface = inInterface;
  const reversed: Packet = { family, fields, assumed: {} };
  const everywhere = allValues("destination", family);
  const to = (rule: Rule): Ranges => {
    const { action, condition } = meaningOf(rule, host);
    const effect = action.kind === "effects" ? action.effects.find((each) => each.does === "translate") : undefined;
    if (effect?.does !== "translate") return [];
    if (effect.manip !== "source" && direction !== 1 && evaluate(condition, forward).is !== "no") {
      const { addresses, keeps } = effect;
      if (effect.manip === "by hook" || addresses === null || addresses.length === 0 || keeps) return everywhere;
      return addresses;
    }
    if (effect.manip === "destination" || direction === 0) return [];
    // nobody sends from a group's address (net/ipv4/route.c martians)
    const senders = refine(condition, { packet: reversed, facts: [] }, true);
    return minus(unite(senders.flatMap((each) => known(each.packet, "source").ranges)), host.groupAddresses(family));
  };
  return unite(
    ruleset.tables
      .filter((table) => table.family === family && table.name === "nat")
      .flatMap(({ chains }) => [...chains.values()].flatMap(({ rules }) => rules))
      .flatMap(to),
  );
}

const CT_MATCHES = new Set([
  "conntrack",
  "state",
  "connmark",
  "connbytes",
  "connlabel",
  "helper",
  "connlimit",
  "cluster",
]);
const CT_TARGETS = new Set(["CT", "CONNMARK", "CONNSECMARK", "SYNPROXY", "CLUSTERIP"]);
const NAT_TARGETS = new Set(["SNAT", "DNAT", "MASQUERADE", "REDIRECT", "NETMAP", "SAME"]);
/**
 * conntrack works for a family in a network namespace only once something there needs it: a NAT target, a ct match or
 * target (nf_ct_netns_get in their checkentry; recordings s12b, s12c). What keeps packets from it does not need it (xt_CT.c
 * xt_ct_tg_check, notrack_chk).
 */
export const usesConntrack = askedOnce((tables) =>
  someRule(tables, (rule) => {
    const { matches, target } = bind(rule);
    const name = target?.name ?? "";
    const takes = CT_TARGETS.has(name) && !(target && "--notrack" in target.given);
    return matches.some((match) => CT_MATCHES.has(match.name)) || takes || NAT_TARGETS.has(name);
  }),
);
