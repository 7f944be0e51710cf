/** One case: a rule-set and a conversation, drawn; what the kernel printed for each of its packets. */
import { type Host, readMac } from "../../../src/facts/index.ts";
import { loadDump, type Ruleset, toRuleset } from "../../../src/model/index.ts";
import { encode as encodeText, Source } from "../../../src/source.ts";
import { parse } from "../../../src/syntax/index.ts";
import type { Action, Answer, Conversation } from "./conversation.ts";
import { type Datagram, decode, encode, frame, ICMP, ICMP6, packetOf, TCP } from "./datagram.ts";
import type { Lab, Seen, Sent } from "./lab.ts";
import { type DrawnTable, dumpOf } from "./rule-set.ts";
import type { Topology } from "./topology.ts";

export interface Case {
  readonly tables: readonly DrawnTable[];
  readonly actions: Conversation["actions"];
}
/** What was sent by an action, and seen of it; null: there was nothing to answer. */
export interface Done {
  readonly sent: Sent;
  readonly datagram: Datagram;
  /** The datagram that this last piece completes. */
  readonly whole?: Datagram;
  readonly seen: Seen;
}

const FAMILIES = ["ipv4", "ipv6", "bridge"] as const;

/** What the tool said, where it refuses the rule-set. */
export function loadCase(lab: Lab, { tables }: Case): string | null {
  return lab.load(Object.fromEntries(FAMILIES.map((family) => [family, dumpOf(tables, family)])));
}

export async function play(lab: Lab, { actions }: Case): Promise<(Done | null)[]> {
  await lab.begin();
  await lab.take();
  const salt = plays++;
  const done: (Done | null)[] = [];
  for (const action of actions) {
    const next = sentBy(action, done, salt, lab.topology);
    done.push(next && { ...next, seen: await lab.send(next.sent) });
  }
  return done;
}

let plays = 0;
/** Another id each time: pieces that were left over would be put together with these. */
const fresh = (datagram: Datagram, salt: number): Datagram => ({
  ...datagram,
  id: (datagram.id + 7919 * salt) & 0xffff,
});

function sentBy(
  action: Action,
  done: readonly (Done | null)[],
  salt: number,
  { wires }: Topology,
): Omit<Done, "seen"> | null {
  if (action.after !== undefined && !done[action.after]) return null;
  if (action.kind === "send") {
    const { wire, from, to, whole } = action;
    // what has come back to the sender itself was another's answer: it tells no numbers to go on with
    const before = action.after === undefined ? undefined : done[action.after]?.sent;
    if (before?.by === "wire" && before.wire === wire) return null;
    const datagram = fresh(action.datagram, salt);
    const sent = { by: "wire", wire, hex: frame(from, to, encode(datagram)) } as const;
    return { sent, datagram, ...(whole ? { whole: fresh(whole, salt) } : {}) };
  }
  if (action.kind === "send own") return { sent: own(action), datagram: action.datagram };
  const came = done[action.to]?.seen.frames.find(({ hex }) => packetOf(hex) !== null);
  const inside = came && packetOf(came.hex);
  // nobody answers a frame for somebody else
  const peers = wires.find(({ name }) => name === came?.wire)?.peers ?? [];
  if (!came || !inside || !peers.some(({ mac }) => mac === inside.to)) return null;
  const datagram = answerTo(decode(inside.packet), inside.packet, action.answer);
  if (!datagram) return null;
  return { sent: { by: "wire", wire: came.wire, hex: frame(inside.to, inside.from, encode(datagram)) }, datagram };
}

function own({ datagram, mark, uid }: Extract<Action, { kind: "send own" }>): Sent {
  const { family, source, destination, sourcePort = 0, destinationPort = 0, tos, ttl, body } = datagram;
  if (uid === null) return { by: "raw", family, mark, hex: encode(datagram).toString("hex") };
  return { by: "socket", family, uid, mark, tos, ttl, source, sourcePort, destination, destinationPort, hex: body };
}

const [FIN, SYN, RST] = [1, 2, 4] as const;
const ECHO = { ipv4: 0x800, ipv6: 0x8000 } as const;
/** null: nobody answers an error, a reset, or one piece of a packet. */
function answerTo(came: Datagram, packet: Buffer, answer: Answer): Datagram | null {
  const isRequest = came.icmpType === undefined || came.icmpType === ECHO[came.family];
  if (!isRequest || ((came.tcpFlags ?? 0) & RST) !== 0 || came.fragment) return null;
  const { family, source, destination } = came;
  const head = { family, source: destination, destination: source, ttl: 61, tos: came.tos, id: (came.id + 7) & 0xffff };
  if (answer.with === "error") {
    const protocol = family === "ipv4" ? ICMP : ICMP6;
    return {
      ...head,
      protocol,
      icmpType: answer.icmpType,
      body: packet.toString("hex", 0, family === "ipv4" ? 28 : 48),
    };
  }
  const { protocol, sourcePort, destinationPort, icmpType, icmpRest, seq = 0, ack = 0, tcpFlags = 0 } = came;
  const ports =
    sourcePort === undefined || destinationPort === undefined
      ? {}
      : { sourcePort: destinationPort, destinationPort: sourcePort };
  if (protocol === TCP) {
    const begins = ((answer.tcpFlags ?? 0) & SYN) !== 0;
    const length = came.body.length / 2 + ((tcpFlags & (SYN | FIN)) === 0 ? 0 : 1);
    const numbers = { seq: begins ? 5000 : ack, ack: (seq + length) % 2 ** 32 };
    return { ...head, ...ports, protocol, tcpFlags: answer.tcpFlags ?? 0, ...numbers, body: answer.body };
  }
  const echo = icmpType === undefined ? {} : { icmpType: icmpType === 0x800 ? 0 : 0x8100, icmpRest: icmpRest ?? 0 };
  return { ...head, ...ports, ...echo, protocol, body: answer.body };
}

/** The rule-set as this project reads it. */
export function rulesetOf({ tables }: Pick<Case, "tables">, host: Host): Ruleset {
  const dumps = FAMILIES.flatMap((family) => {
    const text = dumpOf(tables, family);
    if (text === undefined) return [];
    const tool = { ipv4: "iptables", ipv6: "ip6tables", bridge: "ebtables-nft" }[family];
    const head = `# Generated by ${tool}-save v1.8.9 on Sun Nov 22 22:36:24 2026\n`;
    return [loadDump(parse(new Source(`${tool}.save`, encodeText(head + text))), host)];
  });
  return toRuleset(dumps);
}

export const macOf = (text: string): number => readMac(text) ?? 0;
