/** A run: so many cases from a seed, or as many as there is time for. */

import { NOT_DRAWN } from "./drawn.ts";
import { drawCase, Stage } from "./run.ts";
import { shrunk } from "./shrink.ts";
import { Tally } from "./tally.ts";
import { told } from "./tell.ts";
import { blockOfRun, dockerLike } from "./topology.ts";

export interface Asked {
  readonly seed: number;
  readonly cases: number;
  readonly until: number;
  readonly block?: number;
  readonly without?: ReadonlySet<string>;
}
export interface Result {
  readonly cases: number;
  readonly packets: number;
  readonly lines: number;
  readonly failures: readonly string[];
  readonly refused: ReadonlyMap<string, number>;
  readonly tally: Tally;
  /** Extensions that decided no rule. */
  readonly never: readonly string[];
}

/** More failures than this are not shrunk: one cause mostly has many. */
const MOST_FAILURES = 5;

export async function runCases({
  seed,
  cases,
  until,
  block = blockOfRun(),
  without = new Set(NOT_DRAWN.keys()),
}: Asked): Promise<Result> {
  const stage = await Stage.build(dockerLike(block));
  const tally = new Tally();
  const failures: string[] = [];
  const refused = new Map<string, number>();
  let [count, packets, lines] = [0, 0, 0];
  try {
    for (; count < cases && Date.now() < until && failures.length < MOST_FAILURES; count++) {
      const drawn = drawCase((seed + count) % 2 ** 32, stage.lab.topology, without);
      const { case: loaded, refused: bad } = stage.loadable(drawn);
      for (const rule of bad) refused.set(rule, (refused.get(rule) ?? 0) + 1);
      const judged = await stage.run(loaded);
      if (!judged) throw new Error(`seed ${seed + count}: the rule-set is refused`);
      packets += judged.packets;
      lines += judged.lines;
      for (const path of judged.paths) tally.add(path, stage.host);
      const [first] = judged.disagreements;
      if (!first) continue;
      const kind = kindOf(first.why);
      const again = async (less: typeof loaded) => {
        const found = (await stage.run(less))?.disagreements.find(({ why }) => kindOf(why) === kind);
        return found ?? null;
      };
      const least = await shrunk(loaded, async (less) => (await again(less)) !== null);
      const left = (await again(least)) ?? first;
      const before = left.why === first.why ? "" : `${first.why}; with fewer rules `;
      failures.push(`seed ${seed + count} (block ${block}): ${before}${told(least, left)}`);
    }
  } finally {
    stage.lab.close();
  }
  return { cases: count, packets, lines, failures, refused, tally, never: tally.never(without) };
}

/** What failed, without where. */
function kindOf(why: string): string {
  const kinds = [
    /^a fork on .*(?= at )/,
    /: \w+ is /,
    /the kernel prints nothing/,
    /predicted nothing/,
    /the kernel prints/,
  ];
  return kinds.map((kind) => kind.exec(why)?.[0]).find((kind) => kind !== undefined) ?? why;
}
