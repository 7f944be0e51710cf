/** A table at a hook, and the nat table, which only some packets ask. Semantics 4.1, 4.2. */
import {
  all,
  CONFIRMED,
  evaluate,
  type Field,
  isCtState,
  isIcmp,
  knownValue,
  type Packet,
  type Ranges,
  refine,
  single,
  within,
} from "../facts/index.ts";
import { meaningOf, type Table } from "../model/index.ts";
import { track } from "./conntrack.ts";
import { PARTS, type Stop } from "./journey.ts";
import { asksNat, translatedTo, translateSilently, tuplesStated, usesConntrack } from "./nat.ts";
import { learn } from "./seen.ts";
import {
  assume,
  conclude,
  fork,
  type Left,
  lose,
  mayLose,
  type Outcome,
  type Traveller,
  type Verdict,
  type Walking,
  type World,
} from "./traveller.ts";

const VERDICTS = {
  drop: "DROP",
  reject: "REJECT",
  queue: "QUEUE",
  stolen: "STOLEN",
  undecided: "UNDECIDED",
} as const satisfies Record<Exclude<Outcome, "accept" | "lost">, Verdict>;

/** Tables of both backends at one place run one after the other (semantics 4.1). */
export function throughTables(
  traveller: Traveller,
  tables: readonly Table[],
  stop: Extract<Stop, { at: "table" | "nat" }>,
  world: Walking,
): Traveller[] {
  const layer = stop.at === "table" ? stop.layer : "ip";
  let on: Traveller[] = [traveller];
  const out: Traveller[] = [];
  for (const table of tables) {
    const left: Left[] = on.flatMap((each) => world.reader.traverse(each, table, layer, stop.hook, world));
    on = [];
    for (const { traveller: each, outcome } of left) {
      if (outcome === "accept") (stop.at === "nat" && isSetUp(each, world) ? out : on).push(each);
      else if (outcome === "lost") out.push(each);
      else if (table.name === "broute") on.push(routed(each));
      else out.push(conclude(each, VERDICTS[outcome]));
    }
  }
  return [...on, ...out];
}

/** A rule of one nat table has set the connection up: those of others are not asked (net/netfilter/nf_nat_core.c nf_nat_inet_fn). */
function isSetUp({ steps }: Traveller, { host }: World): boolean {
  const rule = steps.at(-1)?.rule;
  const action = rule && meaningOf(rule, host).action;
  return action?.kind === "effects" && action.effects.some(({ does }) => does === "translate");
}

/** broute DROP: the frame is not bridged, it goes up on the port itself (semantics 3). */
function routed(traveller: Traveller): Traveller {
  const port = traveller.packet.fields.physdevIn;
  const { physdevIn: _, ...fields } = traveller.packet.fields;
  traveller.packet = { ...traveller.packet, fields: port ? { ...fields, inInterface: port } : fields };
  traveller.bridge = null;
  traveller.todo = [...PARTS.packetIn];
  return traveller;
}

const natTables = ({ packet }: Traveller, { ruleset }: World): readonly Table[] =>
  ruleset.tables.filter(({ family, name }) => family === packet.family && name === "nat");

/** nat is asked by the first packet of a connection only; later ones are translated silently (semantics 4.2). */
export function nat(traveller: Traveller, stop: Extract<Stop, { at: "nat" }>, world: Walking): Traveller[] {
  if (!usesConntrack(world.ruleset, traveller.packet.family)) return [traveller];
  if (traveller.looped) return again(traveller, stop, world);
  if (stop.manip === "source" && traveller.sourceDone) return [traveller];
  if (isRedirect(traveller.packet)) return redirect(traveller);
  if (stop.manip === "source") traveller.sourceDone = true;
  const condition = asksNat(traveller.packet);
  const answer = evaluate(condition, traveller.packet).is;
  const tables = natTables(traveller, world);
  if (answer === "yes") return throughTables(traveller, tables, stop, world);
  if (isWrongError(traveller, stop, world)) return [loseWrong(traveller)];
  if (answer === "no" || tables.length === 0) return later(traveller, stop, world);
  return [true, false].flatMap((first) =>
    refine(condition, { packet: traveller.packet, facts: [] }, first).flatMap((piece) => {
      const branch = fork(traveller);
      learn(branch, traveller.packet, piece);
      track(branch, world);
      // one question, whatever it took to answer it
      const isRelated = first && evaluate(isCtState("RELATED"), branch.packet).is === "yes";
      const taken = isRelated ? "first of a connection that another announced (RELATED)" : "first of its connection";
      assume(branch, "ctstate", null, first ? taken : "not first of its connection");
      return first ? throughTables(branch, tables, stop, world) : later(branch, stop, world);
    }),
  );
}

