/**
 * What the kernel itself sends back: a rule that rejects and one that drops print the same line, and only the lines of
 * the error or reset tell them apart.
 */
import { type Host, has, known } from "../facts/index.ts";
import type { Path, Step } from "../path/index.ts";
import type { LogValues, TracedPacket, TraceEvent } from "../trace/index.ts";
import { needsAssumption } from "./assumed.ts";
import { isBefore, type Moment, momentOf, type Stretch } from "./case.ts";
import { eventId, printedSteps } from "./compare.ts";
import type { Drift } from "./diagnose.ts";

/** A packet that a rule ends, for as long as its answer may come. */
interface Question {
  readonly at: OfRule;
  readonly first: Moment;
  readonly last: Moment;
  /** Lines are missing right behind its own. */
  readonly isNearGap: boolean;
  /** What is sent back as its first line would be; null: nothing is, the rule drops. */
  readonly answer: Step | null;
}
interface Tally extends Stretch {
  readonly count: number;
  readonly line: number;
  /** Of all these lines are missing nearby. */
  readonly isNearGap: boolean;
}
/** All packets that one rule ended. */
interface OfRule {
  readonly step: Step;
  readonly expected: string | null;
  readonly assumed: boolean;
  agreed: Tally | null;
  differed: Tally | null;
  /** The first line that should not be there. */
  seen: TraceEvent | null;
}

/** Questions that wait; an answer is printed while the packet that it is about is still on its way. */
const MOST_WAITING = 1024;
/** And of packets that look the same, such as SYNs sent again. */
const MOST_ALIKE = 16;
const [TCP, ICMP, ICMP6] = [6, 1, 58];
const [SYN, RST, ACK] = [2, 4, 16];

export class Answers {
  readonly #host: Host;
  readonly #rules = new Map<string, OfRule>();
  /** By what an answer says that it is about. */
  readonly #waiting = new Map<string, Question[]>();
  #lastLine = 0;

  constructor(host: Host) {
    this.#host = host;
  }

