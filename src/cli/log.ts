/** The packets of a log while it is read: one code path for a file, a pipe and a log that grows. */
import { PacketGrouper, type TracedPacket, TraceReader } from "../trace/index.ts";
import { follow } from "./follow.ts";
import { type Io, readChunks, readingError } from "./io.ts";

export class Log {
  readonly reader: TraceReader;
  readonly #grouper = new PacketGrouper();
  readonly #name: string;
  readonly #io: Io;

  /** `logPrefixes`: of the dump's LOG rules. */
  constructor(name: string, io: Io, logPrefixes: readonly string[] = []) {
    this.reader = new TraceReader(logPrefixes);
    this.#name = name;
    this.#io = io;
  }

  async *packets(): AsyncIterable<TracedPacket> {
    for await (const chunk of readChunks(this.#name, this.#io)) yield* this.#take(chunk);
    yield* this.#end();
  }

  /** Until the user interrupts, or standard input ends. A packet is whole when nothing has come for a while. */
  async *followed(): AsyncIterable<TracedPacket> {
    const interrupted = this.#io.interrupted();
    try {
      for await (const chunk of follow(this.#name, this.#io, interrupted)) {
        if (chunk) yield* this.#take(chunk.toString("latin1"));
        else {
          for (const event of this.reader.settle()) yield* this.#grouper.add(event);
          yield* this.#grouper.end();
        }
      }
    } catch (error) {
      throw readingError(this.#name, error);
    }
    yield* this.#end();
  }

  *#take(chunk: string): Iterable<TracedPacket> {
    for (const event of this.reader.push(chunk)) yield* this.#grouper.add(event);
  }

  *#end(): Iterable<TracedPacket> {
    for (const event of this.reader.end()) yield* this.#grouper.add(event);
    yield* this.#grouper.end();
  }
}
