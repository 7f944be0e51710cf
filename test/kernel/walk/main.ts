/** npm run test:kernel -- --cases N --seed S --minutes M: the engine against the running kernel. */
import { argv, exit, stdout } from "node:process";
import { parseArgs } from "node:util";
import { freshSeed } from "../seeds.ts";
import { labLacks } from "./lab.ts";
import { runCases } from "./session.ts";
import { summary } from "./tell.ts";

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    cases: { type: "string" },
    seed: { type: "string" },
    minutes: { type: "string" },
    block: { type: "string" },
  },
});
const missing = labLacks();
if (missing !== null) {
  stdout.write(`skipped: ${missing}\n`);
  exit(0);
}
const result = await runCases({
  seed: Number(values.seed ?? freshSeed()),
  cases: Number(values.cases ?? 1000),
  until: Date.now() + Number(values.minutes ?? 60) * 60_000,
  ...(values.block === undefined ? {} : { block: Number(values.block) }),
});
for (const failure of result.failures) stdout.write(`${failure}\n\n`);
stdout.write(`${summary(result)}\n`);
/** In so many cases everything that is drawn decides some rule. */
const ENOUGH = 1000;
exit(result.failures.length > 0 || (result.cases >= ENOUGH && result.never.length > 0) ? 1 : 0);