  /** Each packet of the log, before what it asks is added: it may be what another was answered with. */
  see({ events }: TracedPacket): void {
    const [first] = events;
    for (const { line } of events) this.#lastLine = Math.max(this.#lastLine, line);
    const last = events.findLast(({ layer }) => layer === "ip");
    // one that looks the same and goes on may be what is answered, by whomever
    if (last) this.#forgetDropped(keyOf(last.values));
    if (first?.layer !== "ip" || first.values.inInterface != null) return;
    const about = aboutWhat(first.values);
    const [question, ...others] = (about !== null && this.#waiting.get(about)) || [];
    if (!question || about === null) return;
    this.#keep(about, others);
    if (question.answer) question.at.agreed = plus(question.at.agreed, question);
    else {
      question.at.seen ??= first;
      question.at.differed = plus(question.at.differed, { ...question, last: momentOf(question.first.packet, first) });
    }
  }

  #forgetDropped(key: string): void {
    const same = this.#waiting.get(key);
    if (!same) return;
    for (const question of same) if (!question.answer) settle(question);
    this.#keep(
      key,
      same.filter(({ answer }) => answer !== null),
    );
  }

  #keep(key: string, questions: Question[]): void {
    if (questions.length === 0) this.#waiting.delete(key);
    else this.#waiting.set(key, questions);
  }

  /** The next packet that the dump explains; `isTraced`: rules of the live rule-set choose what is traced. */
  ask(of: TracedPacket, path: Path, isTraced: boolean): void {
    const line = of.events.findLast(({ layer }) => layer === "ip");
    const step = path.steps.at(-1);
    if (!line || !step) return;
    if (line.nft || !step.rule || step.layer !== "ip" || path.branches.length > 0) return;
    const answer = path.verdict === "REJECT" && isTraced ? this.#demanded(path, line.values) : null;
    if (!answer && !(path.verdict === "DROP" && step.action === "DROP" && isOpening(line.values))) return;
    const name = `${step.family} ${step.id}`;
    const at = this.#rules.get(name) ?? {
      step,
      expected: answer?.id ?? null,
      assumed: needsAssumption(path),
      agreed: null,
      differed: null,
      seen: null,
    };
    this.#rules.set(name, at);
    const isNearGap = of.gapAfter || of.gapBefore || of.events.at(0)?.gaps !== line.gaps;
    const last = momentOf(of.number, of.events.at(-1));
    const key = keyOf(line.values);
    const alike = [
      ...(this.#waiting.get(key) ?? []),
      { at, first: momentOf(of.number, of.events[0]), last, isNearGap, answer },
    ];
    for (const question of alike.splice(0, Math.max(0, alike.length - MOST_ALIKE))) settle(question);
    this.#waiting.set(key, alike);
    if (this.#waiting.size <= MOST_WAITING) return;
    const [[oldest, questions]] = this.#waiting as unknown as [[string, Question[]]];
    this.#waiting.delete(oldest);
    questions.forEach(settle);
  }

  /**
   * The first line of what must be sent back. A reset always is; errors where no limit hides them, which holds for each
   * peer (net/ipv4/icmp.c icmpv4_xrlim_allow, net/ipv6/icmp.c icmpv6_xrlim_allow).
   */
  #demanded({ generated }: Path, values: LogValues): Step | null {
    const [answer] = generated;
    if (!answer || !isTold(values)) return null;
    const isReset = has(known((answer.steps[0] as Step | undefined)?.seen ?? answer.packet, "protocol").ranges, TCP);
    const limit = answer.packet.family === "ipv6" ? "net.ipv6.icmp.ratelimit" : "net.ipv4.icmp_ratelimit";
    if (!isReset && this.#host.sysctl(limit) !== 0) return null;
    const lines = generated.map((each) => printedSteps(each, true)[0]);
    return lines.every((line) => line !== undefined) ? (lines[0] ?? null) : null;
  }

  /** Where the log is at its end what it should have yet may come behind. */
  drifts(): Drift[] {
    for (const question of [...this.#waiting.values()].flat())
      if (question.last.line !== this.#lastLine) settle(question);
    this.#waiting.clear();
    return [...this.#rules.values()].flatMap((at) => driftOf(at) ?? []);
  }
}

function settle(question: Question): void {
  const { at, answer } = question;
  if (answer) at.differed = plus(at.differed, question);
  else at.agreed = plus(at.agreed, question);
}

function plus(tally: Tally | null, { first, last, isNearGap }: Question): Tally {
  if (!tally) return { count: 1, first, last, line: last.line, isNearGap };
  const isFirst = first.packet < tally.first.packet;
  return {
    count: tally.count + 1,
    first: isFirst ? first : tally.first,
    last: last.packet > tally.last.packet ? last : tally.last,
    line: isFirst ? last.line : tally.line,
    isNearGap: tally.isNearGap && isNearGap,
  };
}

/** Answers that only some packets lack were lost, or hidden by the kernel's limit on all errors, unless a time tells both apart. */
function driftOf({ step, expected, assumed, agreed, differed, seen }: OfRule): Drift | null {
  if (!differed) return null;
  const isChange = agreed !== null && differed.count > 1;
  const since = isChange && isBefore(agreed, differed) ? differed.first : null;
  const until = isChange && isBefore(differed, agreed) ? differed.last : null;
  const isLost = !seen && (differed.isNearGap || (agreed !== null && !since && !until));
  const { table, chain, number } = step;
  return {
    kind: isLost ? "lost-or-drift" : "verdict",
    count: differed.count,
    line: differed.line,
    packet: differed.first.packet,
    table,
    chain,
    expected,
    seen: seen && eventId(seen),
    field: null,
    answer: { by: step.id, is: seen ? "unexpected" : "lacking" },
    confidence: assumed ? "assumes" : "proven",
    suspects: [{ edit: "changed", table, chain, dumpNumber: number, liveNumber: number }],
    ties: 1,
    since,
    until,
  };
}

/** All that decides whether there is an answer, and what that is about, was printed. */
const isTold = ({ protocol, tcpFlags, incomplete, fragmentOffset }: LogValues): boolean =>
  incomplete === undefined && (fragmentOffset ?? 0) === 0 && (protocol !== TCP || tcpFlags !== undefined);
/** And no other than a rule answers it: a socket that is to get no packet may reset its connection all the same. */
const isOpening = (values: LogValues): boolean =>
  isTold(values) && (values.protocol !== TCP || (Number(values.tcpFlags) & (SYN | ACK | RST)) === SYN);

const keyOf = (values: LogValues): string => {
  const { protocol, source, destination, sourcePort, destinationPort, icmpId, icmpSeq, ipId } = values;
  const id = protocol === TCP ? null : ipId;
  return [protocol, source, destination, sourcePort, destinationPort, icmpId, icmpSeq, id].join(" ");
};
/** The packet that an error that a rule sends, or a reset, is about; null: it is neither. */
function aboutWhat({ protocol, icmpType, inner, ...values }: LogValues): string | null {
  const type = Math.floor(Number(icmpType ?? 0) / 256);
  if (inner && ((protocol === ICMP && type === 3) || (protocol === ICMP6 && type === 1))) return keyOf(inner);
  if (protocol !== TCP || (Number(values.tcpFlags ?? 0) & RST) === 0) return null;
  const { source, destination, sourcePort, destinationPort } = values;
  return keyOf({
    ...values,
    protocol,
    source: destination,
    destination: source,
    sourcePort: destinationPort,
    destinationPort: sourcePort,
  } as LogValues);
}
