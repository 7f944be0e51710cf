/** The real streams. A reader that goes away early (`| head`) is no error. */
import { readFileSync, writeSync } from "node:fs";
import type { Io } from "./io.ts";

const PIECE = 1 << 20;
let gone = false;

export function processIo(): Io {
  const { env } = process;
  const colour = env["NO_COLOR"]
    ? false
    : env["FORCE_COLOR"]
      ? env["FORCE_COLOR"] !== "0"
      : process.stdout.isTTY === true;
  return {
    out: (text) => write(1, Buffer.from(text, "utf8")),
    err: (text) => write(2, Buffer.from(text, "utf8")),
    outBytes: (bytes) => {
      // a large dump is not held once more as a buffer
      for (let at = 0; at < bytes.length; at += PIECE) write(1, Buffer.from(bytes.slice(at, at + PIECE), "latin1"));
    },
    stdin: () => process.stdin,
    colour,
    terminal: process.stdout.isTTY === true,
    interrupted: () => {
      const controller = new AbortController();
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => controller.abort());
      return controller.signal;
    },
    progress: process.stderr.isTTY ? (text) => write(2, Buffer.from(text, "utf8")) : null,
  };
}

/** Synchronous, so that nothing is lost when the process ends, and a full pipe slows us down instead of filling memory. */
function write(stream: 1 | 2, bytes: Buffer): void {
  for (let at = 0; at < bytes.length && !gone; ) {
    try {
      at += writeSync(stream, bytes, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EPIPE") gone = true;
      else if (code === "EAGAIN") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      else throw error;
    }
  }
}

export function version(): string {
  const json = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string };
  return json.version;
}
