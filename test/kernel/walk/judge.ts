/** A case's packets as the engine takes them, held against the kernel's lines. */
import { compare, mayPrint } from "../../../src/drift/compare.ts";
import { Connections, leftBy } from "../../../src/drift/connections.ts";
import { type Entered, walkEntered } from "../../../src/drift/predict.ts";
import {
  anyPacket,
  type Host,
  has,
  knownValue,
  MULTICAST,
  type Packet,
  packetJson,
  readAddress,
  withFields,
} from "../../../src/facts/index.ts";
import { bind, type Rule, type Ruleset } from "../../../src/model/index.ts";
import { firstState, type Path } from "../../../src/path/index.ts";
import { PacketGrouper, readTrace, type TraceEvent } from "../../../src/trace/index.ts";
import type { Done } from "./case.ts";
import type { Datagram } from "./datagram.ts";
import { entered } from "./entered.ts";
import { isFrame, sortOut } from "./pieces.ts";
import type { Topology } from "./topology.ts";
import { INHERENT_FACTS, INHERENTLY_UNKNOWN, unexcused } from "./unknown.ts";

export interface Disagreement {
  /** Which of the case's actions led to it. */
  readonly action: number;
  readonly packet: string;
  readonly why: string;
  readonly lines: readonly string[];
  readonly steps: readonly string[];
}
export interface Judged {
  readonly packets: number;
  readonly lines: number;
  /** The ways that agree with the kernel. */
  readonly paths: readonly Path[];
  readonly disagreements: readonly Disagreement[];
}

export function judge(done: readonly (Done | null)[], ruleset: Ruleset, host: Host, topology: Topology): Judged {
  const world = { ruleset, host };
  // conntrack knew nothing when the case began
  const connections = new Connections(world, []);
  const paths: Path[] = [];
  const disagreements: Disagreement[] = [];
  let [packets, lines] = [0, 0];
  done.forEach((each, action) => {
    if (!each) return;
    const events = eventsOf(each);
    lines += events.length;
    const grouper = new PacketGrouper();
    // what asks for a neighbour is no IP
    const groups = [...events.flatMap((event) => grouper.add(event)), ...grouper.end()];
    const isPiece = each.datagram.fragment !== undefined;
    const { packets: sorted, leaving } = isPiece ? sortOut(groups) : { packets: groups, leaving: [] };
    const traced = sorted.filter(({ family }) => family !== "bridge");
    const own = traced.findIndex((group) => isSent(each.datagram, group.events));
    const judgeOne = (taken: Entered, seen: readonly TraceEvent[], unsettled: Unsettled, part = entire) => {
      const { path, why } = hold(world, taken, seen, unsettled, part);
      const lines = seen.map(({ text }) => text);
      const steps = path?.steps.map(({ id, seen: at }) => `${id} ${JSON.stringify(shown(at))}`) ?? [];
      const packet = JSON.stringify(packetJson(taken.packet));
      return { path, failed: why === null ? null : { action, packet, why, lines, steps } };
    };
    const judgeSent = (seen: readonly TraceEvent[], connection: Packet["fields"]) => {
      const asSent = (sent: Done, datagram = sent.datagram) => ({
        packet: withFields(anyPacket(datagram.family), { ...entered(sent, datagram, topology), ...connection }),
        anyOrigin: false,
      });
      // with conntrack the last piece goes on as the whole, else each by itself
      const all = [...seen, ...leaving.flat()];
      const whole = each.whole && asSent(each, each.whole);
      const goneOn = whole && judgeOne(whole, all, NOTHING);
      if (goneOn && !goneOn.failed) return goneOn;
      const pieces = done.flatMap((piece) => (piece && isOfSame(piece, each) ? [piece] : []));
      const alone = pieces.some((piece) => piece !== each && !eventsOf(piece).every(isFrame));
      if (!whole || alone || leaving.length < 2) return judgeOne(asSent(each), all, isPiece ? "anything" : NOTHING);
      const behind = seen.slice(seen.findIndex((event) => !isFrame(event)));
      const left = pieces.map((piece, at) => {
        const lead = piece === each ? seen.slice(0, seen.length - behind.length) : eventsOf(piece);
        return judgeOne(asSent(piece), [...lead, ...behind, ...(leaving[at] ?? [])], "anything");
      });
      const before = judgeOne(whole, seen, NOTHING, inside);
      return left.find(({ failed }) => failed) ?? (before.failed ? left.at(-1) : null) ?? before;
    };
    // of what was sent more is known than its lines tell, and conntrack knows it too
    const sent = entered(each, each.whole ?? each.datagram, topology);
    const judged = traced.map((group, at) => {
      const inOrder = connections.enter(group, at === own ? sent : {});
      const one =
        at === own ? judgeSent(group.events, inOrder.connection) : judgeOne(wayLeftOut(inOrder), group.events, UNTOLD);
      if (one.path) connections.keep(inOrder, leftBy(one.path, inOrder));
      return one;
    });
    if (own < 0) {
      const ctstate = firstState(withFields(anyPacket(each.datagram.family), sent), world);
      judged.push(judgeSent([], ctstate ? { ctstate } : {}));
    }
    packets += judged.length;
    for (const { path, failed } of judged) {
      if (path) paths.push(path);
      if (failed) disagreements.push(failed);
    }
  });
  return { packets, lines, paths, disagreements };
}

const eventsOf = ({ seen }: Done): readonly TraceEvent[] =>
  readTrace(seen.lines.map((line) => `${line}\n`).join("")).events;
