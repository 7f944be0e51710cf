/** A process in a network namespace of its own, which lives as long as it does: it sends what it is told, and says what came. */
import { type ChildProcessByStdio, type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** Tests and scripts run in the checkout. */
const SCRIPT = "test/kernel/walk/agent.pl";

export class Agent {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  constructor() {
    this.#child = spawn("unshare", ["--net", "perl", SCRIPT]);
    this.#lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
  }

  /** unshare becomes the program that it starts: the namespace is this process's own. */
  get pid(): number {
    return this.#child.pid as number;
  }

  /** What it answers before `ok`; throws what went wrong. */
  async tell(...words: readonly (string | number)[]): Promise<string[]> {
    this.#child.stdin.write(`${words.join(" ")}\n`);
    const said: string[] = [];
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) throw new Error(`the agent is gone: ${words.join(" ")}`);
      if (value === "ok") return said;
      if (value.startsWith("error ")) throw new Error(`${words.join(" ").slice(0, 100)}: ${value.slice(6)}`);
      said.push(value);
    }
  }

  /** Runs a command in the namespace; throws with what it complained of. */
  run(input: string, command: string, ...args: readonly string[]): string {
    return execFileSync("nsenter", [`--net=/proc/${this.pid}/ns/net`, command, ...args], {
      input,
      encoding: "utf8",
      maxBuffer: 1 << 26,
      stdio: ["pipe", "pipe", "pipe"],
    });
  }

  start(command: string, ...args: readonly string[]): ChildProcessByStdio<null, Readable, null> {
    return spawn("nsenter", [`--net=/proc/${this.pid}/ns/net`, command, ...args], {
      stdio: ["ignore", "pipe", "ignore"],
    });
  }

  end(): void {
    this.#child.stdin.end();
  }
}
