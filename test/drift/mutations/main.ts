/**
 * npm run test:mutations: every single edit of each recording's dump against its log, and how well drift names it; with
 * `-- --kernel N`, edits of N random rule-sets instead, whose packets are sent again through the edited rule-set.
 */
import { argv, stdout } from "node:process";
import { parseArgs } from "node:util";
import { freshSeed } from "../../kernel/seeds.ts";
import { labLacks } from "../../kernel/walk/lab.ts";
import { KINDS } from "./edits.ts";
import { editedInKernel } from "./kernel.ts";
import { edited, isUsable, NAMES, recorded } from "./recordings.ts";
import { HEAD, type Held, row, Score } from "./score.ts";

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    /** Only recordings whose names begin like one of these: `s,t01`. */
    only: { type: "string" },
    /** Tell the edits that came out like one of these: `false,missed,wrong,listed,tied,alike`. */
    tell: { type: "string" },
    kernel: { type: "string" },
    /** So many edits of each recording or rule-set, as many of each kind; of recordings all of them, if left out. */
    edits: { type: "string" },
    seed: { type: "string" },
  },
});
const told = (values.tell ?? "").split(",");
const only = (values.only ?? "").split(",");
const kinds = new Map(KINDS.map((kind): [string, Score] => [kind, new Score()]));
const all = new Score();
const tell = (text: string) => stdout.write(`${text}\n`);

function note(of: string, score: Score, held: Held): void {
  const { edit, summary } = held;
  const [outcome] = [score, kinds.get(edit.kind), all].map((each) => each?.add(held));
  if (!outcome || !told.includes(outcome)) return;
  tell(`${of}: ${outcome}: ${edit.kind} ${JSON.stringify(edit.live[0])}`);
  for (const drift of summary.drifts) tell(`   ${JSON.stringify({ ...drift, suspects: drift.suspects.slice(0, 3) })}`);
}

function ofRecordings(count: number | undefined): void {
  tell(HEAD);
  for (const name of NAMES.filter((each) => only.some((name) => each.startsWith(name)))) {
    const of = recorded(name);
    if (!isUsable(of)) {
      tell(`${name}: left out, its own dump does not explain its log`);
      continue;
    }
    const score = new Score();
    for (const held of edited(of, count, Number(values.seed ?? 0))) note(name, score, held);
    tell(row(name, score));
  }
}

async function ofKernel(cases: number): Promise<void> {
  const missing = labLacks();
  if (missing !== null) {
    tell(`skipped: ${missing}`);
    return;
  }
  const seed = Number(values.seed ?? freshSeed());
  tell(`seed ${seed}`);
  tell(HEAD);
  for await (const { at, skipped, tried } of editedInKernel({ seed, cases, edits: Number(values.edits ?? 12) })) {
    if (skipped !== null) {
      tell(`case ${at}: left out, ${skipped}`);
      continue;
    }
    const score = new Score();
    for (const held of tried) note(`case ${at}`, score, held);
    tell(row(`case ${at}`, score));
  }
}

if (values.kernel === undefined) ofRecordings(values.edits === undefined ? undefined : Number(values.edits));
else await ofKernel(Number(values.kernel));
for (const [kind, score] of kinds) tell(row(kind, score));
tell(row("all", all));
