/** Chunks of a log to events, in the order of their lines; what could not be read is counted, never dropped silently. */
import { decode } from "../source.ts";
import type { BridgeEvent, TraceEvent } from "./event.ts";
import { undecorated } from "./formats/decoration.ts";
import { isRemainder, lacks, mayBeTorn, readBridgeLine } from "./formats/ebtables-log.ts";
import { toldTime, unwrapped } from "./formats/json-lines.ts";
import { isImitation, KernelTrace } from "./formats/kernel-trace.ts";
import { isNftMonitor, NftMonitor } from "./formats/nft-monitor.ts";
import { Sequence } from "./formats/sequence.ts";
import { isXtablesMonitor, XtablesMonitor } from "./formats/xtables-monitor.ts";

/** No trace line comes near it: a record of the kernel is at most 1 KiB (kernel/printk: PRINTKRB_RECORD_MAX). */
const LONGEST_LINE = 64 * 1024;
/** How many lines a torn line waits for its remainder. */
const PATIENCE = 8;
const UNREAD_KEPT = 20;
/** Cheaper than asking each format: most lines of most logs have none of these. */
const MAY_BE_TRACE = ["TRACE: ", "PACKET: ", "trace id "];

/** `message` is kept as long as a remainder may still come. */
interface Waiting {
  event: TraceEvent;
  message: string | null;
}

export class TraceReader {
  /** Trace lines read. */
  lines = 0;
  /** Lines that look like trace lines and could not be read. */
  unread = 0;
  /** Every other line that is not blank. */
  foreign = 0;
  /** The last of them that is whole: the log goes on up to there at least. */
  lastForeign = 0;
  /** Of these: lines that begin as trace lines do, and were printed by LOG rules. */
  logged = 0;
  /** The first of the unread ones. */
  readonly unreadLines: { readonly line: number; readonly text: string }[] = [];

  readonly #logPrefixes: readonly string[];
  readonly #sequence = new Sequence();
  readonly #kernelTrace = new KernelTrace();
  readonly #xtablesMonitor = new XtablesMonitor();
  readonly #nftMonitor = new NftMonitor();
  #line = 0;
  #tail = "";
  #tailLength = 0;
  #waiting: Waiting[] = [];

  /** `logPrefixes`: of the LOG rules that are known: what begins with one is no trace line, whatever it looks like. */
  constructor(logPrefixes: readonly string[] = []) {
    this.#logPrefixes = logPrefixes;
  }

  /** Bytes, one char each, cut anywhere. */
  push(chunk: string): TraceEvent[] {
    const out: TraceEvent[] = [];
    let start = 0;
    for (let end = chunk.indexOf("\n"); end >= 0; end = chunk.indexOf("\n", start)) {
      this.#extend(chunk, start, end);
      this.#endLine(out);
      start = end + 1;
    }
    this.#extend(chunk, start, chunk.length);
    return out;
  }

  end(): TraceEvent[] {
    const out: TraceEvent[] = [];
    const whole = this.lastForeign;
    if (this.#tailLength > 0) this.#endLine(out);
    this.lastForeign = whole;
    out.push(...this.settle());
    return out;
  }

  /** Those whose remainder has not come: nothing comes any more for now. */
  settle(): TraceEvent[] {
    return this.#waiting.splice(0).map(({ event }) => event);
  }

  #extend(chunk: string, start: number, end: number): void {
    this.#tailLength += end - start;
    if (this.#tailLength <= LONGEST_LINE) this.#tail += chunk.slice(start, end);
    else this.#tail = "";
  }

  #endLine(out: TraceEvent[]): void {
    const [bytes, length] = [this.#tail, this.#tailLength];
    this.#tail = "";
    this.#tailLength = 0;
    this.#line++;
    const { foreign } = this;
    if (length > LONGEST_LINE) this.foreign++;
    else this.#readLine(bytes.endsWith("\r") ? bytes.slice(0, -1) : bytes);
    if (this.foreign > foreign) this.lastForeign = this.#line;
    while (
      this.#waiting[0] &&
      (this.#waiting[0].message === null || this.#line - this.#waiting[0].event.line >= PATIENCE)
    ) {
      out.push((this.#waiting.shift() as Waiting).event);
    }
  }

  #readLine(line: string): void {
    const { text: bytes, entry } = unwrapped(line);
    const isEbtables = bytes.includes(" MAC source = ");
    const isOther = !isEbtables && !MAY_BE_TRACE.some((words) => bytes.includes(words));
    this.#sequence.add(bytes, entry, isOther);
    if (isOther) {
      if (!this.#join(bytes) && /\S/.test(bytes)) this.foreign++;
      return;
    }
    const text = decode(bytes);
    const message = undecorated(text);
    if (this.#isLogged(message)) {
      this.foreign++;
      this.logged++;
      return;
    }
    const read = this.#readMessage(message, isEbtables, text);
    if (read === "packet") this.lines++;
    else if (read) {
      this.lines++;
      const time = entry ? toldTime(entry) : undefined;
      const numbered = this.#sequence.gaps === 0 ? read : { ...read, gaps: this.#sequence.gaps };
      const event = time === undefined ? numbered : { ...numbered, time };
      this.#waiting.push({ event, message: read.layer === "bridge" && mayBeTorn(read) ? message : null });
    } else if (bytes.includes("TRACE: ") || isNftMonitor(message)) {
      this.unread++;
      if (this.unreadLines.length < UNREAD_KEPT) this.unreadLines.push({ line: this.#line, text });
    } else this.foreign++;
  }

  /** A LOG prefix comes right before the packet (net/netfilter/nf_log_syslog.c nf_log_dump_packet_common). */
  #isLogged(message: string): boolean {
    return isImitation(message) || this.#logPrefixes.some((prefix) => message.startsWith(`${prefix}IN=`));
  }

  #readMessage(message: string, isEbtables: boolean, text: string): TraceEvent | "packet" | undefined {
    if (isEbtables) return readBridgeLine(message, this.#line, text);
    if (isXtablesMonitor(message)) return this.#xtablesMonitor.read(message, this.#line, text);
    if (isNftMonitor(message)) return this.#nftMonitor.read(message, this.#line, text);
    return this.#kernelTrace.read(message, this.#line, text);
  }

  /** Gives a remainder back to the nearest earlier line that lacks it. */
  #join(bytes: string): boolean {
    if (this.#waiting.length === 0) return false;
    const remainder = undecorated(decode(bytes));
    if (!isRemainder(remainder)) return false;
    const head = this.#waiting.findLast(
      ({ event, message }) => message !== null && lacks(event as BridgeEvent, remainder),
    );
    if (!head) return false;
    const piece = ` ${remainder.trimStart()}`;
    const message = `${head.message?.trimEnd()}${piece}`;
    const event = readBridgeLine(message, head.event.line, `${head.event.text.trimEnd()}${piece}`);
    if (!event) return false;
    const { gaps, time } = head.event;
    head.event = { ...event, ...(gaps === undefined ? {} : { gaps }), ...(time === undefined ? {} : { time }) };
    head.message = mayBeTorn(event) ? message : null;
    return true;
  }
}

/** A whole log, as bytes, one char each. */
export function readTrace(bytes: string): { readonly events: readonly TraceEvent[]; readonly reader: TraceReader } {
  const reader = new TraceReader();
  const events = reader.push(bytes);
  for (const event of reader.end()) events.push(event);
  return { events, reader };
}