/** ICMP 5 and ICMPv6 137. */
const REDIRECT: Ranges = [
  [5 << 8, 6 << 8],
  [137 << 8, 138 << 8],
];
const isRedirect = (packet: Packet): boolean =>
  evaluate(all(isCtState("RELATED"), within("icmpType", REDIRECT, "redirect")), packet).is === "yes";

/**
 * nf_nat_proto.c nf_nat_icmpv6_reply_translation, which sums before it looks at the connection; not on the way out, where
 * a sum that was taken before stands (net/netfilter/utils.c nf_ip6_checksum). Only NPT makes it wrong behind conntrack.
 */
const isWrongError = (traveller: Traveller, { hook }: Extract<Stop, { at: "nat" }>, world: World): boolean =>
  traveller.packet.family === "ipv6" &&
  hook !== "POSTROUTING" &&
  natTables(traveller, world).length > 0 &&
  evaluate(all(isCtState("RELATED"), isIcmp, within("checksum", [[1, 2]], "wrong")), traveller.packet).is === "yes";

const loseWrong = (traveller: Traveller): Traveller => lose(traveller, "nat drops an error whose checksum is wrong");

/**
 * What the loopback brings back has its connection, and no table is asked; what NPT has made of an address since becomes
 * the connection's again (nf_nat_core.c nf_nat_inet_fn; measured).
 */
function again(traveller: Traveller, stop: Extract<Stop, { at: "nat" }>, world: Walking): Traveller[] {
  // the sum that was taken in OUTPUT has the header in it: with the addresses alone it stays right (measured)
  const isSummed = !["ttl", "tos"].some((field) => traveller.rewritten.has(field as Field));
  if (!isSummed && isWrongError(traveller, stop, world)) return [loseWrong(traveller)];
  return tuplesStated(traveller.packet, stop.manip) ? later(traveller, stop, world) : [traveller];
}

/**
 * nat drops a redirect about a connection that it translates, or has not set up yet: the address that it names is not
 * the one that its receiver knows (net/netfilter/nf_nat_proto.c nf_nat_icmp_reply_translation; recording s08).
 */
function redirect(traveller: Traveller): Traveller[] {
  const { fields } = traveller.packet;
  const reason = "nat drops a redirect about a connection that it translates or has not set up yet";
  const status = knownValue(traveller.packet, "ctstatus");
  if (typeof status === "number" && (status & CONFIRMED) === 0) return [lose(traveller, reason)];
  const ends = [
    [single(fields.ctorigsrc), single(fields.ctrepldst)],
    [single(fields.ctorigdst), single(fields.ctreplsrc)],
  ];
  if (ends.some(([a, b]) => a !== undefined && b !== undefined && a !== b)) return [lose(traveller, reason)];
  if (ends.every(([a, b]) => a !== undefined && a === b)) return [traveller];
  return mayLose(traveller, "ctorigsrc", ["not translated", "translated"], reason);
}
function later(traveller: Traveller, { manip, hook }: Extract<Stop, { at: "nat" }>, world: Walking): Traveller[] {
  if (evaluate(isCtState("INVALID", "UNTRACKED"), traveller.packet).is === "yes") return [traveller];
  if (tuplesStated(traveller.packet, manip)) {
    traveller.pending.push(...translateSilently(traveller, manip));
    return [traveller];
  }
  // a destination that is not the host's own cannot be the outside of a translation by this host
  const outward = manip === "destination" && hook === "PREROUTING" && !traveller.bridged;
  if (!outward || !isLocal(traveller.packet, world)) return [traveller];
  const ranges = translatedTo(traveller, world);
  if (ranges.length === 0) return [traveller];
  const translated = fork(traveller);
  const { fields } = translated.packet;
  translated.packet = { ...translated.packet, fields: { ...fields, destination: { absent: false, ranges } } };
  assume(traveller, "ctorigsrc", null, "not translated");
  assume(translated, "ctorigsrc", null, "translated");
  return [traveller, translated];
}

function isLocal(packet: Packet, { host }: Walking): boolean {
  const own = host.localAddresses(packet.family);
  const destination = packet.fields.destination;
  if (!own || !destination) return true;
  return evaluate({ is: "in", field: "destination", ranges: own, wants: "" }, packet).is !== "no";
}
