/** The seed case: pings of three kinds on a Docker host, and the kernel's lines for every request and reply. */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const SEED = new URL("../cases/seed/", import.meta.url).pathname;
export const EB = `${SEED}ebtables-save.txt`;
export const HOST = `${SEED}host.json`;
export const FULL = `${SEED}iptables-save.txt`;
export const NO_MANGLE = `${SEED}iptables-save-no-mangle.txt`;

/** Each section with the dump that was loaded while it was recorded. */
export const SECTIONS = [
  { log: "container-to-container", dump: NO_MANGLE },
  { log: "local-process-to-container", dump: FULL },
  { log: "container-to-external", dump: FULL },
].map(({ log, dump }) => ({ name: log, log: `${SEED}${log}.log`, dump }));

export const read = (file: string): string => readFileSync(file, "latin1");

const folder = mkdtempSync(join(tmpdir(), "chainwalk-test-"));
let count = 0;
/** A file with this content, for one test. */
export function temporary(content: string | Buffer, name = `file${++count}`): string {
  const path = join(folder, name);
  writeFileSync(path, content, typeof content === "string" ? "latin1" : undefined);
  return path;
}

/** The id that a step has for a line. */
export function idOf(line: string): string {
  const [, id = ""] = /^TRACE: (\S+) IN=/.exec(line) ?? [];
  // each ebtables chain of the seed has one rule, its watcher
  return id.startsWith("eb:") ? `${id}:rule:1` : id;
}