const isOfSame = ({ datagram: one }: Done, { datagram: other }: Done): boolean =>
  one.fragment !== undefined && one.id === other.id && one.source === other.source && one.family === other.family;

/** The packet that was sent, among those that it led to: the first that has its addresses and protocol. */
function isSent({ source, destination, protocol, fragment }: Datagram, events: readonly TraceEvent[]): boolean {
  const values = events[0]?.values;
  // the bridge's line of a packet with extension headers names the first of them
  const told = events.find(({ values: { protocol: each } }) => each !== undefined)?.values.protocol;
  return (
    values?.source === readAddress(source) &&
    values?.destination === readAddress(destination) &&
    (told === undefined || told === protocol || fragment !== undefined)
  );
}

/** A packet that the host made: what its lines say of the way is what is to be predicted, but to a group (of routers, of neighbours) its sender has chosen it. */
function wayLeftOut(taken: Entered): Entered {
  const { family } = taken.packet;
  const destination = knownValue(taken.packet, "destination");
  if (destination !== undefined && has(MULTICAST[family], destination)) return taken;
  const { outInterface: _, physdevOut: __, ...fields } = taken.packet.fields;
  return { ...taken, packet: { ...taken.packet, fields } };
}

const entire = (path: Path): Path => path;
/** Up to where a bridge sees it leave. */
const inside = (path: Path): Path => ({
  ...path,
  steps: path.steps.slice(0, path.steps.findLastIndex(({ layer }) => layer === "ip") + 1),
});

/** The way that prints these lines, and why it is none that may be: null where all is well. */
function hold(
  world: { ruleset: Ruleset; host: Host },
  taken: Entered,
  events: readonly TraceEvent[],
  unsettled: Unsettled,
  part: (path: Path) => Path,
): { path: Path | null; why: string | null } {
  const every = walkEntered(world, taken).paths;
  // too many to walk them all
  const isCut = every.some(({ truncated }) => truncated);
  const paths = isCut ? walkEntered(world, taken, (steps) => mayPrint(steps, events, false)).paths : every;
  const fits = paths.map((path) => ({ path, divergence: compare(part(path), events) }));
  const same = fits.find(({ divergence }) => !divergence);
  if (!same) {
    const [best] = fits.sort((a, b) => (b.divergence?.at ?? 0) - (a.divergence?.at ?? 0));
    const { divergence } = best ?? {};
    const field = divergence?.field;
    const at = `after ${divergence?.before?.id ?? "nothing"}`;
    if (field)
      return {
        path: best?.path ?? null,
        why: `${divergence?.predicted?.id}: ${field.name} is ${field.seen}, predicted ${field.predicted}`,
      };
    // of ways that were too many none is left that prints so much as the first line
    const event = divergence ? divergence.seen : events[0];
    const seen = event ? (event.layer === "ip" ? event.id : event.prefix) : "nothing";
    return {
      path: best?.path ?? null,
      why: `${at}: the kernel prints ${seen}, predicted ${divergence?.predicted?.id ?? "nothing"}`,
    };
  }
  const isClamped = same.path.steps.some(({ rule }) => rule && clamps(rule));
  const isExcused = ({ fact, rule }: { readonly fact: string; readonly rule: string | null }): boolean =>
    INHERENT_FACTS.test(fact) ||
    (isClamped && fact === "tcpMss") ||
    isInherent(world.ruleset, taken.packet, rule) ||
    unsettled === "anything" ||
    unsettled.has(fact);
  const [fork] = unexcused(paths, same.path, isExcused);
  return { path: same.path, why: fork ? `a fork on ${fork.fact} at ${fork.rule ?? "the way"}` : null };
}

/**
 * What no line tells of a packet that the host made: the lowest bit of the type of service (semantics 1.4), who listens
 * where a SYN is answered (nf_log_syslog.c nf_log_dump_sk_uid_gid asks full sockets only, xt_owner.c the listener), and
 * whether SYNPROXY or the kernel itself sends a SYN that is nobody's.
 */
const UNTOLD: ReadonlySet<string> = new Set([
  "tos",
  "uidOwner",
  "gidOwner",
  "furtherGroup",
  "socket",
  "sent by SYNPROXY",
]);
const NOTHING: ReadonlySet<string> = new Set();
/** Facts that are not there to be known: of a piece, what the others of its packet are, and whether they have come. */
type Unsettled = ReadonlySet<string> | "anything";

/** net/netfilter/xt_TCPMSS.c: to the path's MTU, of which an error may have told; no field and no fact of the host does. */
const clamps = (rule: Rule): boolean => "--clamp-mss-to-pmtu" in (bind(rule).target?.given ?? {});

function isInherent({ tables }: Ruleset, { family }: Packet, rule: string | null): boolean {
  const [, eb, table, chain, number] = /^(eb:)?([^:]+):(.+):rule:(\d+)$/.exec(rule ?? "") ?? [];
  const found = tables
    .find((each) => each.name === table && each.family === (eb ? "bridge" : family))
    ?.chains.get(chain ?? "")?.rules[Number(number) - 1];
  if (!found) return false;
  const { matches, target } = bind(found);
  return [...matches.map(({ name }) => name), target?.name ?? ""].some((name) => name in INHERENTLY_UNKNOWN);
}

const shown = (packet: Packet): Record<string, unknown> => {
  const json = packetJson(packet);
  const names = ["inInterface", "outInterface", "physdevIn", "physdevOut", "source", "destination", "ttl", "mark"];
  return Object.fromEntries(names.flatMap((name) => (json[name] == null ? [] : [[name, json[name]]])));
};
