/** npm run test:mutations: every single edit of each recording's dump, and how well drift names it. */
import { argv, stdout } from "node:process";
import { KINDS } from "./edits.ts";
import { edited, isUsable, NAMES, recorded } from "./recordings.ts";
import { Score, table } from "./score.ts";

/** `--each WORD`: also the edits that came out like that. */
const each = argv.includes("--each") ? argv[argv.indexOf("--each") + 1] : undefined;
const only = argv.includes("--only") ? argv[argv.indexOf("--only") + 1] : undefined;
const rows: [string, Score][] = [];
const kinds = new Map(KINDS.map((kind) => [kind, new Score()]));
for (const name of NAMES) {
  if (only !== undefined && !name.includes(only)) continue;
  const of = recorded(name);
  if (!isUsable(of)) {
    stdout.write(`${name}: its own dump does not explain it whole\n`);
    continue;
  }
  const score = new Score();
  const start = performance.now();
  for (const { edit, isVisible, summary } of edited(of)) {
    const outcome = score.add(summary, edit, isVisible);
    kinds.get(edit.kind)?.add(summary, edit, isVisible);
    if (outcome === each)
      stdout.write(
        `${name}: ${edit.kind} ${JSON.stringify(edit.live)}\n   ${JSON.stringify(summary.drifts.map((d) => ({ ...d, suspects: d.suspects.slice(0, 3) })))}\n`,
      );
  }
  rows.push([`${name} ${Math.round(performance.now() - start)} ms`, score]);
}
const total = new Score();
for (const [, score] of rows) total.plus(score);
stdout.write(`${table([...rows, ...kinds, ["all", total]])}\n`);
