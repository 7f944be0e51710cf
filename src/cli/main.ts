#!/usr/bin/env node
import { BAD_INPUT } from "./exit-codes.ts";
import { processIo, version } from "./process.ts";
import { run } from "./program.ts";

try {
  process.exitCode = await run(process.argv.slice(2), processIo(), version());
} catch (error) {
  // a mistake of ours: no answer is better than a wrong one
  processIo().err(`chainwalk: internal error, please report it: ${JSON.stringify(String(error))}\n`);
  process.exitCode = BAD_INPUT;
}
