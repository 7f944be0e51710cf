/** A case's packets as the engine takes them, held against the kernel's lines. */
import { compare } from "../../../src/drift/compare.ts";
import { enteredInOrder } from "../../../src/drift/predict.ts";
import {
  absent,
  anyPacket,
  CT_STATES,
  type Field,
  type Host,
  only,
  type Packet,
  packetJson,
  readAddress,
  type ValueSet,
  withFields,
} from "../../../src/facts/index.ts";
import { bind, type Ruleset } from "../../../src/model/index.ts";
import { type Path, walk } from "../../../src/path/index.ts";
import { Conversations, PacketGrouper, type Placed, readTrace, type TraceEvent } from "../../../src/trace/index.ts";
import { type Done, macOf } from "./case.ts";
import { type Datagram, encode, packetOf } from "./datagram.ts";
import type { Topology } from "./topology.ts";
import { INHERENTLY_UNKNOWN } from "./unknown.ts";

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
  const conversations = new Conversations();
  const paths: Path[] = [];
  const disagreements: Disagreement[] = [];
  let [packets, lines] = [0, 0];
  done.forEach((each, action) => {
    if (!each) return;
    const { events } = readTrace(each.seen.lines.map((line) => `${line}\n`).join(""));
    lines += events.length;
    const grouper = new PacketGrouper();
    const traced = [...events.flatMap((event) => grouper.add(event)), ...grouper.end()];
    const own = traced.findIndex((group) => isSent(each.datagram, group.events));
    const judgeOne = (packet: Packet, anyOrigin: boolean, seen: readonly TraceEvent[]) => {
      packets++;
      const { path, why } = hold({ ruleset, host }, packet, anyOrigin, seen);
      if (path) paths.push(path);
      if (why !== null)
        disagreements.push({
          action,
          packet: JSON.stringify(packetJson(packet)),
          why,
          lines: seen.map(({ text }) => text),
          steps: path?.steps.map(({ id, seen: at }) => `${id} ${JSON.stringify(shown(at))}`) ?? [],
        });
    };
    if (own < 0) judgeOne(withFields(anyPacket(each.datagram.family), entered(each, topology)), false, []);
    traced.forEach((group, at) => {
      const placed = conversations.place(group);
      const stated = stateOf(placed);
      if (at === own)
        judgeOne(withFields(anyPacket(group.family), { ...entered(each, topology), ...stated }), false, group.events);
      else {
        const { packet, anyOrigin } = enteredInOrder(placed);
        const { outInterface: _, physdevOut: __, ...fields } = packet.fields;
        judgeOne({ ...packet, fields }, anyOrigin, group.events);
      }
    });
  });
  return { packets, lines, paths, disagreements };
}

/** The packet that was sent, among those that it led to: the first that has its addresses and protocol. */
function isSent({ source, destination, protocol, fragment }: Datagram, events: readonly TraceEvent[]): boolean {
  const values = events[0]?.values;
  return (
    values?.source === readAddress(source) &&
    values?.destination === readAddress(destination) &&
    (values?.protocol === protocol || fragment !== undefined)
  );
}

/** conntrack knew nothing when the case began: what has no predecessor is new. */
function stateOf(placed: Placed): Packet["fields"] {
  const { fields } = enteredInOrder(placed).packet;
  const stated = Object.entries(fields).filter(([field]) => field.startsWith("ct"));
  const begins = placed.first && placed.direction === "ORIGINAL";
  return { ...Object.fromEntries(stated), ...(begins ? NEW : {}) };
}
const NEW: Packet["fields"] = { ctstate: only(CT_STATES.indexOf("NEW")), ctstatus: only(0), ctdir: only(0) };

type Stated = Partial<Record<Field, ValueSet>>;
const number = (value: number | undefined): ValueSet => (value === undefined ? absent : only(value));

/** All that is known of a packet from how it was sent. */
function entered({ sent, datagram }: Done, { wires }: Topology): Stated {
  const { source, destination, protocol, sourcePort, destinationPort, tcpFlags, icmpType, ttl, tos, fragment } =
    datagram;
  const whole = (fragment?.offset ?? 0) === 0 && fragment === undefined;
  const fields: Stated = {
    source: only(readAddress(source) ?? 0),
    destination: only(readAddress(destination) ?? 0),
    protocol: only(protocol),
    ttl: only(ttl),
    tos: only(tos),
    length: only(encode(datagram).length),
    fragmentOffset: only(fragment?.offset ?? 0),
    ...(whole ? { sourcePort: number(sourcePort), destinationPort: number(destinationPort) } : {}),
    ...(whole ? { tcpFlags: number(tcpFlags), icmpType: number(icmpType) } : {}),
  };
  if (sent.by !== "wire") {
    const owner = only(sent.by === "socket" ? sent.uid : 0);
    return {
      ...fields,
      inInterface: absent,
      physdevIn: absent,
      macSource: absent,
      macDestination: absent,
      mark: only(sent.mark),
      uidOwner: owner,
      gidOwner: only(0),
    };
  }
  const wire = wires.find(({ name }) => name === sent.wire);
  const macs = packetOf(sent.hex);
  return {
    ...fields,
    inInterface: only(wire?.bridge ?? sent.wire),
    physdevIn: wire?.bridge ? only(sent.wire) : absent,
    macSource: only(macOf(macs?.from ?? "")),
    macDestination: only(macOf(macs?.to ?? "")),
    mark: only(0),
    uidOwner: absent,
    gidOwner: absent,
  };
}

/** The way that prints these lines, and why it is none that may be: null where all is well. */
function hold(
  world: { ruleset: Ruleset; host: Host },
  packet: Packet,
  anyOrigin: boolean,
  events: readonly TraceEvent[],
): { path: Path | null; why: string | null } {
  const { paths } = walk(world, packet, { anyOrigin });
  const fits = paths.map((path) => ({ path, divergence: compare(path, events) }));
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
    const seen = divergence?.seen
      ? divergence.seen.layer === "ip"
        ? divergence.seen.id
        : divergence.seen.prefix
      : "nothing";
    return {
      path: best?.path ?? null,
      why: `${at}: the kernel prints ${seen}, predicted ${divergence?.predicted?.id ?? "nothing"}`,
    };
  }
  const forks = paths
    .flatMap(({ assumptions }) => assumptions)
    .filter(({ rule }) => !mayFork(world.ruleset, packet, rule));
  const [fork] = forks;
  return { path: same.path, why: fork ? `a fork on ${fork.fact} at ${fork.rule ?? "the way"}` : null };
}

function mayFork({ tables }: Ruleset, { family }: Packet, rule: string | null): boolean {
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
