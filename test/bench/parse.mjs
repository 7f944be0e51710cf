// What the bench times as "parse": the library's reader on one file, in a process of its own.
import { readFileSync } from "node:fs";
import { parse, Source } from "../../dist/index.js";

const [file] = process.argv.slice(2);
const dump = parse(new Source(file, readFileSync(file, "latin1")));
if (dump.lineCount === 0) process.exitCode = 1;
