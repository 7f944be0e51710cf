#!/usr/bin/env node
import { processIo, version } from "./process.ts";
import { run } from "./program.ts";

process.exitCode = await run(process.argv.slice(2), processIo(), version());
