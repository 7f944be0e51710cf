/** Random rule-sets of the kernel test: whether an edit would change the log is what the running kernel says. */
import { Host } from "../../../src/facts/index.ts";
import { printRuleset, type Ruleset, type Table } from "../../../src/model/index.ts";
import { readTrace, type TracedPacket } from "../../../src/trace/index.ts";
import { type Case, play, rulesetOf } from "../../kernel/walk/case.ts";
import { NOT_DRAWN } from "../../kernel/walk/drawn.ts";
import { LostLines } from "../../kernel/walk/kernel-log.ts";
import { drawCase, Stage } from "../../kernel/walk/run.ts";
import { blockOfRun, dockerLike } from "../../kernel/walk/topology.ts";
import { driftOf } from "../../support/drifted.ts";
import { packetsOf } from "../../trace/recordings.ts";
import { carriedOutBy, type Edit, editsOf, sample } from "./edits.ts";
import type { Held } from "./score.ts";

/** What the kernel printed, action by action: an action's lines are there before the next one is sent. */
type Log = readonly (readonly string[])[];

export interface Wanted {
  readonly seed: number;
  readonly cases: number;
  /** Edits tried of each case; they cost a load and a conversation each. */
  readonly edits: number;
}
export interface Tried {
  readonly at: number;
  /** Why nothing was tried. */
  readonly skipped: string | null;
  readonly tried: readonly Held[];
}

const UNSTEADY = "the same packets print other lines when they are sent again";

export async function* editedInKernel({ seed, cases, edits }: Wanted): AsyncGenerator<Tried> {
  const stage = await Stage.build(dockerLike(blockOfRun()));
  try {
    for (let [at, count] = [seed, 0]; count < cases; at++) {
      const { case: drawn } = stage.loadable(drawCase(at, stage.lab.topology, new Set(NOT_DRAWN.keys())));
      const host = new Host({ ...stage.host.json, time: new Date().toISOString() });
      const ruleset = rulesetOf(drawn, host);
      const log = await logOf(stage, drawn, ruleset);
      if (!log || log.flat().length === 0) continue;
      count++;
      // chance, and limits that outlive a rule-set: what differs by itself judges nothing
      const isSteady = async () => {
        const again = await logOf(stage, drawn, ruleset);
        return again !== null && isSame(log, again);
      };
      if (!(await isSteady()) || !(await isSteady())) {
        yield { at, skipped: UNSTEADY, tried: [] };
        continue;
      }
      const packets = packetsIn(log);
      if (driftOf({ ruleset, host }, packets).drifts.length > 0) {
        yield { at, skipped: "its own dump does not explain its log", tried: [] };
        continue;
      }
      const lines = packets.flatMap(({ events }) => events);
      // the kernel's log is read before much is reckoned: it keeps no more than its ring holds
      const played: { edit: Edit; isVisible: boolean }[] = [];
      for (const edit of sample(editsOf(ruleset, lines), edits, at)) {
        const play = () => logOf(stage, drawn, edit.ruleset);
        const other = await play();
        // null: the kernel refuses such a rule in such a place
        if (!other) continue;
        if (isSame(log, other)) played.push({ edit, isVisible: false });
        // the edit makes the difference if it comes and goes with it
        else if ((await isSteady()) && isSame(other, (await play()) ?? [])) played.push({ edit, isVisible: true });
      }
      if (!(await isSteady())) {
        yield { at, skipped: UNSTEADY, tried: [] };
        continue;
      }
      const tried: Held[] = [];
      for (const each of played) {
        const summary = driftOf({ ruleset: each.edit.ruleset, host }, packets);
        const alike = each.isVisible ? carriedOutBy(each.edit, ruleset, summary, packets) : null;
        const other = alike && (await logOf(stage, drawn, alike));
        tried.push({ ...each, summary, isAlike: other !== null && isSame(log, other) });
      }
      yield { at, skipped: null, tried };
    }
  } finally {
    stage.lab.close();
  }
}

const packetsIn = (log: Log): TracedPacket[] =>
  packetsOf(log.flatMap((lines) => lines.map((line) => `${line}\n`)).join(""));

const dumpsOf = (tables: readonly Table[]) =>
  Object.fromEntries(
    (["ipv4", "ipv6", "bridge"] as const).map((family) => [
      family,
      printRuleset({ tables: tables.filter((table) => table.family === family) }),
    ]),
  );
const emptied = (table: Table): Table => ({
  ...table,
  chains: new Map(
    [...table.chains].filter(([, { builtin }]) => builtin).map(([name, chain]) => [name, { ...chain, rules: [] }]),
  ),
});

/** null: the kernel refuses the rule-set. */
async function logOf(stage: Stage, drawn: Case, { tables }: Ruleset, tries = 20): Promise<Log | null> {
  // what hashlimit counts is kept as long as any rule asks for it by its name (xt_hashlimit.c htable_find_get)
  if (stage.lab.load(dumpsOf(tables.map(emptied))) !== null || stage.lab.load(dumpsOf(tables)) !== null) return null;
  try {
    await caughtUp(stage);
    const done = await play(stage.lab, drawn);
    return done.map((each) => each?.seen.lines ?? []);
  } catch (error) {
    if (!(error instanceof LostLines) || tries === 0) throw error;
    return logOf(stage, drawn, { tables }, tries - 1);
  }
}

/** Others may have filled the kernel's log meanwhile: what they have overrun is passed over. */
async function caughtUp({ lab }: Stage): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    try {
      await lab.take();
      return;
    } catch (error) {
      if (!(error instanceof LostLines)) throw error;
    }
  }
}

/** By what a line is called and where it says that the packet is; ids of packets are new in every run. */
const isSame = (one: Log, other: Log): boolean => JSON.stringify(one.map(keys)) === JSON.stringify(other.map(keys));
const keys = (lines: readonly string[]): unknown =>
  readTrace(lines.map((line) => `${line}\n`).join("")).events.map((event) => {
    const { values } = event;
    const { inInterface, outInterface, physdevIn, physdevOut, source, destination, ttl, mark } = values;
    const { sourcePort, destinationPort } = values;
    const where = [inInterface, outInterface, physdevIn, physdevOut, ttl, mark, sourcePort, destinationPort];
    return [event.layer === "ip" ? event.id : event.prefix, ...[...where, source, destination].map(String)];
  });
