/** /dev/kmsg, from now on. Every network namespace writes there: a run knows its lines by its own addresses. */
import { closeSync, constants, openSync, readSync } from "node:fs";

/** The kernel's log is one ring for the whole machine: others may have filled it. What was read on the way is gone. */
export class LostLines extends Error {}

/** Once more, where lines were lost on the way. */
export async function withEveryLine<T>(run: () => Promise<T>, tries = 5): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof LostLines) || tries === 0) throw error;
    return withEveryLine(run, tries - 1);
  }
}

export class KernelLog {
  readonly #fd = openSync("/dev/kmsg", constants.O_RDONLY | constants.O_NONBLOCK);
  readonly #buffer = Buffer.alloc(8192);
  readonly #own: RegExp;

  constructor(own: RegExp) {
    this.#own = own;
    // what others have printed meanwhile is none of ours
    for (;;) {
      try {
        this.take();
        return;
      } catch (error) {
        if (!(error instanceof LostLines)) throw error;
      }
    }
  }

  /** The messages since the last time, without what /dev/kmsg puts before them. */
  take(): string[] {
    const out: string[] = [];
    for (;;) {
      let size = 0;
      try {
        size = readSync(this.#fd, this.#buffer);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EAGAIN") return withLoopback(out, this.#own);
        throw new LostLines("the kernel's log has lost lines: its ring was overrun", { cause: error });
      }
      const record = this.#buffer.toString("latin1", 0, size);
      const message = record.slice(record.indexOf(";") + 1).split("\n")[0] ?? "";
      if (this.#own.test(message) || ON_LOOPBACK.test(message)) out.push(message);
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** REDIRECT and MASQUERADE may give a packet of IPv6 the loopback's own address on both sides, which tells no run. */
const ON_LOOPBACK = /SRC=(?:0{4}:){7}0001 DST=(?:0{4}:){7}0001 /;
const looks = (message: string): string =>
  ["LEN", "FLOWLBL", "PROTO"].map((name) => new RegExp(`${name}=\\S+`).exec(message)?.[0]).join(" ");
/** Without those of packets that no other line shows. */
function withLoopback(messages: readonly string[], own: RegExp): string[] {
  const known = new Set(messages.filter((message) => own.test(message)).map(looks));
  return messages.filter((message) => own.test(message) || known.has(looks(message)));
}
