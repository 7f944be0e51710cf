/**
 * npm run test:mutations: every single edit of each recording's dump against its log, and how well drift names it; with
 * `-- --kernel N`, edits of N random rule-sets instead, whose packets are sent again through the edited rule-set.
 */
import { argv, stdout } from "node:process";
import { parseArgs } from "node:util";
import type { DriftSummary } from "../../../src/drift/index.ts";
import { freshSeed } from "../../kernel/seeds.ts";
import { labLacks } from "../../kernel/walk/lab.ts";
import { type Edit, KINDS } from "./edits.ts";
import { editedInKernel } from "./kernel.ts";
import { edited, isUsable, NAMES, recorded } from "./recordings.ts";
import { Score, table } from "./score.ts";

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    /** Only recordings with this in their name. */
    only: { type: "string" },
    /** Tell the edits that came out like this: false, missed, wrong, listed, tied. */
    tell: { type: "string" },
    kernel: { type: "string" },
    edits: { type: "string" },
    seed: { type: "string" },
  },
});
const rows = new Map<string, Score>();
const kinds = new Map(KINDS.map((kind): [string, Score] => [kind, new Score()]));
const all = new Score();

function note(of: string, edit: Edit, isVisible: boolean, summary: DriftSummary): void {
  const row = rows.get(of) ?? new Score();
  rows.set(of, row);
  const [outcome] = [row, kinds.get(edit.kind), all].map((score) => score?.add(summary, edit, isVisible));
  if (outcome !== values.tell) return;
  stdout.write(`${of}: ${outcome}: ${edit.kind} ${JSON.stringify(edit.live[0])}\n`);
  for (const drift of summary.drifts)
    stdout.write(`   ${JSON.stringify({ ...drift, suspects: drift.suspects.slice(0, 3) })}\n`);
}

if (values.kernel === undefined) {
  for (const name of NAMES.filter((each) => each.includes(values.only ?? ""))) {
    const of = recorded(name);
    if (!isUsable(of)) {
      stdout.write(`left out: ${name}: its own dump does not explain its log\n`);
      continue;
    }
    for (const { edit, isVisible, summary } of edited(of)) note(name, edit, isVisible, summary);
  }
} else if (labLacks() !== null) stdout.write(`skipped: ${labLacks()}\n`);
else {
  const seed = Number(values.seed ?? freshSeed());
  stdout.write(`seed ${seed}\n`);
  for await (const tried of editedInKernel({ seed, cases: Number(values.kernel), edits: Number(values.edits ?? 20) })) {
    if ("skipped" in tried) stdout.write(`left out: case ${tried.seed}: ${tried.skipped}\n`);
    else note(`case ${tried.seed}`, tried.edit, tried.isVisible, tried.summary);
  }
}
stdout.write(`${table([...rows, ...kinds, ["all", all]])}\n`);
