// A TRACE log of any size: the seed's pings to the outside again and again, each with ids of its own.
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { folder } from "./measure.mjs";

const here = (name) => new URL(name, import.meta.url).pathname;
const seed = here("../cases/seed/");
const lines = readFileSync(`${seed}container-to-external.log`, "latin1").trimEnd().split("\n");

/** About so many MB, as a file; its name. */
export function tracelog(megabytes) {
  const file = join(folder, `trace-${megabytes}.log`);
  const to = openSync(file, "w");
  for (let copy = 0, bytes = 0; bytes < megabytes * 2 ** 20; copy++) {
    const renumbered = (number) => (Number(number) + copy * 101) % 65536;
    const text = lines.map((line) => line.replace(/\bID=(\d+)/g, (_, number) => `ID=${renumbered(number)}`)).join("\n");
    bytes += writeSync(to, `${text}\n`, null, "latin1");
  }
  closeSync(to);
  return file;
}

/** drift of a log that comes by a pipe, and what other programs do with the same. */
export function readers(file) {
  const dumps = ["iptables-save.txt", "ebtables-save.txt"].map((name) => seed + name).join(" ");
  const cli = here("../../dist/cli/main.js");
  return {
    drift: `cat ${file} | ${process.execPath} ${cli} drift ${dumps} --host ${seed}host.json --log -`,
    "grep -c": `cat ${file} | grep -c TRACE`,
    "wc -l": `cat ${file} | wc -l`,
  };
}
