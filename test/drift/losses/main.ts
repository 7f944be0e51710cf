/**
 * npm run test:losses: recordings repeated until 10,000 packets are there, with 1 % of their lines taken out by chance,
 * numbered as /dev/kmsg does and plain; how many packets are said to have drifted.
 */
import { argv, stdout } from "node:process";
import { parseArgs } from "node:util";
import { isUsable, NAMES, recorded } from "../mutations/recordings.ts";
import { Lossy } from "./losses.ts";

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    only: { type: "string", default: "" },
    packets: { type: "string", default: "10000" },
    seed: { type: "string", default: "1" },
    share: { type: "string", default: "0.01" },
    /** Print the entries. */
    tell: { type: "boolean", default: false },
  },
});
const tell = (text: string) => stdout.write(`${text}\n`);
const names = NAMES.filter((name) => name.includes(values.only) && isUsable(recorded(name)));
const each = Number(values.packets) / names.length;
const HEAD = [
  "recording",
  "packets",
  "taken",
  "drifted",
  "lost",
  "lost-or-drift",
  "plain: drifted",
  "lost",
  "lost-or-drift",
];
const all = HEAD.slice(1).map(() => 0);
tell(HEAD.join("\t"));
for (const name of names) {
  const lossy = new Lossy(name);
  const whole = lossy.run(2, 0, 1, true);
  if (whole.summary.drifts.length > 0) {
    tell(`${name}: left out, twice the same is another log`);
    continue;
  }
  const copies = Math.ceil((2 * each) / whole.packets);
  const runs = [true, false].map((numbered) => lossy.run(copies, Number(values.share), Number(values.seed), numbered));
  const [first] = runs;
  const row = [
    first?.packets ?? 0,
    first?.taken ?? 0,
    ...runs.flatMap(({ drifted, lost, doubtful }) => [drifted, lost, doubtful]),
  ];
  row.forEach((number, at) => {
    all[at] = (all[at] ?? 0) + number;
  });
  tell([name, ...row].join("\t"));
  if (values.tell)
    for (const [at, { summary }] of runs.entries())
      for (const { suspects, ...drift } of summary.drifts)
        if (at === 0 || drift.kind !== "lost-or-drift")
          tell(`   ${at === 0 ? "numbered" : "plain"} ${JSON.stringify({ ...drift, suspects: suspects.slice(0, 1) })}`);
}
tell(["all", ...all].join("\t"));
