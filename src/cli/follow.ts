/** What a file or standard input still gets: chunks as they come, null where nothing came for a while. */
import { type FileHandle, open, stat } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import type { Io } from "./io.ts";

const QUIET = 200;
const PIECE = 1 << 18;

/** Ends when the reader is interrupted, standard input also where it ends. Throws what the system says of the file. */
export async function* follow(name: string, io: Io, interrupted: AbortSignal): AsyncIterable<Buffer | null> {
  yield* name === "-" ? followStream(io.stdin(), interrupted) : followFile(name, interrupted);
}

async function* followStream(chunks: AsyncIterable<Buffer>, interrupted: AbortSignal): AsyncIterable<Buffer | null> {
  const iterator = chunks[Symbol.asyncIterator]();
  let next = iterator.next();
  while (!interrupted.aborted) {
    const got = await Promise.race([next, quiet(interrupted)]);
    if (got === null) yield null;
    else {
      if (got.done) return;
      yield got.value;
      next = iterator.next();
    }
  }
}

/** As `tail -F`: a file that was cut short or replaced is read from its beginning. */
async function* followFile(name: string, interrupted: AbortSignal): AsyncIterable<Buffer | null> {
  let file = await open(name, "r");
  let at = 0;
  try {
    while (!interrupted.aborted) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(PIECE), 0, PIECE, at);
      at += bytesRead;
      if (bytesRead > 0) {
        yield buffer.subarray(0, bytesRead);
        continue;
      }
      yield null;
      await quiet(interrupted);
      const next = await replaced(name, file, at);
      if (next === null) continue;
      if (next !== file) await file.close();
      file = next;
      at = 0;
    }
  } finally {
    await file.close();
  }
}

/** null: it is the file that it was; the same again where it is shorter now. */
async function replaced(name: string, file: FileHandle, at: number): Promise<FileHandle | null> {
  const there = await stat(name).catch(() => null);
  const own = await file.stat();
  if (there && there.ino !== own.ino) return open(name, "r");
  return own.size < at ? file : null;
}

async function quiet(interrupted: AbortSignal): Promise<null> {
  await wait(QUIET, null, { signal: interrupted }).catch(() => null);
  return null;
}
