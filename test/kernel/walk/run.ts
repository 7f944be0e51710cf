/** Draws cases and plays them on the running kernel. */
import { Host } from "../../../src/facts/index.ts";
import { sequence } from "../../syntax/events.ts";
import { drawBridgeTables } from "./bridge-rules.ts";
import { type Case, loadCase, play, rulesetOf } from "./case.ts";
import { type Action, type Aim, drawConversation } from "./conversation.ts";
import { type Judged, judge } from "./judge.ts";
import { withEveryLine } from "./kernel-log.ts";
import { Lab } from "./lab.ts";
import { type DrawnTable, drawTables } from "./rule-set.ts";
import type { Topology } from "./topology.ts";

const TABLES = ["raw", "mangle", "nat", "filter", "security"];

export function drawCase(seed: number, topology: Topology, without: ReadonlySet<string>): Case {
  const pick = sequence(seed);
  const actions: Action[] = [];
  const aims: Aim[] = [];
  for (let count = 1 + pick(3); count > 0; count--) {
    const drawn = drawConversation(pick, topology, actions.length);
    actions.push(...drawn.actions);
    aims.push(...drawn.aims);
  }
  const tables = (["ipv4", "ipv6"] as const).flatMap((family) =>
    drawTables(pick, family, { tables: TABLES, without }, aims),
  );
  return { tables: [...tables, ...drawBridgeTables(pick, aims, without)], actions };
}

/** A host of the running kernel, with what is known of it. */
export class Stage {
  readonly lab: Lab;
  readonly host: Host;

  private constructor(lab: Lab) {
    this.lab = lab;
    this.host = new Host(lab.facts());
  }
  static async build(topology: Topology): Promise<Stage> {
    return new Stage(await Lab.build(topology));
  }

  /** null: the rule-set is refused. */
  async run(drawn: Case): Promise<Judged | null> {
    if (this.#loaded !== drawn && !this.#load(drawn)) return null;
    // packets use up limits and quotas: another run begins with new ones
    this.#loaded = null;
    const done = await withEveryLine(() => play(this.lab, drawn));
    // rules may ask for the time
    const host = new Host({ ...this.host.json, time: new Date().toISOString() });
    return judge(done, rulesetOf(drawn, host), host, this.lab.topology);
  }

  /** The case whose rule-set is in the kernel: loading takes longer than sending. */
  #loaded: Case | null = null;
  #load(drawn: Case): boolean {
    this.#loaded = null;
    if (loadCase(this.lab, drawn) !== null) return false;
    this.#loaded = drawn;
    return true;
  }

  /** The case without the rules that the tools or the kernel refuse, and those rules. */
  loadable(drawn: Case): { case: Case; refused: string[] } {
    if (this.#load(drawn)) return { case: drawn, refused: [] };
    const refused: string[] = [];
    const loads = (table: DrawnTable) => this.#load({ ...drawn, tables: [table] });
    const tables = drawn.tables.map((table) => {
      if (loads(table)) return table;
      const kept = withRules(table, ({ name, rules }) =>
        rules.filter((rule) => {
          const good = isPlainJump(table, rule) || loads(alone(table, name, rule));
          if (!good) refused.push(rule);
          return good;
        }),
      );
      // rules that are good one by one may be refused together
      return loads(kept) ? kept : withRules(table, ({ rules }) => rules.filter((rule) => rule.endsWith("-j TRACE")));
    });
    return { case: { ...drawn, tables }, refused };
  }
}

const isPlainJump = ({ chains }: DrawnTable, rule: string): boolean =>
  chains.some(({ name, policy }) => policy === null && (rule === `-j ${name}` || rule === `-g ${name}`));
const withRules = (
  table: DrawnTable,
  rules: (chain: DrawnTable["chains"][number]) => readonly string[],
): DrawnTable => ({
  ...table,
  chains: table.chains.map((chain) => ({ ...chain, rules: rules(chain) })),
});
/** The one rule, and that its chain is reached: every jump, without conditions. */
const alone = (table: DrawnTable, chain: string, rule: string): DrawnTable =>
  withRules(table, ({ name, rules }) =>
    rules
      .flatMap((each) => / (-[jg] \S+)$/.exec(` ${each}`)?.[1] ?? [])
      .filter((each) => isPlainJump(table, each))
      .concat(name === chain ? [rule] : []),
  );
