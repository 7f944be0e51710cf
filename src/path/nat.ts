/** NAT: which packets ask the nat table, what a translation does, and the silent ones of later packets. Semantics 4.2. */
import type { Translate } from "../extensions/index.ts";
import {
  absent,
  all,
  any,
  type Condition,
  evaluate,
  everything,
  type Field,
  isAbsent,
  isStated,
  knownValue,
  not,
  only,
  type Packet,
  readAddress,
  type ValueSet,
  within,
} from "../facts/index.ts";
import { bind, meaningOf } from "../model/index.ts";
import type { Hook } from "./journey.ts";
import { rewrite } from "./rewrite.ts";
import { type Change, nameOf, type Traveller, type World } from "./traveller.ts";

const NEW = within("ctstate", [[1, 2]], "NEW");
const RELATED = within("ctstate", [[2, 3]], "RELATED");
const ICMP = within(
  "protocol",
  [
    [1, 2],
    [58, 59],
  ],
  "icmp",
);
const CONFIRMED = within(
  "ctstatus",
  Array.from({ length: 8 }, (_, i) => [i + 8, i + 9] as const),
  "CONFIRMED",
);

/**
 * The packets that ask the nat table: NEW, or RELATED but no ICMP error, and not confirmed yet. NEW without a stated
 * ctstatus is the first packet of its connection; `--ctstatus CONFIRMED` makes it a later one before any reply.
 */
export function asksNat(packet: Packet): Condition {
  const opens = any(NEW, all(RELATED, not(ICMP)));
  return isStated(packet, "ctstatus") && !isAbsent(packet.fields.ctstatus) ? all(opens, not(CONFIRMED)) : opens;
}

/** A nat rule's target on the first packet. */
export function translate(traveller: Traveller, effect: Translate, hook: Hook, world: World): Change[] {
  const { manip, addresses, ports } = effect;
  const address = manip === "source" ? "source" : "destination";
  const changes: Change[] = [];
  if (addresses === null)
    changes.push(...rewrite(traveller, address, ownAddress(traveller, manip, hook, world), "target"));
  else if (addresses.length > 0)
    changes.push(...rewrite(traveller, address, { absent: false, ranges: addresses }, "target"));
  if (ports)
    changes.push(
      ...rewrite(
        traveller,
        manip === "source" ? "sourcePort" : "destinationPort",
        { absent: false, ranges: ports },
        "target",
      ),
    );
  return changes;
}

/** MASQUERADE: the out device's address; REDIRECT: the in device's, or loopback for packets of this host. */
function ownAddress(traveller: Traveller, manip: Translate["manip"], hook: Hook, { host }: World): ValueSet {
  const { packet } = traveller;
  if (manip === "destination" && hook === "OUTPUT")
    return only(readAddress(packet.family === "ipv6" ? "::1" : "127.0.0.1") ?? 0);
  const dev = nameOf(packet, manip === "source" ? "outInterface" : "inInterface");
  const address = dev === undefined ? undefined : host.addressOf(dev, packet.family);
  return address === undefined ? { ...everything(manip, packet.family), absent: false } : only(address);
}

const SILENT: Readonly<
  Record<"source" | "destination", Readonly<Record<"ORIGINAL" | "REPLY", readonly (readonly [Field, Field])[]>>>
> = {
  destination: {
    ORIGINAL: [["destination", "ctreplsrc"]],
    REPLY: [
      ["destination", "ctorigsrc"],
      ["destinationPort", "ctorigsrcport"],
    ],
  },
  source: {
    ORIGINAL: [["source", "ctrepldst"]],
    REPLY: [
      ["source", "ctorigdst"],
      ["sourcePort", "ctorigdstport"],
    ],
  },
};

/** Later packets and replies: the connection's tuples say what the addresses become; no rule is asked, no line printed. */
export function translateSilently(traveller: Traveller, manip: "source" | "destination"): Change[] {
  const direction = knownValue(traveller.packet, "ctdir");
  if (direction === undefined) return [];
  return SILENT[manip][direction === 0 ? "ORIGINAL" : "REPLY"].flatMap(([field, from]) => {
    const set = traveller.packet.fields[from];
    if (!set || set.absent || isAbsent(traveller.packet.fields[field])) return [];
    return rewrite(traveller, field, set, "conntrack");
  });
}

/** Whether the connection's tuples, where they matter for this manip, are stated. */
export function tuplesStated(packet: Packet, manip: "source" | "destination"): boolean {
  const direction = knownValue(packet, "ctdir");
  if (direction === undefined) return false;
  return SILENT[manip][direction === 0 ? "ORIGINAL" : "REPLY"].every(([field, from]) =>
    field.endsWith("Port") ? true : isStated(packet, from),
  );
}

/**
 * Whether some rule of the nat tables may have translated this packet's connection, so that its destination is not the
 * one it came with: a DNAT rule that fits it, or a SNAT rule that fits a packet it would be the reply to.
 */
export function mayBeTranslated(traveller: Traveller, { ruleset, host }: World): boolean {
  const { packet } = traveller;
  const direction = knownValue(packet, "ctdir");
  const forward: Packet = {
    ...packet,
    fields: { ...packet.fields, physdevIn: everything("physdevIn", packet.family) },
  };
  const { source, destinationPort, sourcePort, protocol, inInterface } = packet.fields;
  const fields: Partial<Record<Field, ValueSet>> = { inInterface: absent };
  if (source) fields.destination = source;
  if (destinationPort && isAbsent(destinationPort)) fields.sourcePort = absent;
  if (sourcePort) fields.destinationPort = sourcePort;
  if (protocol) fields.protocol = protocol;
  if (inInterface) fields.outInterface = inInterface;
  const reversed: Packet = { family: packet.family, fields, assumed: {} };
  return ruleset.tables
    .filter(({ family, name }) => family === packet.family && name === "nat")
    .flatMap(({ chains }) => [...chains.values()].flatMap(({ rules }) => rules))
    .some((rule) => {
      const { action, condition } = meaningOf(rule, host);
      const effect = action.kind === "effects" ? action.effects.find((each) => each.does === "translate") : undefined;
      if (effect?.does !== "translate") return false;
      const of =
        effect.manip === "destination" ? (direction === 1 ? null : forward) : direction === 0 ? null : reversed;
      return of !== null && evaluate(condition, of).is !== "no";
    });
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
const CT_TARGETS = new Set(["CT", "NOTRACK", "CONNMARK", "CONNSECMARK", "SYNPROXY", "CLUSTERIP"]);
const usesMemo = new WeakMap<World["ruleset"], boolean>();
/** conntrack works in a network namespace only once something there needs it: a nat rule, a ct match or target (recordings s12b, s12c). */
export function usesConntrack({ ruleset }: World): boolean {
  let uses = usesMemo.get(ruleset);
  if (uses === undefined) {
    uses = ruleset.tables.some(
      ({ family, name, chains }) =>
        family !== "bridge" &&
        [...chains.values()].some(({ rules }) =>
          rules.some((rule) => {
            if (name === "nat") return true;
            const { matches, target } = bind(rule);
            return (
              matches.some((match) => CT_MATCHES.has(match.name)) || (target !== null && CT_TARGETS.has(target.name))
            );
          }),
        ),
    );
    usesMemo.set(ruleset, uses);
  }
  return uses;
}
