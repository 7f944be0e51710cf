/** Runs the whole program in this process, with streams of its own. */
import type { Io } from "../../src/cli/io.ts";
import { run } from "../../src/cli/program.ts";

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export async function chainwalk(argv: readonly string[], stdin = ""): Promise<Ran> {
  let [out, err] = ["", ""];
  const io: Io = {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    outBytes: (bytes) => {
      out += bytes;
    },
    stdin: async function* () {
      yield Buffer.from(stdin, "latin1");
    },
    colour: false,
    terminal: false,
    interrupted: () => new AbortController().signal,
    progress: null,
  };
  return { code: await run(argv, io, "0.0.0"), out, err };
}

/** The published JSON, read as its users do. */
export async function chainwalkJson(
  argv: readonly string[],
  stdin = "",
  // biome-ignore lint/suspicious/noExplicitAny: what is in it is what is tested
): Promise<{ code: number; json: any; err: string }> {
  const { code, out, err } = await chainwalk([...argv, "--format", "json"], stdin);
  return { code, json: out === "" ? null : JSON.parse(out), err };
}
